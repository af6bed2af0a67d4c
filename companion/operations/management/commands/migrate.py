"""`migrate` works as the owner of the tables unless told otherwise: the app's own role may not change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_SECONDS = 5  # for one lock; whoever asks for the table meanwhile waits behind us
HELD = (
    "A migration waited for {seconds} seconds for a lock and gave up; what was done before it stays done. "
    "A backup or a long query holds it: run migrate again once that has ended."
)


@contextmanager
def impatient(alias: str) -> Iterator[None]:
    """A lock that does not come soon is given up: a statement that waits for one makes all others wait behind it."""
    with connections[alias].cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
    try:
        yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', '0', false)")


class Command(Migrate):
    """Django's own command with another default database, which waits for no lock."""

    def add_arguments(self, parser: CommandParser) -> None:
        """As Django's, with `--database owner` by default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        """Migrate. Raises CommandError where somebody holds a lock."""
        try:
            with impatient(database):
                super().handle(*args, database=database, **options)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise CommandError(HELD.format(seconds=LOCK_SECONDS)) from error
            raise
