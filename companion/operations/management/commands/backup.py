"""`manage.py backup FILE`: the whole database as one file, from one moment."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from companion.operations import backup


class Command(BaseCommand):
    """Runs while people chat; what it writes is there whole or not at all."""

    help = (
        "Write the database into a file (pg_dump's custom format), encrypted for an age recipient where one is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and for whom."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--recipient", default="", help="age1…: only who has its identity can read the file")
        parser.add_argument(
            "--tombstones",
            action="store_true",
            help="write the tombstones alone: small, with no word in it, to be kept newer than the backups",
        )

    def handle(self, *, file: Path, recipient: str, tombstones: bool, **_: Any) -> None:
        """Write; one line on stdout."""
        try:
            if tombstones:
                self.stdout.write(f"{backup.write_tombstones(file)} tombstones are in {file}.")
                return
            backup.write(file, recipient=recipient)
        except backup.NotDone as problem:
            raise CommandError(str(problem)) from problem
        told = "encrypted" if recipient else "not encrypted; --recipient does that"
        self.stdout.write(f"{file}: {file.stat().st_size // 1024} KB, {told}.")
