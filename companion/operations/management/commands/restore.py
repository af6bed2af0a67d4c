"""`manage.py restore FILE --tombstones NEWEST`: a backup into an empty installation, without what was erased since."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from companion.operations import backup, embedded
from companion.operations.postgres import Postgres


class Command(BaseCommand):
    """Refuses a database in which somebody has an account."""

    help = "Bring a backup back into an empty database; stop web, workers and beat first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What from."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--identity", type=Path, help="the file with age’s identity, for an encrypted backup")
        parser.add_argument("--tombstones", type=Path, help="the newest there are: what they name is erased again")

    def handle(self, *, file: Path, identity: Path | None, tombstones: Path | None, **_: Any) -> None:
        """Restore, migrate, erase again; a few lines on stdout."""
        with ExitStack() as running:
            if not settings.DATABASE_URL:
                running.enter_context(Postgres(settings.DATA_DIR).used())
                running.callback(embedded.close_connections)
            try:
                told = backup.read_tombstones(tombstones) if tombstones else None  # before anything is restored
                backup.read(file, identity=identity)
                call_command("migrate", verbosity=0, interactive=False)
                self.stdout.write(f"{file} is restored.")
                if told is None:
                    self.stdout.write("Without --tombstones, what was erased since this backup is there again.")
                    return
                again = backup.replay(told)
            except (backup.NotDone, OSError) as problem:
                raise CommandError(str(problem)) from problem
            self.stdout.write(f"Erased again: {again['turns']} turns, {again['people']} people.")
