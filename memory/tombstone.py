"""What was erased stays away: tombstones, and the lock between erasing and all that writes.

An erased turn leaves two digests, keyed by the installation's secret and the person, with no word in them:

- of its client id: the same message sent again, or the same file imported again, brings nothing back;
- of its words, case and blanks aside, with who said them and in which second: nor does the same history under another
  name or in another format.

Whoever says the same words again has another client id and another second, so that is kept like anything new.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection

from memory.lexicon import folded
from memory.models import Tombstone

AT_ONCE = 5000  # rows of one statement


class Uttered(Protocol):
    """What of a turn, kept here or told elsewhere, says that it is the same."""

    @property
    def speaker(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def said_at(self) -> datetime: ...


def let_write(person_id: int) -> None:
    """Hold off erasing until this transaction ends, or wait for one that is under way.

    Whoever writes what could hold a person's words takes it before any other lock, and looks only then at what is
    there: what was read before may have been erased since.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(hashtext('erasing'), %s)", [person_id])


def let_erase(person_id: int) -> None:
    """Hold off all that writes this person's words until this transaction ends; waits for those under way."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('erasing'), %s)", [person_id])


def of_message(person_id: int, client_id: UUID) -> bytes:
    """The digest of a message by its id."""
    return _digest(person_id, b"message", client_id.bytes)


def of_words(person_id: int, uttered: Uttered) -> bytes:
    """The digest of words with their speaker and their second."""
    second = uttered.said_at.astimezone(UTC).replace(microsecond=0).isoformat()
    words = " ".join(folded(uttered.text).split())
    return _digest(person_id, b"words", f"{uttered.speaker}\0{second}\0{words}".encode())


def _digest(person_id: int, kind: bytes, content: bytes) -> bytes:
    key = hmac.digest(settings.SECRET_KEY.encode(), f"tombstones of person {person_id}".encode(), hashlib.sha256)
    return hmac.digest(key, kind + b"\0" + content, hashlib.sha256)


def put_up(person_id: int, digests: Iterable[bytes]) -> None:
    """Keep these from coming back."""
    rows = [Tombstone(owner_id=person_id, digest=digest) for digest in digests]
    Tombstone.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)


def standing(person_id: int, digests: Iterable[bytes]) -> set[bytes]:
    """Those of the digests that a tombstone holds."""
    found = Tombstone.objects.of(person_id).filter(digest__in=list(digests))
    return {bytes(digest) for digest in found.values_list("digest", flat=True)}
