"""Who asks."""

LOCAL = "local"
"""The one person at a machine that listens to nobody else."""


def caller() -> str:
    """The name under which what this request does is kept."""
    return LOCAL
