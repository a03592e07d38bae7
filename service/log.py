"""The log: one JSON object a line, on standard error or in a file for each day."""

import json
import logging
import logging.handlers
import time
from pathlib import Path

QUIET = ("waitress.queue",)
"""Loggers that say under load, once per request, what the metrics tell better."""

_OWN = frozenset(vars(logging.makeLogRecord({})))
"""What every record has."""

_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """One JSON object a line; what was given as ``extra`` stands beside the message."""

    def __init__(self) -> None:
        """The zone is that of this machine."""
        super().__init__()
        self._second = 0, ""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record, without any traceback: its last line may quote a petition."""
        line = {
            "at": self._at(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        extra = {key: value for key, value in vars(record).items() if key not in _OWN}
        return _encode(line | extra)

    def _at(self, created: float) -> str:
        """Formatted once a second: most lines of a busy service share it."""
        second = int(created)
        if second != self._second[0]:
            told = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))
            self._second = second, told
        return self._second[1]


def start_log(file: str = "", days: int = 0) -> None:
    """Send this program's log to standard error, or to ``file`` with a new one at midnight.

    Files older than ``days`` are removed.
    """
    handler: logging.Handler = logging.StreamHandler()
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.TimedRotatingFileHandler(
            file, when="midnight", backupCount=days, encoding="utf-8"
        )
    handler.setFormatter(JsonFormatter())
    handler.addFilter(_without_address)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _without_address(record: logging.LogRecord) -> bool:
    """The server names what it was asked for when it fails, and anything may stand there."""
    if record.name == "waitress":
        record.msg, record.args = record.getMessage().partition(" while serving ")[0], ()
    return True
