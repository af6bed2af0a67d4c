"""Fading: the time to bring up what crossed a threshold, beside one query that looks at every memory."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import psycopg
from django.core.management.base import CommandError
from django.db import connections, transaction

from companion.operations.benchmarks.scratch import owner_address, scratch_database, scratch_person
from companion.operations.benchmarks.telling import Telling
from memory import clock, dialogue, fading, retention
from memory.isolation import acting_as

SIZES = (10_000, 100_000, 1_000_000)  # measured where no --total is given
PEOPLE = 20  # whose memories they are, in turn
ROUNDS = 5  # times that so many cross; the medians are told
STEP = timedelta(hours=1)  # between two rounds, on the clock that is told to the sweep

# Ten that were told in a row cross together, as those of a session do; every stride-th ten crosses in some round, the
# others in the year after.
FILL = """
insert into memory_memory (owner_id, companion_id, session_id, kind, text, said_at, strength, recalled_at, fades_at,
                           pinned, state, sensitivity, version)
select owner, companion, session, 'round', '', recalled, strength, recalled, fades, false, 'vivid', 0, ''
from (
    select owner, companion, session, strength, fades, fades - make_interval(secs => strength * %(lasts)s) as recalled
    from (
        select (%(owners)s::bigint[])[1 + n %% %(people)s] as owner,
               (%(companions)s::bigint[])[1 + n %% %(people)s] as companion,
               (%(sessions)s::bigint[])[1 + n %% %(people)s] as session,
               14 + n %% 70 as strength,
               case when n / 10 %% %(stride)s = 0 and place < %(rounds)s * %(crossing)s
                    then %(now)s + place / %(crossing)s * %(step)s::interval
                    else %(now)s + interval '2 days' + (n %% 360) * interval '1 day' end as fades
        from generate_series(0, %(total)s - 1) as n, lateral (select n / 10 / %(stride)s * 10 + n %% 10 as place) as of
    ) as made
) as dated
"""
EVERY_ROW = """
select count(*) from memory_memory
where not pinned and exp(-extract(epoch from (%s - recalled_at)) / 86400 / strength) < %s
"""


def add_arguments(parser: ArgumentParser) -> None:
    """How many, and how many of them cross."""
    parser.add_argument("--total", type=int, help=f"memories (default: {', '.join(f'{size:,}' for size in SIZES)})")
    parser.add_argument("--crossing", type=int, default=1_000, help="of them at once (default: %(default)s)")


def run(*, tell: Telling, total: int | None, crossing: int, **_: Any) -> dict[str, Any]:
    """Fill a scratch database, let time pass, sweep."""
    sizes = [total] if total else list(SIZES)
    if crossing < 1 or min(sizes) < ROUNDS * crossing:
        raise CommandError(f"--total must be at least {ROUNDS} × --crossing, for so many cross {ROUNDS} times.")
    with scratch_database(), tell.progress() as bar:
        task = bar.add_task("Measuring", total=len(sizes))
        places = [_place(number) for number in range(PEOPLE)]
        measured = []
        for size in sizes:
            measured.append(_measured(size, crossing, places))
            bar.advance(task)
    tell.table(f"{crossing:,} memories cross a threshold", measured)
    return {"crossing": crossing, **measured[-1], **({} if total else {"sizes": measured})}


Place = tuple[int, int, int]  # ids of a person, their companion, a session of theirs


def _place(number: int) -> Place:
    person, companion = scratch_person(f"fading-{number}")
    with acting_as(person.pk):
        conversation = dialogue.begin_conversation(companion=companion, started_at=clock.now())
        session = dialogue.begin_session(conversation=conversation, started_at=clock.now())
    return person.pk, companion.pk, session.pk


def _measured(total: int, crossing: int, places: list[Place]) -> dict[str, Any]:
    now = clock.now()
    _fill(total, crossing, places, now)
    fading.fade(now=now - STEP)  # nothing crosses yet; the connection is open
    fade, scan = [], []
    for number in range(ROUNDS):
        moment = now + STEP * (number + 0.5)
        scan.append(_seconds(partial(_look_at_every_row, moment), (number + 1) * crossing))
        fade.append(_seconds(partial(fading.fade, now=moment), crossing))
    fade_s, scan_s = float(np.median(fade)), float(np.median(scan))
    return {
        "total": total,
        "fade_s": round(fade_s, 4),
        "full_scan_s": round(scan_s, 4),
        "ratio": round(fade_s / scan_s, 3),
    }


def _seconds(do: Callable[[], int], expected: int) -> float:
    """How long it took to find so many memories that crossed. Raises CommandError where it found others."""
    began = time.perf_counter()
    found = do()
    spent = time.perf_counter() - began
    if found != expected:
        raise CommandError(f"{found:,} memories were found to have crossed, not {expected:,}.")
    return spent


def _look_at_every_row(moment: datetime) -> int:
    with transaction.atomic(using="sweep"), connections["sweep"].cursor() as cursor:
        cursor.execute(EVERY_ROW, [moment, retention.VIVID])
        return int(cursor.fetchone()[0])


def _fill(total: int, crossing: int, places: list[Place], now: datetime) -> None:
    """In place of what was measured before, as the tables' owner, past the policies."""
    owners, companions, sessions = map(list, zip(*places, strict=True))
    lasts = retention.fades_at(now, strength=1.0) - now
    parameters = {
        "owners": owners,
        "companions": companions,
        "sessions": sessions,
        "people": len(places),
        "lasts": lasts.total_seconds(),
        "stride": total // (ROUNDS * crossing),
        "rounds": ROUNDS,
        "crossing": crossing,
        "now": now,
        "step": STEP,
        "total": total,
    }
    with psycopg.connect(owner_address()) as connection:
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute("set local session_replication_role = replica")  # foreign keys are right as made
        connection.execute("truncate memory_memory cascade")
        connection.execute("alter table memory_memory no force row level security")
        connection.execute(FILL, parameters)
        connection.execute("set constraints all immediate")
        connection.execute("alter table memory_memory force row level security")
    with psycopg.connect(owner_address(), autocommit=True) as connection:
        connection.execute("vacuum (analyze) memory_memory")
