"""Days and the whole acquaintance, summed up from what stands below them: session, day, all (MemoryBank §2.2).

A session's summary makes its day due once that day is over on the person's clock, and the acquaintance after it; its
facts make the portrait due, after both. Who comes late makes only these due again.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from pydantic import BaseModel, ConfigDict, Field

from memory import clock, permission, repinning, retention, tombstone
from memory.budget import cut_middle
from memory.consolidation import portrait
from memory.consolidation.asking import Unusable, ask, by_schema
from memory.consolidation.attempts import put_off
from memory.consolidation.summary import EXTRACTIVE, SENTENCE, SHORTEST, Span, central
from memory.encoder import Encoder
from memory.engine import Engine, EngineError
from memory.isolation import acting_as
from memory.models import Memory, Period, Session, Source, Step, Turn
from memory.prompt import render

log = logging.getLogger(__name__)

VERSION = "digest 1"
SAME = "as its only session"
NOTHING = "nothing to sum up"
MOST_SENTENCES = {Memory.Kind.DAY_SUMMARY: 4, Memory.Kind.ACQUAINTANCE: 8}
LOOKED_AT = 240  # sentences, evenly from all, of which the central ones are picked
LONGEST_RECORD = 24_000  # characters given to an engine
NEWEST = 14  # days that an engine is told in full, while older ones share what room is left
SHORTEST_SHARE = 200  # characters of an older day that say anything
SETTLING = timedelta(minutes=1)  # the acquaintance waits so long for days that are still to be summed up


class DigestAsked(BaseModel):
    """What an engine is asked for."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    summary: str = Field(min_length=1, max_length=1200)


WISH = "That was not one JSON object with a summary of at most 1200 characters. Only that, please."


@dataclass(frozen=True)
class Part:
    """A summary that a digest is made of."""

    at: datetime  # on the person's clock
    text: str
    version: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Digest:
    """A summary of a period, ready to be kept."""

    text: str
    version: str
    spans: tuple[Span, ...]
    error: str = ""  # what an engine failed at


@dataclass(frozen=True)
class Result:
    """How work on a period ended."""

    version: str
    error: str = ""
    refused: int = 0


def note(session: Session) -> None:
    """A session was summed up, or has lost its summary: its day and the acquaintance are due.

    A session counts to the day it began on, by the person's zone when it is first summed up: who moves to another zone
    keeps the days they had. Runs inside the session's own transaction.
    """
    due = _over(session)
    for day in (session.day, None):
        _note(session, day, Period.Layer.SUMMARY, due)


def note_portrait(session: Session) -> None:
    """What a session tells of the person is known, or has changed: their portrait is due after that session's day."""
    _note(session, None, Period.Layer.PORTRAIT, _over(session))


def _over(session: Session) -> datetime:
    """When the session's day is over, or now if that is gone by; gives it its day."""
    zone = session.owner.time_zone
    if session.day is None:
        session.day = clock.local(session.started_at, zone).date()
        session.save(update_fields=["day"])
    return max(day_ends(session.day, zone), clock.now())


def _note(session: Session, day: date | None, layer: Period.Layer, due: datetime) -> None:
    of = {"companion_id": session.conversation.companion_id, "day": day, "layer": layer}
    Period.objects.bulk_create([Period(owner_id=session.owner_id, due_at=due, **of)], ignore_conflicts=True)
    Period.objects.filter(**of).update(state=Step.State.WAITING, due_at=due, attempts=0, revision=F("revision") + 1)


def of_sessions(sessions: QuerySet[Session]) -> QuerySet[Period]:
    """The days that these sessions count to, and their acquaintances. All of one person."""
    days = sessions.filter(day=OuterRef("day"), conversation__companion=OuterRef("companion"))
    companions = sessions.filter(day__isnull=False).values("conversation__companion")
    return Period.objects.filter(Exists(days) | Q(day=None, companion__in=companions))


def ask_anew(periods: QuerySet[Period]) -> None:
    """What they were summed up from has changed: what was done is due at once, and what is being made is not kept."""
    settled = periods.exclude(state=Step.State.WAITING)
    settled.update(state=Step.State.WAITING, due_at=clock.now(), attempts=0, error="", version="", done_at=None)
    periods.update(revision=F("revision") + 1)


def draw_anew(person_id: int, companion_ids: Iterable[int]) -> None:
    """What the portraits for these companions stand on has changed otherwise than by a session."""
    drawn = Period.objects.of(person_id).filter(layer=Period.Layer.PORTRAIT)
    ask_anew(drawn.filter(companion__in=list(companion_ids)))


def await_days(person_id: int) -> None:
    """An acquaintance that was summed up before all its days were over is due again after the last of them."""
    waiting = Period.objects.of(person_id).filter(day__isnull=False, state=Step.State.WAITING)
    for companion_id, last in waiting.values_list("companion").annotate(Max("due_at")):
        whole = Period.objects.of(person_id).filter(companion_id=companion_id, day=None, state=Step.State.DONE)
        whole.filter(layer=Period.Layer.SUMMARY).update(state=Step.State.WAITING, due_at=last, attempts=0)


def day_ends(day: date, zone: str) -> datetime:
    """The midnight that ends a day, which may have 23 or 25 hours."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))


def run(*, person_id: int, period_id: int, engine: Engine, encoder: Encoder) -> None:
    """Sum up a period that is due, or draw its portrait. Safe at any time, in any number of processes."""
    with acting_as(person_id):
        period = _due(period_id)
    connection.close()
    if period is None:
        return
    work = _draw if period.layer == Period.Layer.PORTRAIT else _sum_up
    try:
        work(period, engine, encoder)
    except EngineError as error:
        _put_off(period, type(error).__name__, waits=True)
    except Exception as error:
        log.exception("period %s failed", period.pk)
        _put_off(period, type(error).__name__, waits=False)
    finally:
        connection.close()


def _due(period_id: int) -> Period | None:
    """The period, if it is due. It waits while something may be taken back, and for what goes before it."""
    waiting = Period.objects.filter(state=Step.State.WAITING, due_at__lte=clock.now())
    period = waiting.select_related("owner", "companion").filter(pk=period_id).first()
    if period is None:
        return None
    marked = Turn.objects.filter(conversation__companion=period.companion_id, erasure__isnull=False)
    if marked.exists() or _before(period, waiting):
        Period.objects.filter(pk=period.pk).update(due_at=clock.now() + SETTLING)
        return None
    return period


def _before(period: Period, waiting: QuerySet[Period]) -> bool:
    """Whether something due goes before it: days before the acquaintance, and all summaries and facts before the
    portrait."""
    if period.day is not None:
        return False
    summaries = waiting.filter(companion_id=period.companion_id, layer=Period.Layer.SUMMARY)
    if period.layer == Period.Layer.SUMMARY:
        return summaries.filter(day__isnull=False).exists()
    of_companion = Step.objects.filter(session__conversation__companion=period.companion_id, kind=Step.Kind.FACTS)
    facts = of_companion.filter(state=Step.State.WAITING, due_at__lte=clock.now(), session__closed_at__isnull=False)
    return summaries.exists() or facts.exists()


def _draw(period: Period, engine: Engine, encoder: Encoder) -> None:
    at = clock.now()
    drawn = portrait.draw(
        person_id=period.owner_id, companion_id=period.companion_id, moment=at, engine=engine, encoder=encoder
    )
    result = Result(drawn.version, drawn.error, drawn.refused)
    _keep(period, result, lambda row: portrait.keep(companion=period.companion, drawn=drawn, at=at))


def _sum_up(period: Period, engine: Engine, encoder: Encoder) -> None:
    with acting_as(period.owner_id):
        parts = _parts(period)
    connection.close()
    made = _made(period, parts, engine, encoder)
    result = Result(made.version, made.error) if made else Result(NOTHING)
    _keep(period, result, lambda row: _write(row, made) if made else None)


def _parts(period: Period) -> list[Part]:
    """What a period is summed up from, in time order: a day's sessions, the acquaintance's days."""
    of = Memory.objects.of(period.owner_id).filter(companion_id=period.companion_id).prefetch_related("sources")
    below = (
        of.filter(kind=Memory.Kind.SESSION_SUMMARY, session__day=period.day)
        if period.day
        else of.filter(kind=Memory.Kind.DAY_SUMMARY)
    )
    return [
        Part(
            at=clock.local(memory.said_at, period.owner.time_zone),
            text=memory.text,
            version=memory.version,
            spans=tuple(Span(source.turn_id, source.start, source.end) for source in memory.sources.all()),
        )
        for memory in below.order_by("said_at", "pk")
    ]


def _made(period: Period, parts: list[Part], engine: Engine, encoder: Encoder) -> Digest | None:
    """None where nothing is left to sum up. Holds no database connection. Raises EngineError."""
    if not parts:
        return None
    spans = tuple(dict.fromkeys(span for part in parts for span in part.spans))
    if period.day and len(parts) == 1:
        return Digest(parts[0].text, f"{parts[0].version}, {SAME}"[:200], spans)
    error = ""
    if engine.converses:
        try:
            answer = ask(engine, _asked(period, parts), schema=DigestAsked, read=by_schema(DigestAsked), wish=WISH)
            return Digest(answer.summary, f"{engine.name} {VERSION}"[:200], spans)
        except Unusable as unusable:
            error = str(unusable)
    return Digest(_extracted(parts, MOST_SENTENCES[_kind(period)], encoder), EXTRACTIVE, spans, error)


def _kind(period: Period) -> Memory.Kind:
    return Memory.Kind.DAY_SUMMARY if period.day else Memory.Kind.ACQUAINTANCE


def _asked(period: Period, parts: list[Part]) -> str:
    """The newest parts in full, the older ones evenly cut to what room is left; of very many, evenly thinned."""
    newest, older = parts[-NEWEST:], parts[:-NEWEST]
    room = max(LONGEST_RECORD - sum(len(part.text) for part in newest), 0)
    older = older[:: max(-(-len(older) * SHORTEST_SHARE // room), 1)] if room else []
    shares = [room // max(len(older), 1)] * len(older) + [LONGEST_RECORD // NEWEST] * len(newest)
    style = "%H:%M" if period.day else "%A %d %B %Y"
    record = [
        {"when": part.at.strftime(style), "text": cut_middle(part.text, share)}
        for part, share in zip([*older, *newest], shares, strict=True)
    ]
    day = period.day.strftime("%A %d %B %Y") if period.day else None
    return render("digest.jinja", person=period.owner.called, companion=period.companion.name, day=day, record=record)


def _extracted(parts: list[Part], most: int, encoder: Encoder) -> str:
    """The sentences nearest to the middle of all that was told, in their order."""
    told = [match[0].strip() for part in parts for match in SENTENCE.finditer(part.text)]
    sentences = [sentence for sentence in told if len(sentence) >= SHORTEST] or told
    sentences = sentences[:: -(-len(sentences) // LOOKED_AT)]
    return " ".join(sentences[place] for place in central(encoder.encode(sentences), most))


def _keep(period: Period, result: Result, write: Callable[[Period], None]) -> None:
    """Write what was made in place of what was before, unless something changed meanwhile, and the end of the work."""
    with acting_as(period.owner_id):
        tombstone.let_write(period.owner_id)
        row = _still_waiting(period)
        if row is None:
            return
        earlier = Memory.objects.filter(period=row)
        pinned = earlier.filter(pinned=True).exists()
        earlier.delete()
        write(row)
        if pinned:  # what the person holds on to is the summary, whatever it says by now
            Memory.objects.filter(period=row).update(pinned=True)
        repinning.of_period(row)
        row.state, row.done_at = Step.State.DONE, clock.now()
        row.version, row.error, row.refused = result.version, result.error, result.refused
        row.attempts += 1
        row.save()


def _still_waiting(period: Period) -> Period | None:
    """The period's row, locked; None where it is done, has changed, or went with its person."""
    waiting = Period.objects.select_for_update().filter(state=Step.State.WAITING, revision=period.revision)
    return waiting.filter(pk=period.pk).first()


def _write(period: Period, made: Digest) -> None:
    kind = _kind(period)
    sessions = Session.objects.filter(day__isnull=False, conversation__companion_id=period.companion_id)
    of_period = sessions.filter(day=period.day) if period.day else sessions
    said_at = of_period.order_by("-ended_at").values_list("ended_at", flat=True).first() or period.due_at
    begun = retention.begun(kind, said_at=said_at, now=clock.now(), by=permission.preset_of(period.owner_id))
    memory = Memory.objects.create(
        owner_id=period.owner_id,
        companion_id=period.companion_id,
        period=period,
        kind=kind,
        text=made.text,
        said_at=said_at,
        **vars(begun),
        version=made.version,
    )
    Source.objects.bulk_create(
        Source(owner_id=period.owner_id, memory=memory, turn_id=span.turn_id, start=span.start, end=span.end)
        for span in made.spans
    )


def _put_off(period: Period, error: str, *, waits: bool) -> None:
    with acting_as(period.owner_id):
        row = _still_waiting(period)
        if row is not None:
            put_off(row, error, waits=waits)
