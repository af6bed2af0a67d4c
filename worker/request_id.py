"""One id from the browser's message to the engine's HTTP header, so that a message can be followed through all logs.

Of something said it is the `client_id` that the page gave it, also when a sweep has it answered after a worker died.
"""

import re
from contextvars import ContextVar, Token
from uuid import uuid4

HEADER = "X-Request-ID"
SOUND = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # what a proxy may call a request

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of what this thread or task is doing; empty where nothing has one."""
    return _current.get()


def begin(name: str = "") -> Token[str]:
    """From here on this is the id; one that is missing or no plain word is made anew."""
    return _current.set(name if SOUND.fullmatch(name) else str(uuid4()))


def end(token: Token[str]) -> None:
    """What was before holds again."""
    _current.reset(token)


def headers() -> dict[str, str]:
    """What an engine is told, so that its log can be laid beside ours (vLLM: `--enable-request-id-headers`)."""
    return {HEADER: current()} if current() else {}
