"""The archive page: files in, a look at them, results out, and corrected results back in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from models.errors import FileUnreadable, JobUnknown, TriageError
from service import batch_words as words
from service.access import caller
from service.api import running
from service.jobs import Choices, Job, Jobs, Kind, Runner, State
from service.jobs.classifying import IDS, PROGRESS, RESULTS, SUMMARY
from service.jobs.downloads import SUFFIXES, download_name, download_path, is_packed
from service.jobs.job import read_document
from service.jobs.reading import PREVIEW
from service.reviews.rights import Right

if TYPE_CHECKING:
    from models.taxonomy import Taxonomy

batch = Blueprint("batch", __name__, url_prefix="/batch")

MAX_LISTED = 100
_STARTABLE = (State.READY, State.CANCELLED, State.FAILED)
_TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


@batch.get("")
def overview() -> str:
    """Two forms for files, and what became of those uploaded before."""
    return _overview()


@batch.post("")
def upload() -> ResponseReturnValue:
    """Take a file to be classified."""
    return _take(Kind.CLASSIFY)


@batch.post("/corrected")
def bring_back() -> ResponseReturnValue:
    """Take a result that people corrected."""
    return _take(Kind.IMPORT)


@batch.get("/<identifier>")
def job(identifier: str) -> str:
    """What there is to see of a file, and to decide."""
    return _page(_mine(identifier))


@batch.post("/<identifier>/look")
def look(identifier: str) -> ResponseReturnValue:
    """Read the file again, in another way."""
    found = _mine(identifier)
    choices = _choices(found)
    _runner().clear(found.id, [RESULTS, IDS, PROGRESS, SUMMARY, PREVIEW], _STARTABLE)
    values: dict[str, Any] = {"state": State.READING, "version": "", "error": {}, "ended": None}
    if "encoding" in request.form:
        values["choices"] = choices
    _jobs().change(found.id, _STARTABLE, **values)
    _runner().wake()
    return _to(found.id)


@batch.post("/<identifier>/start")
def start(identifier: str) -> ResponseReturnValue:
    """Say go, or go on with what was stopped."""
    found = _mine(identifier)
    values: dict[str, Any] = {"state": State.WAITING, "error": {}, "ended": None}
    if found.state is State.READY:
        values |= {"choices": _choices(found), "by": caller().name}
        if "several" in request.form and not request.form.getlist("table"):
            return _page(found, problem=words.NO_TABLE), 422
    if not found.version:
        values["version"] = running().classifier().version
    _jobs().change(found.id, _STARTABLE, **values)
    _runner().wake()
    return _to(found.id)


@batch.post("/<identifier>/stop")
def stop(identifier: str) -> ResponseReturnValue:
    """Stop at the next opportunity; what is done stays done."""
    found = _mine(identifier)
    _jobs().end(found.id, State.CANCELLED)
    _runner().interrupt(found.id)
    return _to(found.id)


@batch.post("/<identifier>/delete")
def delete(identifier: str) -> ResponseReturnValue:
    """Remove a file with its results; what was kept for review stays."""
    _runner().delete(_mine(identifier).id)
    return redirect(url_for("batch.overview"))


@batch.get("/<identifier>/progress")
def progress(identifier: str) -> dict[str, Any]:
    """How far it is, for the script of the page."""
    found = _mine(identifier)
    return {"state": found.state, **_progress(found)}


@batch.get("/<identifier>/result.<suffix>")
def result(identifier: str, suffix: str) -> Response:
    """The results as CSV or Excel."""
    found = _mine(identifier)
    path = None
    if suffix in SUFFIXES and found.state is State.DONE:
        path = download_path(_jobs().path(found.id), suffix)
    if path is None:
        raise JobUnknown("there is no such result", remedy="look at the file's page")
    name = download_name(found, path)
    response = send_file(
        path.resolve(), _TYPES[path.suffix], as_attachment=True, download_name=name
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _take(kind: Kind) -> ResponseReturnValue:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _overview(words.NO_FILE), 422
    try:
        found = _jobs().add(kind, caller().name, sent.filename, sent.save)
    except FileUnreadable:
        return _overview(words.WRONG_KIND), 422
    except OSError:
        return _overview(words.NO_SPACE), 503
    if not found.size_bytes:
        _jobs().delete(found.id)
        return _overview(words.EMPTY_FILE), 422
    _runner().wake()
    return _to(found.id)


def _overview(problem: str = "") -> str:
    is_admin = Right.ADMIN in caller().rights
    found = _jobs().listing(None if is_admin else caller().name)
    return render_template(
        "batch.html",
        problem=problem,
        jobs=[(job, _progress(job)) for job in found[:MAX_LISTED]],
        more=max(0, len(found) - MAX_LISTED),
        shows_owner=is_admin and caller().via != "local",
        most=words.size_in_words(current_app.extensions["max_upload_bytes"]),
        days=current_app.extensions["upload_days"],
        words=words,
    )


def _page(found: Job, problem: str = "") -> str:
    folder = _jobs().path(found.id)
    preview = read_document(folder / PREVIEW) or {}
    twins = [
        each
        for each in _jobs().listing(found.owner)
        if (each.sha256, each.kind) == (found.sha256, found.kind) and each.id != found.id
    ]
    return render_template(
        "batch_job.html",
        job=found,
        problem=problem,
        preview=preview,
        headers=_headers(preview),
        progress=_progress(found),
        summary=_summary(folder) if found.state is State.DONE else {},
        twin=twins[0] if twins else None,
        packed=is_packed(folder),
        can_go_on=(folder / RESULTS).exists() or found.kind is Kind.IMPORT,
        area_name=_area_name(),
        words=words,
    )


def _headers(preview: dict[str, Any]) -> list[str]:
    """The names of all columns of all tables."""
    tables = [table for table in preview.get("tables", []) if not table["error"]]
    return list(dict.fromkeys(name for table in tables for name in table["header"] if name))


@dataclass(frozen=True)
class Bar:
    """An area in the picture of the results."""

    area: str
    auto: int
    review: int


def _summary(folder: Path) -> dict[str, Any]:
    """What came of it; ``bars`` for the picture, the longest first."""
    found = read_document(folder / SUMMARY) or {}
    counts: dict[str, dict[str, int]] = {}
    for area, decision, n in found.get("counts", []):
        counts.setdefault(area, {})[decision] = n
    bars = [Bar(area, n.get("auto", 0), n.get("review", 0)) for area, n in counts.items()]
    bars.sort(key=lambda bar: -(bar.auto + bar.review))
    failed = sum(found.get("errors", {}).values())
    auto, review = sum(bar.auto for bar in bars), sum(bar.review for bar in bars)
    totals = {"auto": auto, "review": review, "failed": failed, "rows": auto + review + failed}
    return {**found, **totals, "bars": bars, "most": _most(bars)}


def _most(bars: Sequence[Bar]) -> int:
    return max((bar.auto + bar.review for bar in bars), default=1)


def _progress(found: Job) -> dict[str, Any]:
    """A sentence, and the share that is done where it is known."""
    if found.state is not State.RUNNING:
        return {"line": words.STATES[found.state], "share": None}
    told = read_document(_jobs().path(found.id) / PROGRESS) or {}
    if told.get("phase") == "writing":
        return {"line": "行已全部判断，正在写结果文件", "share": 1.0}
    if "of" in told:
        return {"line": f"已写入 {told['rows']} / {told['of']} 条", "share": None}
    if "rows" not in told:
        return {"line": "正在开始", "share": None}
    share = told["read_bytes"] / told["total_bytes"] if told["total_bytes"] else None
    return {"line": _line(told, share), "share": share}


def _line(told: dict[str, Any], share: float | None) -> str:
    if not told["rows_per_s"]:
        return f"已处理 {told['rows']:,} 行，正在估计还要多久"
    parts = [f"已处理 {told['rows']:,} 行", f"每秒约 {told['rows_per_s']:,.0f} 行"]
    if share:  # rows that an earlier process had done pass by too fast to guess by them
        left_s = told["rows"] * (1 / share - 1) / told["rows_per_s"]
        parts.append(f"大约还要 {words.time_in_words(left_s)}")
    if told["tables"] > 1:
        parts.append(f"第 {told['tables_done'] + 1} / {told['tables']} 张表")
    return "，".join(parts)


def _choices(found: Job) -> Choices:
    """What the form says of how to read the file."""
    form = request.form
    preview = read_document(_jobs().path(found.id) / PREVIEW) or {}
    # Names that were read in another encoding are names no more.
    headers = _headers(preview) if form.get("encoding", "") == found.choices.encoding else []
    tables = [table["name"] for table in preview.get("tables", [])]
    encoding = form.get("encoding", "")
    return Choices(
        encoding=encoding if encoding in words.ENCODINGS else "",
        text="".join(_picked(headers, [form.get("text", "")])),
        title="".join(_picked(headers, [form.get("title", "")])),
        id="".join(_picked(headers, [form.get("id", "")])),
        no_id=form.get("id") == "-",
        tables=_picked(tables, form.getlist("table")) if "several" in form else (),
        record="record" in form or found.kind is Kind.IMPORT,
    )


def _picked(names: Sequence[str], places: Sequence[str]) -> tuple[str, ...]:
    """The names at these places: a form may not give every name back as it was."""
    numbers = [int(place) for place in places if place.isascii() and place.isdigit()]
    return tuple(names[number] for number in numbers if number < len(names))


def _area_name() -> Any:  # noqa: ANN401 - a function for the template
    """The name of an area by its code."""
    try:
        taxonomy: Taxonomy | None = running().classifier().taxonomy
    except TriageError:
        taxonomy = None

    def name(code: str) -> str:
        found = taxonomy.area(code) if taxonomy else None
        return found.name if found else code or "无法判断"

    return name


def _mine(identifier: str) -> Job:
    """A file of this person's, or anybody's for an administrator. Raises JobUnknown."""
    found = _jobs().get(identifier)
    if found.owner != caller().name and Right.ADMIN not in caller().rights:
        raise JobUnknown("there is no such file", remedy="look at the list of files")
    return found


def _to(identifier: str) -> ResponseReturnValue:
    return redirect(url_for("batch.job", identifier=identifier), 303)


def _jobs() -> Jobs:
    return _runner().jobs


def _runner() -> Runner:
    found: Runner = current_app.extensions["jobs"]
    return found
