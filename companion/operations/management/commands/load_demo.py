"""`make demo`: three months of an ordinary life, so that a new user meets a companion that remembers."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from companion.operations.importing import add_person, check_room, companion_named, find_person, run_import
from memory import clock
from memory.history import jsonl

HISTORY = Path(__file__).resolve().parent.parent.parent / "demo" / "history.jsonl"
SOURCE = "demonstration"


class Command(BaseCommand):
    """Loaded once: run again on another day, it changes nothing."""

    help = "Load the demonstration history into an account: the one named, or the first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        add_person(parser, required=False)

    def handle(self, *, person: str | None, json: bool, **_: Any) -> None:
        """Import; a summary on stdout."""
        somebody = find_person(person)
        today = clock.local(clock.now(), somebody.time_zone).date()
        read = partial(jsonl.read, HISTORY, zone=somebody.time_zone, today=today, source=SOURCE)
        check_room(somebody, read)
        companion = companion_named(somebody, "")
        kept = run_import(person=somebody, companion=companion, history=read(), out=self.stdout, as_json=json)
        if kept.turns and not json:
            self.stdout.write("Facts, summaries and portrait form of it in the background; look in a few minutes.")
