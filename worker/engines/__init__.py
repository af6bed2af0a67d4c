"""Which language model answers: the one that is named, else one found on this machine, else none."""

import json
import logging
import time
from dataclasses import replace
from threading import Lock
from typing import TypedDict

import httpx
import redis
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from memory.engine import Engine
from worker.engines.chosen import Choice, Kind, named, shown
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
    """The engine to answer with. One that was named is used at once, one that was started within half a minute."""
    choice = named()
    if choice.kind is Kind.ADDRESS:
        return _compatible(choice)
    found = _look() if choice.kind is Kind.FOUND else None
    return _compatible(replace(choice, url=found.url, model=choice.model or found.models[0])) if found else RecallOnly()


def spoken_by(engine: Engine, model: str) -> Engine:
    """The engine with the model that a companion speaks by; without one, or where none converses, as it is."""
    return engine.by(model) if model and isinstance(engine, OpenAICompatible) else engine


def offered() -> list[str]:
    """The models that a companion may speak by, for the web process to list; none where they cannot be read now."""
    choice = named()
    if choice.kind is not Kind.ADDRESS:
        found = _noticed() if choice.kind is Kind.FOUND else None
        return found["models"] if found else []
    try:
        return chat_models(models_at(choice.url, key=choice.key, patience=PATIENCE))
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        log.warning("the engine's models cannot be listed: %s", type(error).__name__)
        return [choice.model] if choice.model else []


def _compatible(choice: Choice) -> OpenAICompatible:
    return OpenAICompatible(
        url=choice.url,
        model=choice.model,
        key=choice.key,
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
    choice = named()
    if choice.kind is Kind.ADDRESS:
        name = choice.model or gettext("a language model")
        words = gettext("%(model)s at %(where)s") % {"model": name, "where": shown(choice.url)}
        return Description(connected=True, name=name, words=words)
    found = _noticed() if choice.kind is Kind.FOUND else None
    if found is None:
        return Description(connected=False, name="", words=str(NONE))
    return Description(connected=True, name=_model(found), words=_in_words(found))


def found_here() -> str:
    """What was found on this machine, in words, whatever is chosen; empty where nothing was."""
    found = _noticed() if settings.ENGINE_DISCOVERY else None
    return _in_words(found) if found else ""


def _in_words(found: dict[str, list[str]]) -> str:
    told = {"model": _model(found), "server": found["server"]}
    return gettext("%(model)s on this machine (%(server)s)") % told


def _model(found: dict[str, list[str]]) -> str:
    return settings.ENGINE_MODEL or found["models"][0]


def _noticed() -> dict[str, list[str]] | None:
    try:
        told = connection().get(NOTICE)
    except redis.RedisError as error:
        log.warning("what engine was found cannot be read: %s", type(error).__name__)
        return None
    noticed: dict[str, list[str]] | None = json.loads(told) if told else None
    return noticed


__all__ = ["Description", "RecallOnly", "current", "describe", "discover", "found_here", "offered", "spoken_by"]
