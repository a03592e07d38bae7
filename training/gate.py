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
    reasons = tuple(_reasons(store, current, version, accept_relabelled))
    if reasons:
        told = "; ".join(words for _, words in reasons)
        raise GateRefused(
            f"version {version} is kept but not promoted: {told}",
            expected=f"one that is not worse than the running {current}",
            remedy=f"see `petition-triage models compare {current} {version}`; to use it all the "
            f"same: `petition-triage models promote {version} --force`",
            reasons=reasons,
        )


def _reasons(store: Store, current: str, version: str, accepted: bool) -> Iterator[tuple[str, str]]:
    """Codes and words of all that speaks against ``version``."""
    try:
        running = outcomes.load(store.folder / current)
    except OperatorError as error:
        yield "no-comparison", f"there is nothing to compare it with ({error.found})"
        return
    new = outcomes.load(store.folder / version)
    if set(running.outcome.labels) != set(new.outcome.labels):
        areas = _difference(set(running.outcome.labels), set(new.outcome.labels))
        yield "other-areas", f"it has other areas ({areas})"
        return
    found = compare(running, new)
    if found.n < LEAST_ROWS:
        told = f"only {found.n} rows are also behind the running version, too few to compare by"
        yield "few-rows", told
        return
    yield from _falls(found)
    if found.relabelled and not accepted:
        listed = ", ".join(f"{where}: {a} → {b}" for where, a, b in found.relabelled[:MAX_TOLD])
        more = " …" if len(found.relabelled) > MAX_TOLD else ""
        told = (
            f"{len(found.relabelled)} rows in common have another label, which needs "
            f"--accept-relabelled ({listed}{more})"
        )
        yield "relabelled", told


def _falls(found: Comparison) -> Iterator[tuple[str, str]]:
    if found.lower_bound <= -MACRO_F1_MARGIN:
        told = (
            f"macro-F1 on the {found.n} rows in common goes from {found.running:.3f} to "
            f"{found.new:.3f}, and may fall by {-found.lower_bound:.3f} at 95 % confidence (at "
            f"most {MACRO_F1_MARGIN} is let pass)"
        )
        yield "worse", told
    for area, (before, after) in found.alone.items():
        if before - after > ALONE_MARGIN:
            told = f"{area}: decided alone falls from {before:.0%} to {after:.0%} of its rows"
            yield "decides-less", told


def _difference(running: set[str], new: set[str]) -> str:
    parts = [f"without {x}" for x in sorted(running - new)]
    return ", ".join(parts + [f"with {x}" for x in sorted(new - running)])
