"""`manage.py bench NAME …`: one measurement of the code that the chat runs, in a scratch database."""

from argparse import ArgumentParser
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandParser

from companion.operations.benchmarks import (
    beam,
    chat,
    consolidate,
    fade,
    fit,
    forgetting,
    locomo,
    madial,
    peers,
    portrait,
    prompt,
    recall,
    topics,
    write,
)
from companion.operations.benchmarks.telling import Telling

BENCHMARKS: dict[str, ModuleType] = {
    "locomo": locomo,
    "beam": beam,
    "chat": chat,
    "consolidate": consolidate,
    "fade": fade,
    "fit": fit,
    "forgetting": forgetting,
    "madial": madial,
    "peers": peers,
    "portrait": portrait,
    "prompt": prompt,
    "recall": recall,
    "topics": topics,
    "write": write,
}


class Command(BaseCommand):
    """Leaves no trace in anybody's data."""

    help = "Measure (docs/benchmarks.md). A table, or with --json one JSON object as the last line of stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand a benchmark."""
        names = parser.add_subparsers(dest="benchmark", required=True, metavar="NAME")
        for name, module in BENCHMARKS.items():
            about = (module.__doc__ or "").strip()
            one = names.add_parser(name, help=about, description=about)
            one.add_argument("--json", action="store_true", help="the figures as one JSON object on stdout")
            cast(Callable[[ArgumentParser], None], module.add_arguments)(one)

    def handle(self, *, benchmark: str, json: bool, **options: Any) -> None:
        """Measure and tell."""
        tell = Telling(out=self.stdout, as_json=json)
        tell.result(BENCHMARKS[benchmark].run(tell=tell, **options))
