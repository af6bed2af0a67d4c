"""`manage.py rebuild --person EMAIL`: what was derived from somebody's words, made again from them."""

import json as encoding
import os
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from companion.operations.importing import add_person, find_person
from memory import encoder
from memory.consolidation.layers import LAYERS
from memory.consolidation.rebuild import NotRebuilt, rebuild
from worker import engines


class Command(BaseCommand):
    """The old layers stand until the new ones are whole; safe to break off and to run again."""

    help = "Make derived layers again from the turns: all, or those named and what is made from them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and which."""
        add_person(parser, required=True)
        parser.add_argument(
            "--layer", action="append", default=[], choices=list(LAYERS), help="may be given repeatedly"
        )

    def handle(self, *, person: str, layer: list[str], json: bool, **_: Any) -> None:
        """Rebuild with progress on stderr; a summary on stdout."""
        somebody, engine = find_person(person), engines.current()
        os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))  # nothing else waits for this process
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            tasks = {name: bar.add_task(name, total=None, visible=False) for name in LAYERS}

            def tell(name: str, done: int, of: int) -> None:
                bar.update(tasks[name], completed=done, total=of, visible=True)

            try:
                done = rebuild(
                    person_id=somebody.pk, names=layer, engine=engine, encoder=encoder.current(), progress=tell
                )
            except NotRebuilt as problem:
                raise CommandError(str(problem)) from problem
        by = engine.name if engine.converses else "no language model"
        in_words = (
            f"Rebuilt for {somebody.email}, by {by}: {', '.join(done.layers)}. "
            f"Memories: {done.same} the same again, {done.new} new, {done.gone} gone."
        )
        self.stdout.write(encoding.dumps({"engine": by} | asdict(done)) if json else in_words)
