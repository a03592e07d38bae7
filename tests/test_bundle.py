"""The offline bundle; ``.ci/offline-bundle`` makes one and installs it without a network."""

import hashlib
import re
from pathlib import Path

from scripts.bundle import DOCUMENTS, ROOT, name, requirements


def test_each_wheel_is_required_by_name_version_and_hash(tmp_path: Path) -> None:
    """So that pip refuses a file that was changed on its way."""
    (tmp_path / "annotated_types-0.8.0-py3-none-any.whl").write_bytes(b"a")
    (tmp_path / "numpy-2.4.6-cp311-cp311-win_amd64.whl").write_bytes(b"b")
    first, second = requirements(tmp_path).splitlines()
    assert first == f"annotated-types==0.8.0 --hash=sha256:{hashlib.sha256(b'a').hexdigest()}"
    assert second.startswith("numpy==2.4.6 --hash=sha256:")


def test_bundle_is_named_after_what_it_is_for() -> None:
    """Program, version, Python, system and processor."""
    assert re.fullmatch(r"petition-triage-[0-9.]+-python3\.1[1-3]-[a-z]+-\S+", name())


def test_documents_exist_and_their_links_lead_somewhere() -> None:
    """Inside the bundle as well as here."""
    here = set(DOCUMENTS.values()) | {"requirements.txt", "wheels"}
    for source, target in DOCUMENTS.items():
        assert (ROOT / source).is_file()
        if source.startswith("docs/bundle"):
            text = (ROOT / source).read_text("utf-8")
            assert set(re.findall(r"\]\(([\w./-]+)\)", text)) <= here
            assert set(re.findall(r"`(docs/[\w./-]+)`", text)) <= here
            assert "--require-hashes" in text
        assert target


def test_both_languages_tell_the_same_commands() -> None:
    """Of installing, line by line."""
    blocks = [
        re.findall(r"```(?:sh|powershell)\n(.*?)```", (ROOT / path).read_text("utf-8"), re.DOTALL)
        for path in ("docs/bundle.md", "docs/bundle.zh-CN.md")
    ]
    assert blocks[0] == blocks[1]
    assert len(blocks[0]) == 2
