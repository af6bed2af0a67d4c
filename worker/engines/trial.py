"""Trying an address that somebody typed: what models answer there, or in one sentence why none does."""

import re
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext

from worker.engines.chosen import shown
from worker.engines.discovery import chat_models, models_at

LONGEST = 500  # characters of an address
PATIENCE = 5.0  # seconds
UNREADABLE = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")
REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class NoEngine(Exception):
    """Nothing to talk with answers there; the text says why, for the person."""


class NoAddress(NoEngine):
    """What was typed is none, so nothing was tried."""


@dataclass(frozen=True)
class Heard:
    """What answers at an address."""

    url: str  # as it is to be kept: with /v1 where that was left out
    models: list[str]
    seconds: float


def address(typed: str) -> str:
    """What was typed, if an engine can be looked for there; raises NoAddress."""
    url = typed.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    if not whole or UNREADABLE.search(url) or len(url) > LONGEST:
        raise NoAddress(gettext("This is no address of a server. It looks like http://192.168.1.20:11434/v1"))
    if "@" in parts.netloc:
        raise NoAddress(gettext("Leave name and password out of the address: they would stand where others can read."))
    if parts.query or parts.fragment:
        raise NoAddress(gettext("Leave out what follows the “?” or “#”."))
    return url


def listen(url: str, *, key: str = "", patience: float = PATIENCE) -> Heard:
    """Ask a server for its models; an address without /v1 is tried with it as well. Raises NoEngine."""
    ways = [url] if url.endswith("/v1") else [f"{url}/v1", url]
    began = time.monotonic()
    for way in ways:
        try:
            models = chat_models(models_at(way, key=key, patience=patience))
        except httpx.HTTPStatusError as error:
            if error.response.status_code in REFUSED:
                raise NoEngine(_refused(url, key)) from error
        except httpx.HTTPError as error:
            raise NoEngine(_unreachable(url, error)) from error
        except (ValueError, KeyError, TypeError, httpx.InvalidURL):
            continue
        else:
            if not models:
                words = gettext("The server at %(where)s has no language model. Load one and try again.")
                raise NoEngine(words % {"where": shown(url)})
            return Heard(way, models, time.monotonic() - began)
    words = gettext("Something answers at %(where)s, but it is no OpenAI-compatible server. Is the address complete?")
    raise NoEngine(words % {"where": shown(url)})


def _refused(url: str, key: str) -> str:
    if key:
        return gettext("The server at %(where)s refuses this key.") % {"where": shown(url)}
    return gettext("The server at %(where)s wants a key.") % {"where": shown(url)}


def _unreachable(url: str, error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        words = gettext("%(where)s does not answer in time. Is the server running?")
    elif _is_certificate(error):
        words = gettext("The certificate of %(where)s is not one that this machine trusts.")
    else:
        words = gettext("Nothing answers at %(where)s. Is the server running, and can this machine reach it?")
    return words % {"where": shown(url)}


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
