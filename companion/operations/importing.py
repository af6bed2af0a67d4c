"""What the two import commands share: the person, a progress bar, and a summary in words."""

import json
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from companion.accounts.models import Person
from memory import clock, dialogue, encoder, quota
from memory.history.keep import Kept, adds, keep
from memory.history.told import History
from memory.isolation import acting_as
from memory.models import Companion

NAMED = 20  # skipped lines that are named one by one


def add_person(parser: ArgumentParser, *, required: bool) -> None:
    """--person and --json."""
    parser.add_argument("--person", metavar="EMAIL", required=required, help="whose history it is")
    parser.add_argument("--json", action="store_true", help="the summary as one JSON object")


def find_person(address: str | None) -> Person:
    """By address; without one, the only or the first account. Raises CommandError with what to do."""
    if address:
        person = Person.objects.filter(email__iexact=address).first()
        if person is None:
            raise CommandError(f"Nobody has an account with {address}. Sign up first, or check the address.")
        return person
    first = Person.objects.order_by("pk").first()
    if first is None:
        raise CommandError("There is no account yet. Run make up, sign up in the browser, then try again.")
    return first


def companion_named(person: Person, name: str) -> Companion:
    """The person's companion of this name, made if there is none; without a name their first."""
    with acting_as(person.pk):
        if not name:
            return dialogue.default_companion(person_id=person.pk)
        found = Companion.objects.of(person.pk).present().filter(name=name[:60]).first()
        return found or Companion.objects.create(owner=person, name=name[:60], created_at=clock.now())


def check_room(person: Person, read: Callable[[], History]) -> None:
    """Before anything is kept: whether there is room for all of it. Raises CommandError with how many turns fit."""
    with acting_as(person.pk):
        limited = quota.room(person_id=person.pk) is not None
    if not limited:
        return
    more = adds(person_id=person.pk, history=read())
    try:
        with acting_as(person.pk):
            quota.check_history(person_id=person.pk, more=more)
    except quota.OverQuota as refused:
        raise CommandError(f"Nothing was imported. {refused}") from refused


def run_import(*, person: Person, companion: Companion, history: History, out: OutputWrapper, as_json: bool) -> Kept:
    """Import with progress on stderr and the summary on stdout. Raises CommandError where it had to stop."""
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))  # nothing else waits for this process
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"Keeping {history.source}", total=history.total)
        kept = keep(
            companion=companion,
            history=history,
            encoder=encoder.current(),
            progress=lambda read: bar.advance(task, read),
        )
    summary = summed_up(person, companion, history, kept, time.monotonic() - began)
    out.write(json.dumps(summary) if as_json else in_words(summary))
    if kept.refused:
        raise CommandError(str(kept.refused))
    return kept


def summed_up(person: Person, companion: Companion, history: History, kept: Kept, seconds: float) -> dict[str, Any]:
    """The figures."""
    return {
        "source": history.source,
        "person": person.email,
        "companion": companion.name,
        "turns_kept": kept.turns,
        "turns_already_there": kept.already,
        "turns_erased_before": kept.erased,
        "sessions": len(kept.sessions),
        "conversations": len(kept.conversations),
        "skipped": [str(skipped.told) for skipped in kept.skipped],
        "remarks": history.remarks,
        "seconds": round(seconds, 1),
        "turns_per_second": round(kept.turns / seconds, 1) if seconds else 0.0,
    }


def in_words(summary: dict[str, Any]) -> str:
    """The same, to read."""
    lines = [
        f"Kept {summary['turns_kept']} turns in {summary['sessions']} sessions for {summary['person']}, "
        f"with {summary['companion']}, in {summary['seconds']} s; {summary['turns_already_there']} were there already.",
        *summary["remarks"],
    ]
    if summary["turns_erased_before"]:
        lines.append(f"{summary['turns_erased_before']} were erased before and stay away.")
    skipped = summary["skipped"]
    if skipped:
        lines.append(f"Skipped {len(skipped)}; the rest is kept:")
        lines += [f"  {line}" for line in skipped[:NAMED]]
        lines += [f"  … and {len(skipped) - NAMED} more"] if len(skipped) > NAMED else []
    return "\n".join(lines)
