"""The gate: a new version goes live only where it is not worse than the running one."""

from collections.abc import Iterator

from models.errors import GateRefused, OperatorError
from models.store import Store
from training import outcomes
from training.compare import Comparison, compare

MACRO_F1_MARGIN = 0.02
"""Macro-F1 on the rows in common may fall by this much, at 95 % confidence."""

ALONE_MARGIN = 0.10
"""The share of an area's rows that are decided alone may fall by this much."""

LEAST_ROWS = 50
"""Fewer rows in common show nothing."""

MAX_TOLD = 20
"""So many relabelled rows are listed in a refusal; ``models compare`` lists all."""


def check_gate(store: Store, version: str, *, accept_relabelled: bool = False) -> None:
    """Raise GateRefused, with all reasons, where ``version`` must not replace the promoted one."""
    current = store.current()
    if current is None or current not in store.ids() or current == version:
        return
    reasons = list(_reasons(store, current, version, accept_relabelled))
    if reasons:
        raise GateRefused(
            f"version {version} is kept but not promoted: {'; '.join(reasons)}",
            expected=f"one that is not worse than the running {current}",
            remedy=f"see `petition-triage models compare {current} {version}`; to use it all the "
            f"same: `petition-triage models promote {version} --force`",
        )


def _reasons(store: Store, current: str, version: str, accepted: bool) -> Iterator[str]:
    try:
        running = outcomes.load(store.folder / current)
    except OperatorError as error:
        yield f"there is nothing to compare it with ({error.found})"
        return
    new = outcomes.load(store.folder / version)
    if set(running.outcome.labels) != set(new.outcome.labels):
        areas = _difference(set(running.outcome.labels), set(new.outcome.labels))
        yield f"it has other areas ({areas})"
        return
    found = compare(running, new)
    if found.n < LEAST_ROWS:
        yield f"only {found.n} rows are also behind the running version, too few to compare by"
        return
    yield from _falls(found)
    if found.relabelled and not accepted:
        told = ", ".join(f"{where}: {a} → {b}" for where, a, b in found.relabelled[:MAX_TOLD])
        more = " …" if len(found.relabelled) > MAX_TOLD else ""
        yield (
            f"{len(found.relabelled)} rows in common have another label, which needs "
            f"--accept-relabelled ({told}{more})"
        )


def _falls(found: Comparison) -> Iterator[str]:
    if found.lower_bound <= -MACRO_F1_MARGIN:
        yield (
            f"macro-F1 on the {found.n} rows in common goes from {found.running:.3f} to "
            f"{found.new:.3f}, and may fall by {-found.lower_bound:.3f} at 95 % confidence (at "
            f"most {MACRO_F1_MARGIN} is let pass)"
        )
    for area, (before, after) in found.alone.items():
        if before - after > ALONE_MARGIN:
            yield f"{area}: decided alone falls from {before:.0%} to {after:.0%} of its rows"


def _difference(running: set[str], new: set[str]) -> str:
    parts = [f"without {x}" for x in sorted(running - new)]
    return ", ".join(parts + [f"with {x}" for x in sorted(new - running)])
