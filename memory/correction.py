"""Putting a fact right by hand.

What the person writes is kept as a turn of theirs, so it is recalled, quoted, dated, exported and erased like anything
they said; and as a fact made of it, in whose favour the old one is closed. The old one stays, as history.

Consolidation may read the same old words again, at any time and in any order. What it finds there of the same subject
is closed in the same way (memory/consolidation/corrected.py), and what was written by hand it neither
rewrites nor takes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext
from numpy.typing import NDArray

from memory import clock, dialogue, erasure, indexing, late, permission, retention, tombstone
from memory.consolidation import attempts, patterns, periods
from memory.consolidation.corrected import uphold, written
from memory.consolidation.plans import settle_plans
from memory.consolidation.validity import settle
from memory.encoder import Encoder
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Correction, Erasure, Key, Matter, Memory, Source, Speaker, Step, Turn
from memory.models.trace import BY_HAND

Vector = NDArray[np.float32]
LONGEST = 600  # characters of one fact
TITLE = "Put right by hand"
IMPORTANCE = 1.0  # 0-1: nothing is told more deliberately
CLAIMED = ("told", "subject", "attribute", "value")  # of a fact
MOMENTS = ("valid_from", "happened_from", "happened_to")
NOTED = {*CLAIMED, *MOMENTS, "pinned"}


class NotCorrectable(ValueError):
    """This can't be put right by hand, or not any more. The message says what can be done instead."""


def correct(*, person_id: int, memory_id: int, text: str, mistaken: bool, client_id: UUID) -> Memory:
    """Put what is right in place of a fact: it was `mistaken`, or else it held until now. Returns the new memory.

    Of a round, what is meant is the one fact that was noted of it; where there is none, the words themselves. The same
    client id again returns what it made. Runs inside `acting_as(person)`. Raises Memory.DoesNotExist,
    NotCorrectable, dialogue.NothingSaid, dialogue.TooLong and dialogue.SaidOtherwise.
    """
    text = _keepable(text)
    tombstone.let_write(person_id)
    _lock_facts(person_id)
    sent_before = Turn.objects.of(person_id).filter(client_id=client_id)
    before = _of_turns(person_id, sent_before).first()
    if before is not None:
        return before
    if sent_before.exists():
        raise dialogue.SaidOtherwise(gettext("This message's id was used before for other words."))
    old: Memory = Memory.objects.of(person_id).shown().get(pk=memory_id)
    if old.kind == Memory.Kind.ROUND:
        old = _noted(old) or old
    elif old.kind != Memory.Kind.FACT:
        raise NotCorrectable(gettext("A summary is made anew from what was said: correct the fact that it got wrong."))
    if not permission.may_be_written(person_id, Matter.FACTS, text):
        raise NotCorrectable(gettext("This house lets nothing of that sort be remembered. It can be forgotten."))
    if old.superseded_by_id is not None:
        raise NotCorrectable(gettext("Something else stands in its place already: correct that one."))
    turn = _said(old, text, client_id)
    memory = _written(old, turn, mistaken=mistaken)
    Source.objects.create(owner_id=person_id, memory=memory, turn=turn, start=0, end=len(text))
    _note_what_was_wrong(old, memory, mistaken=mistaken)
    _let_hold(memory, mistaken=mistaken)
    memory.refresh_from_db()
    return memory


@dataclass(frozen=True)
class Wrong:
    """Words of a turn in whose place a correction stands, and what was understood by them (models/correction.py)."""

    turn_id: int
    start: int
    end: int
    subject: str
    attribute: str
    mistaken: bool


def bring_back(*, turn: Turn, noted: Mapping[str, Any], wrong: Sequence[Wrong]) -> Memory:
    """A turn by hand that came with a file puts right again what it put right before: what is `NOTED` of it is given.

    What was found in the wrong words is closed in its favour, and what a worker finds there later. Runs inside
    `acting_as(person)`, where nobody else writes.
    """
    person_id = turn.owner_id
    _lock_facts(person_id)
    begun = retention.begun(
        Memory.Kind.FACT,
        said_at=turn.said_at,
        now=clock.now(),
        importance=IMPORTANCE,
        by=permission.preset_of(person_id),
    )
    memory = Memory.objects.create(
        owner_id=person_id,
        companion_id=turn.conversation.companion_id,
        session_id=turn.session_id,
        kind=Memory.Kind.FACT,
        text=turn.text,
        said_at=turn.said_at,
        importance=IMPORTANCE,
        version=BY_HAND,
        **{**noted, "valid_from": noted["valid_from"] or turn.said_at},
        **vars(begun),
    )
    Source.objects.create(owner_id=person_id, memory=memory, turn=turn, start=0, end=len(turn.text))
    Correction.objects.bulk_create(Correction(owner_id=person_id, memory=memory, **vars(one)) for one in wrong)
    _let_hold(memory, mistaken=any(one.mistaken for one in wrong))
    return memory


def _lock_facts(person_id: int) -> None:
    """The lock that revision takes."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('facts'), %s)", [person_id])


def _let_hold(memory: Memory, *, mistaken: bool) -> None:
    """Close what it stands in place of, and have made anew what was made of that."""
    uphold(memory.owner_id)
    if memory.attribute:
        settle(memory.owner_id, memory.subject, memory.attribute)
    uphold(memory.owner_id)
    if mistaken:
        _sum_up_anew(memory)
    periods.draw_anew(memory.owner_id, [memory.companion_id])


def take_back(*, person_id: int, memory_id: int) -> list[int]:
    """Undo a correction, words and all, in one transaction: what it stood in place of holds again.

    Returns the turns beside it that lost their keys. Raises Memory.DoesNotExist.
    """
    with acting_as(person_id):
        memory = Memory.objects.of(person_id).filter(version=BY_HAND).get(pk=memory_id)
        reopened = list(memory.supersedes.values_list("pk", "subject", "attribute"))
        by_hand = written(Turn.objects.of(person_id).filter(memories__memory=memory))
        wish = erasure.Wish(Erasure.Kind.TURN, tuple(by_hand.values_list("pk", flat=True)))
        asked = erasure.forget(person_id=person_id, wish=wish, after=erasure.AT_ONCE)
        without_keys = erasure.carry_out(person_id=person_id, erasure_id=asked.pk)
        Memory.objects.of(person_id).filter(pk=memory_id).delete()
        open_again = Memory.objects.of(person_id).filter(pk__in=[pk for pk, *_ in reopened], superseded_by=None)
        open_again.update(valid_to=None)
        for subject, attribute in {(subject, attribute) for _, subject, attribute in reopened if attribute}:
            settle(person_id, subject, attribute)
        settle_plans(person_id)
        uphold(person_id)
        periods.draw_anew(person_id, [memory.companion_id])
    return without_keys


def index(*, person_id: int, turn_ids: list[int], encoder: Encoder) -> None:
    """Give what was written by hand in these turns its key, so that the same told again is found to be the same."""
    with acting_as(person_id):
        turns = Turn.objects.of(person_id).filter(pk__in=turn_ids)
        lacking = _without_key(person_id, turns, encoder.name)
    if not lacking:
        return
    vectors, tokens = encoder.read([memory.text for memory in lacking])
    with acting_as(person_id):
        tombstone.let_write(person_id)
        still = set(_without_key(person_id, turns, encoder.name))
        for place, memory in enumerate(lacking):
            if memory in still:
                _key(memory, vectors[place], tokens[place][1:-1] if tokens else None, encoder.name)


def _without_key(person_id: int, turns: QuerySet[Turn], encoder: str) -> list[Memory]:
    keyed = Key.objects.of(person_id).filter(kind=Key.Kind.FACT, encoder=encoder, fact__isnull=False)
    return list(_of_turns(person_id, turns).exclude(pk__in=keyed.values("fact")).order_by("pk"))


def _of_turns(person_id: int, turns: QuerySet[Turn]) -> QuerySet[Memory]:
    """What was written by hand in these turns."""
    return Memory.objects.of(person_id).filter(version=BY_HAND, sources__turn__in=turns).distinct()


def _key(memory: Memory, vector: Vector, own_tokens: Vector | None, encoder: str) -> None:
    turn = written(Turn.objects.of(memory.owner_id)).select_related("owner").get(memories__memory=memory)
    indexing.key_fact(
        memory,
        turn,
        piece=0,
        text=memory.text,
        embedding=vector,
        signs=late.signs(own_tokens) if own_tokens is not None and len(own_tokens) else None,
        encoder=encoder,
    )


def _noted(told: Memory) -> Memory | None:
    """The fact that was noted of a round and holds. Raises NotCorrectable where there are several."""
    turns = told.sources.values("turn")
    facts = Memory.objects.of(told.owner_id).filter(kind=Memory.Kind.FACT, superseded_by=None, sources__turn__in=turns)
    noted = list(facts.distinct()[:2])
    if len(noted) > 1:
        raise NotCorrectable(
            gettext("Several things were noted of these words: correct the one that is wrong in Memories.")
        )
    return noted[0] if noted else None


def _keepable(text: str) -> str:
    text = " ".join(dialogue.keepable(text).split())
    if len(text) > LONGEST:
        told = gettext("%(length)s characters; at most %(limit)s fit into one fact.")
        raise dialogue.TooLong(told % {"length": f"{len(text):,}", "limit": LONGEST})
    return text


def _said(old: Memory, text: str, client_id: UUID) -> Turn:
    """The person's own words, in a conversation and a session of their own; no step sums up what is written by hand."""
    now = clock.now()
    conversation = conversation_of(old.companion, at=now)
    conversation.sessions.filter(closed_at=None).update(closed_at=now)
    turn = dialogue.keep_turn(
        conversation=conversation,
        speaker=Speaker.PERSON,
        text=text,
        said_at=now,
        client_id=client_id,
        even_paused=True,
    )
    conversation.sessions.filter(closed_at=None).update(closed_at=now)
    return turn


def conversation_of(companion: Companion, *, at: datetime) -> Conversation:
    """The one in which stands what the person wrote by hand; it begins at that moment where there is none yet."""
    conversation, _ = Conversation.objects.of(companion.owner_id).get_or_create(
        owner_id=companion.owner_id,
        origin=f"{BY_HAND}, {companion.pk}",
        defaults={"companion": companion, "title": TITLE, "started_at": at, "active_at": at},
    )
    return conversation


def _written(old: Memory, turn: Turn, *, mistaken: bool) -> Memory:
    begun = retention.begun(
        Memory.Kind.FACT,
        said_at=turn.said_at,
        now=turn.said_at,
        importance=IMPORTANCE,
        by=permission.preset_of(old.owner_id),
    )
    same_days = {"happened_from": old.happened_from, "happened_to": old.happened_to} if mistaken else {}
    return Memory.objects.create(
        owner_id=old.owner_id,
        companion_id=old.companion_id,
        session_id=turn.session_id,
        kind=Memory.Kind.FACT,
        told=old.told or Memory.Told.STATE,
        text=turn.text,
        said_at=turn.said_at,
        valid_from=(old.valid_from if mistaken else None) or turn.said_at,
        pinned=old.pinned,
        importance=IMPORTANCE,
        version=BY_HAND,
        **_claimed(old, turn.text, turn.said_at),
        **same_days,
        **vars(begun),
    )


def _claimed(old: Memory, text: str, said_at: datetime) -> dict[str, str]:
    """What its words claim of whom; where no frame fits, it is about whom the old one was about."""
    claims = patterns.claims_in(text, said_at=said_at) if old.told in ("", Memory.Told.STATE) else []
    claim = next((each for each in claims if each.frame == old.attribute), next(iter(claims), None))
    if claim is None:
        return {"subject": old.subject or "i"}
    return {"subject": claim.subject[:200], "attribute": claim.frame[:200], "value": claim.value[:200]}


def _sum_up_anew(memory: Memory) -> None:
    """Sessions in which it was told wrongly, then their days and the acquaintance; what has changed was so that day."""
    wrong = memory.corrections.filter(mistaken=True)
    steps = Step.objects.of(memory.owner_id).filter(kind=Step.Kind.SUMMARY)
    attempts.ask_anew(steps.filter(session__in=wrong.values("turn__session")))


def _note_what_was_wrong(old: Memory, memory: Memory, *, mistaken: bool) -> None:
    """The words that the old one came from; and those that it had been put in place of itself."""
    own = old.sources.filter(turn__speaker=Speaker.PERSON)
    about = (old.subject or memory.subject, old.attribute or memory.attribute, mistaken)
    spans = [(source.turn_id, source.start, source.end, *about) for source in own]
    spans += [
        (each.turn_id, each.start, each.end, each.subject, each.attribute, each.mistaken)
        for each in old.corrections.all()
    ]
    Correction.objects.bulk_create(
        Correction(
            owner_id=memory.owner_id,
            memory=memory,
            turn_id=turn_id,
            start=start,
            end=end,
            subject=subject,
            attribute=attribute,
            mistaken=wrong,
        )
        for turn_id, start, end, subject, attribute, wrong in spans
    )
