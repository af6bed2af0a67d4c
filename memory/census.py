"""How much there is of what, of everybody together: counts and times by day, under the sweeps' role, and no words.

Each is one statement. Days and weeks are those of the zone that is asked for; a span ends now.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Case, CharField, Count, F, Value, When

from memory import clock
from memory.listed import STATES, listed
from memory.models import Memory

Unit = Literal["day", "week"]

SPAN = """
with day as (
  select generate_series(date_trunc(%(unit)s, %(since)s at time zone %(zone)s),
                         %(now)s at time zone %(zone)s, ('1 ' || %(unit)s)::interval) as day
)
"""
SAID = """
, each as (
  select date_trunc(%(unit)s, said_at at time zone %(zone)s) as day, owner_id, count(*) as turns
  from memory_turn where speaker = 'person' and stands and said_at >= %(since)s and said_at <= %(now)s group by 1, 2
), said as (select day, sum(turns) as turns, count(*) as people from each group by 1)
select day::date, coalesce(turns, 0), coalesce(people, 0), (select count(distinct owner_id) from each)
from day left join said using (day) order by 1
"""
RECALLED = """
, asked as (
  select date_trunc(%(unit)s, moment at time zone %(zone)s) as day, count(*) as recalls,
    count(*) filter (where needs_memory) as needed,
    count(*) filter (where needs_memory and asked) as questions,
    count(*) filter (where needs_memory and asked and sufficient) as held,
    percentile_cont(array[0.5, 0.95]) within group (order by milliseconds) filter (where needs_memory) as took
  from memory_recall where moment >= %(since)s and moment <= %(now)s group by 1
)
select day::date, coalesce(recalls, 0), coalesce(needed, 0), coalesce(questions, 0), coalesce(held, 0), took[1], took[2]
from day left join asked using (day) order by 1
"""
REFUSED = """
select kind, reason, sum(refused)::bigint from (
  select kind, reason.key as reason, reason.value::bigint as refused
  from memory_step, jsonb_each_text(refusals) as reason where refused > 0 and done_at >= %(since)s
  union all
  select kind, '', refused from memory_step where refused > 0 and refusals = '{}' and done_at >= %(since)s
  union all
  select 'portrait', '', refused from memory_period where refused > 0 and done_at >= %(since)s
) as each group by 1, 2 order by 3 desc, 1, 2
"""

FULL = "select count(*) from (select from memory_turn group by owner_id having count(*) >= %(most)s) as full_ones"


@dataclass(frozen=True)
class Span:
    """So many days up to now, on the clock of a zone, told by days, or by weeks where they are many."""

    days: int
    zone: str

    @property
    def unit(self) -> Unit:
        """What one figure is of."""
        return "day" if self.days <= 60 else "week"

    @property
    def since(self) -> datetime:
        """The beginning of its first day or week."""
        today = clock.local(clock.now(), self.zone).date()
        first = today - timedelta(days=self.days - 1)
        if self.unit == "week":
            first -= timedelta(days=first.weekday())
        return datetime.combine(first, time.min, ZoneInfo(self.zone))


@dataclass(frozen=True)
class Said:
    """What people said on a day, or in a week."""

    day: date
    turns: int  # of people; what companions answered is not counted
    people: int


@dataclass(frozen=True)
class Recalls:
    """What the gate found on a day, or in a week, and how long recalls took."""

    day: date
    recalls: int
    needed: int  # of these memory was needed for
    questions: int  # of these asked something; of older ones that was not noted
    held: int  # of these memory seemed to hold the answer
    median: float | None  # milliseconds; of those that needed memory
    slow: float | None  # milliseconds: 95 of 100 took less

    @property
    def not_needed(self) -> int:
        """Small talk."""
        return self.recalls - self.needed

    @property
    def unasked(self) -> int:
        """Where nothing was asked, and what is vivid came to mind."""
        return self.needed - self.questions

    @property
    def abstained(self) -> int:
        """Where the prompt said that memory does not hold the answer."""
        return self.questions - self.held


@dataclass(frozen=True)
class Refused:
    """How much of what engines gave was not taken, and why; no reason where none was noted."""

    kind: str  # of step
    reason: str
    count: int


def said(span: Span) -> tuple[list[Said], int]:
    """By day, and how many people talked in the whole span."""
    rows = _asked(SPAN + SAID, span)
    return [Said(day, int(turns), people) for day, turns, people, _ in rows], rows[0][3] if rows else 0


def recalls(span: Span) -> list[Recalls]:
    """By day."""
    return [Recalls(*row) for row in _asked(SPAN + RECALLED, span)]


def memories() -> dict[str, int]:
    """How many are vivid, fading, faded; pinned; and superseded, whatever is left of them. Each is counted once.

    What counts as a memory is as on its person's page, but that what is about to be erased counts until it is gone.
    """
    states = Case(
        When(STATES["superseded"], then=Value("superseded")),
        When(STATES["pinned"], then=Value("pinned")),
        default=F("state"),
        output_field=CharField(),
    )
    with closing(connections["sweep"]):
        every = listed(Memory.objects.using("sweep")).order_by()
        return dict(every.values_list(states).annotate(Count("pk")))


def refused(span: Span) -> list[Refused]:
    """The most frequent first."""
    return [Refused(*row) for row in _asked(REFUSED, span)]


def people_with(turns: int) -> int:
    """How many people have so many turns stored, or more."""
    return int(_asked(FULL, most=turns)[0][0])


def _asked(statement: str, span: Span | None = None, **more: int) -> Sequence[Any]:
    told: dict[str, Any] = {**more, "now": clock.now()}
    if span:
        told |= {"unit": span.unit, "zone": span.zone, "since": span.since}
    with closing(connections["sweep"]) as sweep, sweep.cursor() as cursor:
        cursor.execute(statement, told)
        return list(cursor.fetchall())
