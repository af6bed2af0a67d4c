"""Which language model answers: the one that is configured, else one found on this machine, else none."""

import json
import logging
import time
from threading import Lock
from typing import TypedDict

import httpx
import redis
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from memory.engine import Engine
from worker.engines.discovery import PATIENCE, Found, chat_models, discover, models_at
from worker.engines.openai_compatible import OpenAICompatible
from worker.engines.recall_only import RecallOnly
from worker.stream import connection

log = logging.getLogger(__name__)

LOOK_AGAIN = 30.0  # seconds between two looks at the local ports
NOTICE = "rosemary:engine"  # where a worker tells the web process what it found
NONE = gettext_lazy("No language model is connected: I can remember and recall, not converse.")


class Description(TypedDict):
    """The engine, in words for the person."""

    connected: bool
    name: str
    words: str


class _Looked:
    """What the last look at the local ports found, and when."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.at = float("-inf")
        self.found: Found | None = None


_looked = _Looked()


def current() -> Engine:
    """The engine to answer with. One that was started after us is noticed within half a minute."""
    if settings.ENGINE_URL:
        return _compatible(settings.ENGINE_URL, settings.ENGINE_MODEL)
    found = _look() if settings.ENGINE_DISCOVERY else None
    return _compatible(found.url, settings.ENGINE_MODEL or found.models[0]) if found else RecallOnly()


def spoken_by(engine: Engine, model: str) -> Engine:
    """The engine with the model that a companion speaks by; without one, or where none converses, as it is."""
    return engine.by(model) if model and isinstance(engine, OpenAICompatible) else engine


def offered() -> list[str]:
    """The models that a companion may speak by, for the web process to list; none where they cannot be read now."""
    if not settings.ENGINE_URL:
        found = _noticed() if settings.ENGINE_DISCOVERY else None
        return found["models"] if found else []
    try:
        return chat_models(models_at(settings.ENGINE_URL, key=settings.ENGINE_KEY, patience=PATIENCE))
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        log.warning("the engine's models cannot be listed: %s", type(error).__name__)
        return [settings.ENGINE_MODEL] if settings.ENGINE_MODEL else []


def _compatible(url: str, model: str) -> OpenAICompatible:
    return OpenAICompatible(
        url=url,
        model=model,
        key=settings.ENGINE_KEY,
        silence=settings.ENGINE_TIMEOUT,
        most_tokens=settings.REPLY_TOKENS,
    )


def _look() -> Found | None:
    with _looked.lock:
        if time.monotonic() - _looked.at > LOOK_AGAIN:
            found = discover(not_ours=settings.PORT)
            _looked.found = found[0] if found else None
            _looked.at = time.monotonic()
            _publish(_looked.found)
        return _looked.found


def _publish(found: Found | None) -> None:
    told = json.dumps({"url": found.url, "server": found.server, "models": found.models} if found else None)
    try:
        connection().set(NOTICE, told, ex=3600)
    except redis.RedisError as error:
        log.warning("what engine was found cannot be told: %s", type(error).__name__)


def describe() -> Description:
    """The engine in words, at once: the web process reads what a worker found and never looks itself."""
    if settings.ENGINE_URL:
        name = settings.ENGINE_MODEL or gettext("a language model")
        return Description(
            connected=True,
            name=name,
            words=gettext("%(model)s at %(where)s") % {"model": name, "where": settings.ENGINE_URL},
        )
    found = _noticed() if settings.ENGINE_DISCOVERY else None
    if found is None:
        return Description(connected=False, name="", words=str(NONE))
    name = settings.ENGINE_MODEL or found["models"][0]
    words = gettext("%(model)s on this machine (%(server)s)") % {"model": name, "server": found["server"]}
    return Description(connected=True, name=name, words=words)


def _noticed() -> dict[str, list[str]] | None:
    try:
        told = connection().get(NOTICE)
    except redis.RedisError as error:
        log.warning("what engine was found cannot be read: %s", type(error).__name__)
        return None
    noticed: dict[str, list[str]] | None = json.loads(told) if told else None
    return noticed


__all__ = ["Description", "RecallOnly", "current", "describe", "discover", "offered", "spoken_by"]
