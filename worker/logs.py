"""Logs for people and for programs. Neither ever holds a word that a person said, nor what a model made of it.

The message of an exception may quote what was being worked on: a database tells the row, a validator its input, an
engine the prompt. So of an exception only its name and the places in the code are told; and what libraries write by
themselves is brought down to that, too.
"""

import logging
import re
import threading
import traceback
from logging import LogRecord
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from worker import request_id

Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
CODE = re.compile(rf"(?<=/)(?!{UUID}(?:/|$))[-:\w]{{20,}}(?=/|$)")  # in an address: whoever has it is let in by it

log = logging.getLogger(__name__)


class Wordless(logging.Filter):
    """Gives a record the id of its request, and takes out what others may have put in of people's words."""

    def filter(self, record: LogRecord) -> bool:
        """Every record passes."""
        record.request_id = request_id.current()
        if isinstance(record.args, dict):
            record.args = {name: _named(value) for name, value in record.args.items()} | _celerys(record)
        elif record.args:
            record.args = tuple(_named(value) for value in record.args)
        if record.name.startswith(("uvicorn", "django")) and isinstance(record.args, tuple):
            record.args = tuple(_address(value) for value in record.args)
        if record.name == "asyncio":  # beside its first line it shows the task, and with it the exception
            record.msg = str(record.msg).partition("\n")[0]
        if record.name.startswith("celery"):
            record.__dict__.pop("data", None)  # the same once more
        return True


def _named(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _address(value: Any) -> Any:
    """Without what follows the `?`, and without codes: of invitations, of resets, of who leaves."""
    return CODE.sub("…", value.partition("?")[0]) if isinstance(value, str) else value


def _celerys(record: LogRecord) -> dict[str, str]:
    """Celery tells a failed task's exception as text; and what a task returned, which is nothing."""
    if not isinstance(record.args, dict) or not record.name.startswith("celery"):
        return {}
    kind = record.exc_info[0] if record.exc_info else None
    instead = {"exc": kind.__name__ if kind else "an error", "traceback": "", "args": "…", "kwargs": "…"}
    return {name: text for name, text in instead.items() if name in record.args}


def places(error: BaseException | None) -> str:
    """An exception and what led to it, oldest first: names, files and lines, without their messages."""
    told: list[str] = []
    while error is not None:
        frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
        lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        told.append("\n".join([*lines, type(error).__qualname__]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhich led to\n".join(reversed(told))


class Plain(logging.Formatter):
    """A line a record, for a person's eye."""

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - the library's name
        """Where, not what."""
        return places(ei[1])


class Json(JsonFormatter):
    """A JSON object a record, for a program: time, level, logger, process, request_id, message."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger", "process": "pid", "exc_info": "places"}
        told = ["levelname", "name", "process", "threadName", "request_id", "message"]
        super().__init__(told, rename_fields=names, timestamp="time", json_ensure_ascii=False)

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - the library's name
        """Where, not what."""
        return places(ei[1])


def hear_threads() -> None:
    """What a thread dies of is logged as everything else, and not printed with its message."""
    threading.excepthook = _thread_died


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None:
        caught = (died.exc_type, died.exc_value, died.exc_traceback)
        log.error("thread %s died", died.thread.name if died.thread else "?", exc_info=caught)
