"""The archive page: files in, a look at them, results out, and corrected results back in."""

from typing import Any

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

from models.errors import FileUnreadable, JobUnknown
from service.access import caller
from service.api import running
from service.jobs import Choices, Job, Jobs, Kind, Runner, State
from service.jobs.classifying import IDS, PROGRESS, RESULTS, SUMMARY
from service.jobs.downloads import SUFFIXES, download_name, download_path, is_packed
from service.jobs.job import read_document
from service.jobs.reading import PREVIEW
from service.pages import batch_words as words
from service.pages.batch_shown import (
    area_namer,
    choices_of,
    headers_of,
    progress_of,
    summary_of,
)
from service.reviews.rights import Right

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
        values |= {
            "choices": _choices(found),
            "by": caller().name,
        }
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
    return {"state": found.state, **progress_of(found, _jobs().path(found.id))}


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
        jobs=[(job, progress_of(job, _jobs().path(job.id))) for job in found[:MAX_LISTED]],
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
        headers=headers_of(preview),
        progress=progress_of(found, folder),
        summary=summary_of(folder) if found.state is State.DONE else {},
        twin=twins[0] if twins else None,
        packed=is_packed(folder),
        can_go_on=(folder / RESULTS).exists() or found.kind is Kind.IMPORT,
        area_name=area_namer(running()),
        words=words,
    )


def _choices(found: Job) -> Choices:
    return choices_of(found, _jobs().path(found.id), request.form)


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
