"""Requests that are too large, or stop coming, are refused: Django would keep them on the disk first, without end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.utils.translation import get_supported_language_variant, gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

PLAIN = 3_000_000  # bytes of any request but those that are allowed more
BESIDE = 10_000_000  # bytes beyond what is allowed more: what is a little too large gets its form's own words
PATIENCE = 30.0  # seconds without a byte, after which a request is given up
SLOWEST = 10_000  # bytes a second, beyond that patience: a trickle is given up, too
DIGITS = 15  # of a length that can be meant
TOO_LARGE, TOO_SLOW, NOBODYS = 413, 408, 401

SignedIn = Callable[[Mapping[str, Any]], Awaitable[bool]]


class BodyLimit:
    """Passes on what is no larger than its address allows; more than others only of who is signed in."""

    def __init__(self, application: Any, allowed: Mapping[str, int], signed_in: SignedIn) -> None:
        self.application = application
        self.allowed = allowed  # bytes, by address
        self.signed_in = signed_in

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        allowed = self.allowed.get(scope["path"], PLAIN) if scope["method"] == "POST" else PLAIN
        most = allowed if allowed == PLAIN else allowed + BESIDE
        counted = _Counted(receive, send, most)
        if _declared(scope) > most:
            counted.refused = TOO_LARGE
        elif most > PLAIN and not await self.signed_in(scope):
            counted.refused = NOBODYS
        else:
            await self.application(scope, counted.receive, counted.send)
        if counted.refused and not counted.answered:
            await _refuse(scope, send, counted.refused, allowed)


class _Counted:
    """One request, its body counted as it comes. To the application, one that is refused has hung up."""

    def __init__(self, receive: Any, send: Any, most: int) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self._come = 0
        self._whole = False
        self._begun = asyncio.get_running_loop().time()
        self.refused: int | None = None
        self.answered = False

    async def receive(self) -> Any:
        if self.refused:
            return {"type": "http.disconnect"}
        try:
            message = await asyncio.wait_for(self._receive(), None if self._whole else self._patience())
        except TimeoutError:
            self.refused = TOO_SLOW
            return {"type": "http.disconnect"}
        self._come += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._come > self._most:
            self.refused = TOO_LARGE
            return {"type": "http.disconnect"}
        return message

    def _patience(self) -> float:
        """Until the next byte, and until as many as have come would have come at the slowest."""
        until = self._begun + PATIENCE + self._come / SLOWEST
        return max(min(PATIENCE, until - asyncio.get_running_loop().time()), 0.0)

    async def send(self, message: Any) -> None:
        self.answered = True
        await self._send(message)


def _declared(scope: Mapping[str, Any]) -> int:
    """The length that a request says it has, in bytes; 0 where it says none."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told[:DIGITS]) if told.isdigit() else 0


async def _refuse(scope: Mapping[str, Any], send: Any, status: int, allowed: int) -> None:
    with override(_language(scope)):
        words = gettext("It did not arrive. Try again.")
        if status == TOO_LARGE:
            words = gettext("This is larger than the %(megabytes)d MB that are taken here.")
            words %= {"megabytes": allowed // 10**6}
        elif status == NOBODYS:
            words = gettext("You are signed out. Sign in, then try again.")
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})


def _language(scope: Mapping[str, Any]) -> str:
    """The first that the browser asks for and that is here."""
    accepted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")[:200]
    for code, _ in parse_accept_lang_header(accepted.lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return "en"
