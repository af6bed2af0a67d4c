"""`manage.py import_history FILE --person EMAIL`: years of talk from elsewhere, kept as if said here."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from companion.operations.importing import add_person, check_room, companion_named, find_person, run_import
from memory import clock
from memory.history import beam, jsonl, locomo, madial
from memory.history.told import History, Unreadable

FORMATS = ["jsonl", "locomo", "beam", "madial"]


class Command(BaseCommand):
    """Safe to run again: what is there already stays as it is."""

    help = "Import a history through the same path as the chat (formats: docs/import.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """File, person, format."""
        parser.add_argument("file", type=Path)
        add_person(parser, required=True)
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument("--companion", default="", help="with whom; made if there is none of this name")
        parser.add_argument("--sample", default="", help="which sample of a LoCoMo file")

    def handle(self, *, file: Path, person: str, json: bool, **options: Any) -> None:
        """Import; a summary on stdout."""
        somebody = find_person(person)
        read = partial(_read, options["format"], file, somebody.time_zone, options["sample"])
        try:
            history = read()
            check_room(somebody, read)
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem
        if history.person and not somebody.name:
            somebody.name = history.person[:60]
            somebody.save(update_fields=["name"])
            history.remarks.append(f"The person is called {somebody.name} from now on, as in the file.")
        companion = companion_named(somebody, options["companion"] or history.companion)
        kept = run_import(person=somebody, companion=companion, history=history, out=self.stdout, as_json=json)
        if not (kept.turns or kept.already or kept.erased):
            raise CommandError("Nothing in it could be read.")


def _read(form: str, file: Path, zone: str, sample: str) -> History:
    if form == "locomo":
        return locomo.read(file, zone=zone, sample=sample)
    if form == "beam":
        return beam.read(file, zone=zone)
    if form == "madial":
        return madial.read(file, zone=zone)
    return jsonl.read(file, zone=zone, today=clock.local(clock.now(), zone).date())
