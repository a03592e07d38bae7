"""模型: what answers now, what proves it, what answered before; promoting another, rolling back."""

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import versions
from models.classifier import Classifier
from models.errors import GateRefused, TriageError, VersionDamaged
from models.files import sha256
from models.store import Promotion, Store
from service.access import caller
from service.api import running
from service.recording import database
from service.reviews import audit
from service.reviews.rights import Right
from service.words import GATE, WHY

REPORT = "report.html"
MAX_WHY_CHARS = 200

_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class Listed:
    """A version of the store; ``manifest`` is None where its files are damaged."""

    id: str
    manifest: dict[str, Any] | None
    is_current: bool


def model() -> str:
    """The running version with its certificates, all versions and all promotions."""
    store = _store()
    try:
        classifier, manifest = running().classifier(), running().manifest()
    except TriageError:
        classifier, manifest = None, None
    return render_template(
        "model.html",
        classifier=classifier,
        manifest=manifest,
        refused=running().refused(),
        certificates=_certificates(classifier) if classifier else [],
        listed=list(_listed(store)),
        history=[(_local(each.at), each) for each in reversed(_history(store))],
        why=WHY,
        may_promote=Right.MODELS in caller().rights,
        can_roll_back=_can_roll_back(store),
    )


def report(version: str) -> Response:
    """The report of a version as it was saved, under a policy that lets its one style sheet work.

    Raises VersionDamaged.
    """
    folder = _store().folder / _known(version)
    path = folder / REPORT
    if not path.is_file() or sha256(path) != versions.read_manifest(folder)["files"].get(REPORT):
        raise VersionDamaged(
            f"the report of version {folder.name} is missing or has changed",
            remedy="copy the version again from where it was trained",
        )
    page = path.read_text(encoding="utf-8")
    digests = [hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(page)]
    allowed = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    styles = " ".join(["style-src", *(allowed or ["'none'"])])
    policy = f"default-src 'none'; {styles}; frame-ancestors 'none'"
    return Response(page, headers={"Content-Security-Policy": policy}, mimetype="text/html")


def promote(version: str) -> ResponseReturnValue:
    """The question whether this version shall answer from now on; then the deed."""
    store, name = _store(), _known(version)
    refusal = _refusal(store, name)
    if request.method == "GET" or refusal:
        asked = _asked(store, name, "promote", refusal)
        return asked, 409 if refusal and request.method == "POST" else 200
    why = request.form.get("why", "").strip()[:MAX_WHY_CHARS] or "在页面上启用"
    with database().write() as connection:
        audit.append(connection, caller().name, "version promoted", name, why=why)
        store.promote(name, why, by=caller().name)
    return redirect(url_for("pages.model"))


def rollback() -> ResponseReturnValue:
    """The question whether the version before shall answer again; then the deed."""
    store = _store()
    earlier = store.earlier()
    if request.method == "GET":
        return _asked(store, earlier, "rollback", None)
    with database().write() as connection:
        audit.append(connection, caller().name, "version rolled back", earlier)
        store.rollback(by=caller().name)
    return redirect(url_for("pages.model"))


def _local(at: str) -> str:
    """The moment by the clock of this machine."""
    return dt.datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _can_roll_back(store: Store) -> bool:
    try:
        store.earlier()
    except TriageError:
        return False
    return True


def _store() -> Store:
    return running().store


def _known(version: str) -> str:
    """The version, if there is one of this id; else the page is not found."""
    if version not in _store().ids():
        abort(404)
    return version


def _asked(store: Store, version: str, deed: str, refusal: list[str] | None) -> str:
    return render_template(
        "promotion.html",
        deed=deed,
        refusal=refusal,
        new=_list(store, version),
        now=_list(store, store.resolve()) if store.current() else None,
    )


def _refusal(store: Store, version: str) -> list[str] | None:
    """What speaks against promoting it, in words; None where nothing does."""
    gate = current_app.extensions["gate"]
    if gate is None:
        return ["本服务启动时没有带上比较版本的关口，请在命令行用 models promote 启用。"]
    try:
        gate(store, version)
    except GateRefused as refused:
        return [f"{GATE[code]}。（{told}）" for code, told in refused.reasons]
    return None


def _listed(store: Store) -> Iterator[Listed]:
    """All versions, the newest first."""
    return (_list(store, version) for version in reversed(store.ids()))


def _list(store: Store, version: str) -> Listed:
    try:
        manifest = versions.read_manifest(store.folder / version)
    except TriageError:
        manifest = None
    return Listed(version, manifest, bool(_history(store)) and _history(store)[-1].after == version)


def _history(store: Store) -> list[Promotion]:
    try:
        return store.history()
    except VersionDamaged:
        return []


def _certificates(classifier: Classifier) -> list[dict[str, Any]]:
    """For each area what proves that it may be decided alone, or why it never is."""
    return [
        {
            "name": area.name,
            "is_other": area.code == classifier.taxonomy.other,
            "found": classifier.policy.certificates.get(area.code),
        }
        for area in classifier.taxonomy
    ]
