"""Somebody else has a person's rows, as an erasure does that takes a while."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.db import connections

from memory import tombstone
from memory.isolation import acting_as

LONGEST = 60  # seconds that it is held, whatever becomes of the test


@contextmanager
def erasing(person: Any) -> Iterator[None]:
    """As long as this lasts, what this person says or changes waits."""
    begun, done = Event(), Event()

    def hold() -> None:
        try:
            with acting_as(person.pk):
                tombstone.let_erase(person.pk)
                begun.set()
                done.wait(LONGEST)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(hold)
        begun.wait(LONGEST)
        try:
            yield
        finally:
            done.set()
            held.result()
