"""The gate: a new version goes live only where it is not worse than the running one."""

from models import versions
from models.errors import GateRefused
from models.store import Store

MARGIN = 0.02
"""Macro-F1 on unseen authors may fall by this much."""


def check_gate(store: Store, version: str) -> None:
    """Raise GateRefused where ``version`` must not replace the promoted one by itself."""
    current = store.current()
    if current is None or current not in store.ids():
        return
    versions.verify_files(store.folder / current)
    running, new = (
        versions.read_json(store.folder / name / "report.json") for name in (current, version)
    )
    if set(running["areas"]) != set(new["areas"]):
        raise GateRefused(
            f"version {version} has other areas than the running {current}",
            remedy=_remedy(version),
        )
    fall = running["macro_f1"] - new["macro_f1"]
    if fall > MARGIN:
        raise GateRefused(
            f"macro-F1 on unseen authors falls by {fall:.3f} to {new['macro_f1']:.3f}",
            expected=f"a fall of at most {MARGIN} from that of {current}",
            remedy=_remedy(version),
        )


def _remedy(version: str) -> str:
    return f"look at its report; to use it all the same: `petition-triage models promote {version}`"
