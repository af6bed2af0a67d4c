"""The portrait as the page shows it: what is held and what was refused, with the words that each line stands on."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from companion.accounts.models import Person
from companion.memories.words import said
from companion.portrait import words
from memory import clock, conversations, permission, policy, portrait
from memory.consolidation import progress
from memory.consolidation.periods import day_ends
from memory.consolidation.portrait import TOLD_OF
from memory.consolidation.summary import EXTRACTIVE
from memory.isolation import acting_as
from memory.models import Companion, Matter, Memory, Period, PortraitLine, Step, Turn
from memory.moods import moods
from memory.portrait import Held, Quote
from memory.temporal import day_in_words

NONE: dict[str, Any] = {"lines": [], "refused": [], "likeness": None, "talks": 0, "drawn": "", "waits": False} | {
    "changed": [],
    "kept": True,
    "ruled": False,
    "for_all": True,
    "for_this": True,
}


def read_portrait(person: Person, companion: Companion | None) -> dict[str, Any]:
    """All that the page shows of one companion's portrait of the person, but the moods."""
    if companion is None:
        return NONE
    now = clock.now()
    today = clock.local(now, person.time_zone).date()
    with acting_as(person.pk):
        switched = _switched(companion)
        if not switched["kept"]:
            return {**NONE, **switched}
        held, refused = portrait.read(companion, now), portrait.refused(companion)
        talks = _conversations(person, held)
        drawn = Period.objects.of(person.pk).filter(companion=companion, layer=Period.Layer.PORTRAIT).first()
        return {
            "lines": [_line(line, talks, today) for line in held],
            "refused": [
                {"id": line.pk, "aspect": line.aspect, "text": line.text, "when": _said(line.made_at, person, today)}
                for line in refused
            ],
            "likeness": _likeness(person, companion),
            "talks": conversations.listed(person.pk).filter(companion=companion).count(),
            "drawn": _said(drawn.done_at, person, today) if drawn and drawn.done_at else "",
            "waits": drawn is None or (drawn.state != Step.State.DONE and not progress.is_left(drawn, now)),
            "changed": [_change(line, person, today) for line in portrait.changed(companion, now - TOLD_OF)],
            **switched,
        }


def _switched(companion: Companion) -> dict[str, bool]:
    """Whether a portrait is kept, and which of the switches that let it be are on."""
    ruled, own = policy.standing(companion.owner_id)
    return {
        "kept": permission.may_remember(companion, Matter.PORTRAIT),
        "ruled": Matter.PORTRAIT in ruled.unkept,
        "for_all": Matter.PORTRAIT not in own.unkept,
        "for_this": Matter.PORTRAIT not in companion.unkept,
    }


def _said(moment: datetime, person: Person, today: date) -> str:
    return said(moment, zone=person.time_zone, today=today)


def _change(line: PortraitLine, person: Person, today: date) -> dict[str, Any]:
    dropped = line.state == PortraitLine.State.DROPPED
    moment = line.made_at if dropped else line.first_at or line.made_at
    return {"id": line.pk, "text": line.text, "dropped": dropped, "when": _said(moment, person, today)}


def _likeness(person: Person, companion: Companion) -> dict[str, Any] | None:
    """The summary of the whole acquaintance."""
    whole = Memory.objects.of(person.pk).shown().filter(companion=companion, kind=Memory.Kind.ACQUAINTANCE)
    first = whole.first()
    if first is None:
        return None
    return {"id": first.pk, "text": first.text, "own_words": first.version.startswith(EXTRACTIVE)}


def _conversations(person: Person, held: Sequence[Held]) -> dict[int, str]:
    turns = {quote.turn_id for line in held for quote in line.quotes}
    rows = Turn.objects.of(person.pk).filter(pk__in=turns).values_list("pk", "conversation_id")
    return {turn: str(conversation) for turn, conversation in rows}


def _line(line: Held, talks: dict[int, str], today: date) -> dict[str, Any]:
    leaves, sure = words.sureness(line.confidence)
    newest = line.quotes[::-1]
    return {
        "id": line.id,
        "aspect": line.aspect,
        "text": line.text,
        "leaves": leaves,
        "sure": str(words.SAID_SO) if line.confirmed else sure,
        "confirmed": line.confirmed,
        "told": line.confidence >= portrait.SURE,
        "days": len({quote.day for quote in newest if quote.weight > 0}),
        "quotes": [_quote(quote, talks, today) for quote in newest if quote.weight > 0],
        "against": [_quote(quote, talks, today) for quote in newest if quote.weight < 0],
    }


def _quote(quote: Quote, talks: dict[int, str], today: date) -> dict[str, Any]:
    when = day_in_words(quote.day, today=today)
    return {"text": quote.text, "turn": quote.turn_id, "conversation": talks[quote.turn_id], "when": when}


SPANS = (8, 26, 52, 260)  # weeks that the chart may show


def latest_moods(person: Person, companion: Companion | None) -> dict[str, Any]:
    """The moods of the shortest span that has any; of the longest, empty, where none was told.

    Whoever talks now and then is read no further back than their last weeks.
    """
    spans = (read_moods(person, companion, weeks=weeks) for weeks in SPANS)
    return next(told for told in spans if told["days"] or told["weeks"] == SPANS[-1])


def _first_day(today: date, weeks: int) -> date:
    return today - timedelta(weeks=weeks) + timedelta(days=1)


def read_moods(person: Person, companion: Companion | None, *, weeks: int) -> dict[str, Any]:
    """How the days of the last weeks were felt, in order; days stand on the person's calendar."""
    now = clock.now()
    today = clock.local(now, person.time_zone).date()
    since = _first_day(today, weeks)
    felt = []
    if companion is not None:
        with acting_as(person.pk):
            if permission.may_remember(companion, Matter.PORTRAIT):
                felt = moods(companion, since=day_ends(since - timedelta(days=1), person.time_zone), until=now)
    return {
        "weeks": weeks,
        "since": f"{since}",
        "until": f"{today}",
        "days": [{"day": f"{one.day}", "valence": one.valence, "sentences": one.sentences} for one in felt],
    }
