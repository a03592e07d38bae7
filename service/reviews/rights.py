"""What people and keys may do."""

from enum import StrEnum


class Right(StrEnum):
    """A right; keys are given some, roles have theirs below."""

    CLASSIFY = "classify"
    """Classify petitions and keep them for review."""
    REVIEW = "review"
    """See kept petitions; confirm and correct."""
    METRICS = "metrics"
    """Read the counts and latencies of the service."""
    MODELS = "models"
    """Promote versions and roll them back."""
    ADMIN = "admin"
    """Delete petitions; manage accounts and keys."""


class Role(StrEnum):
    """What a person is in the office."""

    CLERK = "clerk"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"

    @property
    def rights(self) -> frozenset[Right]:
        """The rights of everybody with this role."""
        return _RIGHTS[self]


_CLERK = frozenset({Right.CLASSIFY, Right.REVIEW})
_RIGHTS = {
    Role.CLERK: _CLERK,
    Role.ANALYST: _CLERK | {Right.METRICS, Right.MODELS},
    Role.ADMINISTRATOR: frozenset(Right),
}
