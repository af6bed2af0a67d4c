"""Which language model the house has chosen: `ENGINE_URL` first, else what its administrator named on the page.

The administrator's choice is one row, read whenever an engine is asked for: web and workers follow without a restart.
"""

import logging
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

import pyrage
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from worker.engines.sealed import seal, unseal

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """Where the language model is looked for."""

    FOUND = "found"  # on this machine, whatever answers there
    ADDRESS = "address"
    NONE = "none"


@dataclass(frozen=True)
class Choice:
    """A kind, and of an address what belongs to it. An empty model is the first that the server lists."""

    kind: Kind = Kind.FOUND
    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)


class _Known:
    """What this process read last: it goes on with that while the database is away."""

    choice: Choice | None = None


def named() -> Choice:
    """The choice that holds now; what the environment gives goes before what stands in the database."""
    if settings.ENGINE_URL:
        return Choice(Kind.ADDRESS, settings.ENGINE_URL, settings.ENGINE_MODEL, settings.ENGINE_KEY)
    by_hand = choice()
    if by_hand.kind is not Kind.FOUND:
        return replace(by_hand, model=settings.ENGINE_MODEL or by_hand.model)
    kind = Kind.FOUND if settings.ENGINE_DISCOVERY else Kind.NONE
    return Choice(kind, model=settings.ENGINE_MODEL, key=settings.ENGINE_KEY)


def choice() -> Choice:
    """What the administrator chose; without a choice, what is found.

    Raises DatabaseError where it can't be read and never was.
    """
    own = not connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # a failure must not spoil the caller’s transaction
            cursor.execute("select kind, url, model, key from memory_house_engine")
            row = cursor.fetchone()
    except DatabaseError as error:
        if _Known.choice is None:  # nobody is answered by what the house may not want
            raise
        log.warning("which language model was chosen cannot be read: %s", type(error).__name__)
        return _Known.choice
    finally:
        if own:
            connection.close()  # nobody waits for it: who talks with an engine holds no connection
    _Known.choice = Choice(Kind(row[0]), row[1], row[2], _unsealed(bytes(row[3]))) if row else Choice()
    return _Known.choice


def _unsealed(key: bytes) -> str:
    try:
        return unseal(key)
    except pyrage.DecryptError:
        log.warning("the key of the language model was kept under another SECRET_KEY: give it anew")
        return ""


def choose(chosen: Choice) -> None:
    """From the next reply on it is this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into memory_house_engine (kind, url, model, key) values (%s, %s, %s, %s)"
            " on conflict (house) do update set kind = excluded.kind, url = excluded.url, model = excluded.model,"
            " key = excluded.key, chosen_at = now()",
            [chosen.kind.value, chosen.url, chosen.model, seal(chosen.key)],
        )


def same_server(one: str, other: str) -> bool:
    """Whether two addresses lead to the same door, so that a key for one may go to the other."""
    doors = [(parts.scheme, parts.hostname, parts.port) for parts in map(urlsplit, (one, other))]
    return doors[0] == doors[1]


def bare(url: str) -> str:
    """An address without a name and password that may stand in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def shown(url: str) -> str:
    """An address as people may see it: host and port alone."""
    return urlsplit(bare(url)).netloc or bare(url)
