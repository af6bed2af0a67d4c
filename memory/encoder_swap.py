"""Which encoder is in use: the one that `ENCODER` names, unless it was swapped for another (memory/reencoding.py).

A swap is one row, so all processes go over together, each within `NOTICED_WITHIN` seconds, without a restart. Until
then they go on with the old keys, which stay.
"""

import logging
import time
from threading import Lock

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

log = logging.getLogger(__name__)

NOTICED_WITHIN = 5.0  # seconds


class _Looked:
    """What this process read last, and when."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.at = float("-inf")
        self.configured = ""
        self.in_use = ""


_looked = _Looked()


def in_use() -> str:
    """The name of the encoder in use. Without the database it stays what it was, or what `ENCODER` names."""
    with _looked.lock:
        fresh = time.monotonic() - _looked.at < NOTICED_WITHIN
        if not fresh or _looked.configured != settings.ENCODER:
            known = _looked.in_use if _looked.configured == settings.ENCODER else settings.ENCODER
            _looked.in_use = _read(known)
            _looked.configured, _looked.at = settings.ENCODER, time.monotonic()
        return _looked.in_use


def look_again() -> None:
    """Let this process notice a swap at once."""
    _looked.at = float("-inf")


def _read(known: str) -> str:
    own = not connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # a failure must not spoil the caller’s transaction
            cursor.execute("select in_use from memory_encoder_swap where configured = %s", [settings.ENCODER])
            row = cursor.fetchone()
    except DatabaseError as error:
        log.warning("which encoder is in use cannot be read: %s", type(error).__name__)
        return known
    finally:
        if own:
            connection.close()  # nobody waits for it: a thread that only encodes holds no connection
    return str(row[0]) if row else settings.ENCODER


def swap(*, old: str, new: str) -> None:
    """From now on `new` is used wherever `old` was, in one transaction, by the owner of the tables."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("delete from memory_encoder_swap where configured = %s", [new])
        cursor.execute("update memory_encoder_swap set in_use = %s, swapped_at = now() where in_use = %s", [new, old])
        cursor.execute(
            "insert into memory_encoder_swap (configured, in_use) values (%s, %s)"
            " on conflict (configured) do update set in_use = excluded.in_use, swapped_at = now()",
            [old, new],
        )
    look_again()
