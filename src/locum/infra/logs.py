"""Logs: one line per event on standard error, as logfmt for people or JSON for machines."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def _parts(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, Any]:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts: dict[str, Any] = {
        "time": moment,
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    parts |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if record.exc_info:
        parts["error"] = formatter.formatException(record.exc_info)
    return parts


class LogfmtFormatter(logging.Formatter):
    """`time=… level=… logger=… event="…" key=value`; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback where there is one."""
        parts = _parts(record, self)
        error = parts.pop("error", None)
        line = " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())
        return f"{line}\n{error}" if error else line


class JsonFormatter(logging.Formatter):
    """One JSON object per line, the traceback inside."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return orjson.dumps(_parts(record, self), default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _quoted(value: Any) -> str:
    text = str(value)
    if text and not any(character in text for character in ' "=\n\r\t'):
        return text
    return orjson.dumps(text).decode()


def configure(level: str, kind: str) -> None:
    """Send all logs of this process to standard error; other libraries speak up from WARNING only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if kind == "json" else LogfmtFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("locum").setLevel(level)
    logging.captureWarnings(capture=True)
