"""`manage.py reencode --encoder NAME`: go over to another encoder while people chat, and back."""

import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from memory import encoder_swap, policy, reencoding
from memory.encoder import EncoderUnavailable, LocalEncoder, current

SAMPLE = 200  # turns that are asked for before the swap
STRAGGLERS = 3  # rounds after the swap: what a worker began with the old encoder


class Command(BaseCommand):
    """Safe to break off and to run again: it goes on where it was."""

    help = "Make keys of another encoder beside those in use, measure them on a sample, and swap them in as one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which, and how far."""
        parser.add_argument("--encoder", help="a sentence-transformers model or its folder, as for ENCODER")
        parser.add_argument("--status", action="store_true", help="say which one is in use and what keys there are")
        parser.add_argument("--no-swap", action="store_true", help="make and measure the keys, and leave it at that")
        parser.add_argument("--accept", action="store_true", help="swap even if the new one finds much less")
        parser.add_argument("--anew", action="store_true", help="delete what there is of this encoder's keys first")
        parser.add_argument("--delete-others", action="store_true", help="delete the keys of all others: no way back")

    def handle(self, *, encoder: str | None, status: bool, **options: Any) -> None:
        """Make, measure, swap, and take in what came late."""
        if status:
            return self._tell()
        if not encoder:
            raise CommandError("Name one: --encoder NAME.")
        if options["delete_others"]:
            return self._delete_others(encoder)
        _check(encoder)
        os.nice(10)  # people who chat come first
        old = encoder_swap.in_use()
        if options["anew"]:
            self.stdout.write(f"{reencoding.delete_keys(encoder=encoder)} keys are deleted.")
        if encoder == old:
            return self.stdout.write(f"{encoder} is in use already.")
        try:
            new = LocalEncoder(encoder)
        except EncoderUnavailable as problem:
            raise CommandError(str(problem)) from problem
        self._make(old, new)
        self._measure(old, new, accept=options["accept"])
        if not options["no_swap"]:
            self._swap(old, new)
        return None

    def _make(self, old: str, new: LocalEncoder) -> int:
        """All keys that are missing, and those of what is said meanwhile."""
        made = 0
        everybody = reencoding.people()
        total = sum(reencoding.missing(person_id, old=old, new=new.name) for person_id in everybody)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("keys", total=total)
            for person_id in everybody:
                for count in reencoding.reencode_person(person_id, old=old, encoder=new):
                    made += count
                    progress.advance(task, count)
        return made

    def _measure(self, old: str, new: LocalEncoder, *, accept: bool) -> None:
        """By the old one's own keys, also where it is no longer allowed: this is the way away from it."""
        quality = reencoding.measure(old=LocalEncoder(old), new=new, most=SAMPLE)
        told = f"Of {quality.asked} turns, half of its words bring back {quality.old:.1%} by the old, "
        self.stdout.write(f"{told}{quality.new:.1%} by the new.")
        if not quality.holds and not accept:
            raise CommandError("The new one finds too little: nothing was swapped. --accept swaps all the same.")

    def _swap(self, old: str, new: LocalEncoder) -> None:
        self._make(old, new)  # what was said while the sample was measured
        _check(new.name)  # hours may have gone by
        encoder_swap.swap(old=old, new=new.name)
        self.stdout.write(f"{new.name} is in use instead of {old}, whose keys stay until --delete-others.")
        for _ in range(STRAGGLERS):
            time.sleep(encoder_swap.NOTICED_WITHIN)
            self._make(old, new)

    def _delete_others(self, encoder: str) -> None:
        in_use = encoder_swap.in_use()
        if encoder != in_use:
            raise CommandError(f"In use is {in_use}. Name it, to say that you mean the others.")
        new = current()
        assert isinstance(new, LocalEncoder)  # noqa: S101 - what a command loads
        for other in sorted(set(reencoding.counts()) - {in_use}):
            self._make(other, new)  # what a worker wrote late
            self.stdout.write(f"{reencoding.delete_keys(encoder=other)} keys of {other} are deleted.")

    def _tell(self) -> None:
        in_use = encoder_swap.in_use()
        for name, count in reencoding.counts().items():
            self.stdout.write(f"{'*' if name == in_use else ' '} {name}: {count} keys")
        self.stdout.write(f"In use: {in_use}.")


def _check(name: str) -> None:
    try:
        policy.check_encoder(name)
    except policy.NotAllowed as problem:
        raise CommandError(str(problem)) from problem
