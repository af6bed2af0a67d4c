"""New facts against what is known: new, or the same again, whose evidence is gathered in one memory (TiM).

What changed or contradicts is settled by `validity`, what was planned and dropped by `plans`. Nothing is overwritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Q
from pgvector import HalfVector
from pgvector.django import CosineDistance

from memory import clock, conflicts, indexing, lexicon, permission, retention
from memory.consolidation import own_words
from memory.consolidation.corrected import uphold
from memory.consolidation.plans import settle_plans
from memory.consolidation.validity import evidence, settle
from memory.models import Key, Memory, Session, Source, Turn
from memory.models.trace import BY_HAND

SAME_MEANING = 0.85  # cosine from which two facts of one subject say the same
NEAREST = 8  # facts of a subject that are looked at
PLAIN = 0.2  # importance of a fact that is nothing special


@dataclass(frozen=True)
class Fact:
    """A fact as it was told once."""

    turn: Turn
    start: int
    end: int
    text: str
    told: str
    valid_from: datetime
    subject: str = "i"
    attribute: str = ""  # what of the subject, where one value holds at a time
    value: str = ""
    happened_from: datetime | None = None
    happened_to: datetime | None = None
    emphasis: float = 0.0  # 0-0.5: asked to be remembered, or told with feeling
    embedding: Any = None
    tokens: bytes | None = field(default=None, repr=False)  # signs of the vectors of its tokens


def revise(*, session: Session, facts: Sequence[Fact], encoder: str, version: str) -> None:
    """Take the facts of a session in, in place of those it gave before. Runs in a transaction of the person's.

    One session of a person at a time: whoever comes second sees what the first has written.
    """
    owner = session.owner_id
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('facts'), %s)", [owner])
    evidence_before = Source.objects.of(owner).filter(memory__kind=Memory.Kind.FACT, turn__session=session)
    evidence_before = evidence_before.exclude(memory__version=BY_HAND)
    before = list(evidence_before.select_related("memory"))
    asserted = {_take_in(fact, session, encoder, version) for fact in sorted(facts, key=_place)}
    _take_back([source for source in before if _span(source) not in asserted], session)
    uphold(owner)
    for subject, attribute in _touched(facts, before):
        settle(owner, subject, attribute)
    settle_plans(owner)
    uphold(owner)


def _place(fact: Fact) -> tuple[int, int, int]:
    return fact.turn.number, fact.start, fact.end


Span = tuple[int, int, int, int]  # memory, turn, start, end


def _span(source: Source) -> Span:
    return source.memory_id, source.turn_id, source.start, source.end


def _take_in(fact: Fact, session: Session, encoder: str, version: str) -> Span:
    """Keep a fact as one more piece of evidence of the same, or as a memory of its own."""
    known = _known(fact, session, encoder)
    near = max((cosine for _, cosine in known), default=0.0)
    memory = next((memory for memory, cosine in known if _is_same(memory, fact, cosine)), None)
    if memory is None:
        memory = _new(fact, session, version, importance=min(PLAIN + fact.emphasis + 0.3 * (1 - max(near, 0.0)), 1.0))
    else:
        _grow(memory, fact, version)
    Source.objects.get_or_create(
        owner_id=memory.owner_id, memory=memory, turn=fact.turn, start=fact.start, end=fact.end
    )
    _key(memory, fact, encoder)
    return memory.pk, fact.turn.pk, fact.start, fact.end


def _known(fact: Fact, session: Session, encoder: str) -> list[tuple[Memory, float]]:
    """What is known of the same subject: the nearest, and all of the same attribute; with cosines, highest first."""
    of_subject = Memory.objects.of(session.owner_id).filter(
        kind=Memory.Kind.FACT, companion_id=session.conversation.companion_id, subject=fact.subject
    )
    of_subject = of_subject.exclude(version=BY_HAND, said_at__gt=fact.turn.said_at)  # it does not rest on older words
    keys = Key.objects.of(session.owner_id).filter(kind=Key.Kind.FACT, encoder=encoder, fact__in=of_subject)
    distance = CosineDistance("embedding", HalfVector(fact.embedding))
    nearest = keys.annotate(distance=distance).order_by("distance", "id").values_list("fact_id", "distance")[:NEAREST]
    near: dict[int, float] = {}
    for pk, away in nearest:
        near.setdefault(pk, 1 - away)
    known = list(of_subject.filter(pk__in=near))
    if fact.attribute:
        known += of_subject.filter(attribute=fact.attribute).exclude(pk__in=near).order_by("pk")
    return sorted(((memory, near.get(memory.pk, 0.0)) for memory in known), key=lambda pair: (-pair[1], pair[0].pk))


def _is_same(memory: Memory, fact: Fact, cosine: float) -> bool:
    """The same subject is given: near in meaning, on the same day, and no word of one for another of the other."""
    if memory.told != fact.told:
        return False
    if memory.attribute and fact.attribute:
        same = memory.attribute == fact.attribute and conflicts.same_value(memory.value, fact.value)
        return same and _no_other_between(memory, fact)
    if cosine < SAME_MEANING or not _days_agree(memory, fact):
        return False
    one, other = _words(memory.text), _words(fact.text)
    return one <= other or other <= one


def _no_other_between(memory: Memory, fact: Fact) -> bool:
    """Whether what is told belongs to the time in which the memory held: Porto, Lisbon, and Porto again are three."""
    others = [
        source
        for source in evidence(memory.owner_id, fact.subject, fact.attribute)
        if source.memory_id != memory.pk and not conflicts.same_value(source.memory.value, fact.value)
    ]
    told = sorted(memory.sources.values_list("turn__said_at", flat=True))
    first, last = min([*told, fact.turn.said_at]), max([*told, fact.turn.said_at])
    return not any(first < source.turn.said_at < last for source in others)


def _days_agree(memory: Memory, fact: Fact) -> bool:
    if memory.happened_from is None or memory.happened_to is None or fact.happened_from is None:
        return memory.told == Memory.Told.STATE or (memory.happened_from is None and fact.happened_from is None)
    return fact.happened_to is None or (
        memory.happened_from <= fact.happened_to and fact.happened_from <= memory.happened_to
    )


def _words(text: str) -> set[str]:
    """What a fact speaks of, and whether it denies something. “Bought” and “sold” are as near as can be in meaning."""
    return set(lexicon.stems(text)) | ({"not"} if own_words.DENIED.search(text) else set())


def _new(fact: Fact, session: Session, version: str, *, importance: float) -> Memory:
    said_at = fact.turn.said_at
    begun = retention.begun(
        Memory.Kind.FACT,
        said_at=said_at,
        now=clock.now(),
        importance=importance,
        by=permission.preset_of(session.owner_id),
    )
    return Memory.objects.create(
        owner_id=session.owner_id,
        companion_id=session.conversation.companion_id,
        session=session,
        kind=Memory.Kind.FACT,
        told=fact.told,
        text=fact.text,
        subject=fact.subject,
        attribute=fact.attribute,
        value=fact.value,
        said_at=said_at,
        happened_from=fact.happened_from,
        happened_to=fact.happened_to,
        valid_from=fact.valid_from,
        importance=importance,
        **vars(begun),
        version=version,
    )


def _grow(memory: Memory, fact: Fact, version: str) -> None:
    """The same, told again: known from the earliest time on, and held longer.

    What plain patterns found gets an engine's words.
    """
    if not memory.sources.filter(turn=fact.turn).exists():  # a turn that is only read anew tells nothing again
        _reinforce(memory, fact.turn.said_at)
    memory.said_at = min(memory.said_at, fact.turn.said_at)
    memory.valid_from = min(memory.valid_from or fact.valid_from, fact.valid_from)
    if fact.attribute and not memory.attribute:
        memory.attribute, memory.value = fact.attribute, fact.value
    if memory.version.startswith("extractive") and not version.startswith("extractive"):
        memory.text, memory.version = fact.text, version
    memory.save()


def _reinforce(memory: Memory, told_at: datetime) -> None:
    """As a useful recall does: who tells a thing again has it in mind.

    What was told before all that is known adds as much as if it had arrived first, so the order does not matter.
    """
    now, by = clock.now(), permission.preset_of(memory.owner_id)
    if told_at < memory.said_at:
        stronger = retention.reinforced(memory.strength, elapsed=memory.said_at - told_at, by=by)
        after = retention.trace(memory.recalled_at, strength=stronger, now=now)
    else:
        told = retention.recalled(memory.strength, memory.recalled_at, at=told_at, by=by)
        after = retention.trace(told.recalled_at, strength=told.strength, now=now)
    for column, figure in vars(after).items():
        setattr(memory, column, figure)


def _key(memory: Memory, fact: Fact, encoder: str) -> None:
    """One more key of the turn, which leads to its round (LongMemEval §5.3); what it said before is said anew."""
    owner, turn = memory.owner_id, fact.turn
    Key.objects.of(owner).filter(fact=memory, turn=turn).delete()
    last = Key.objects.of(owner).filter(turn=turn, kind=Key.Kind.FACT).aggregate(n=Max("piece"))["n"]
    indexing.key_fact(
        memory,
        turn,
        piece=0 if last is None else last + 1,
        text=fact.text,
        embedding=fact.embedding,
        signs=fact.tokens,
        encoder=encoder,
    )


def _take_back(sources: Sequence[Source], session: Session) -> None:
    """What is not found again goes with its keys, and a memory that has no evidence left goes too.

    Not where the person's hand is in it: pinned, or kept as the history of a correction.
    """
    owner = session.owner_id
    found = Memory.objects.of(owner).filter(pk__in={source.memory_id for source in sources})
    held = set(found.filter(Q(pinned=True) | Q(superseded_by__version=BY_HAND)).values_list("pk", flat=True))
    going = [source for source in sources if source.memory_id not in held]
    Source.objects.of(owner).filter(pk__in=[source.pk for source in going]).delete()
    for memory in Memory.objects.of(owner).filter(pk__in={source.memory_id for source in going}):
        told = set(memory.sources.values_list("turn_id", flat=True))
        Key.objects.of(owner).filter(fact=memory).exclude(turn_id__in=told).delete()
        if not told:
            memory.delete()


def _touched(facts: Sequence[Fact], before: Sequence[Source]) -> list[tuple[str, str]]:
    """(subject, attribute) whose values may have other times now."""
    told = {(fact.subject, fact.attribute) for fact in facts}
    known = {(source.memory.subject, source.memory.attribute) for source in before}
    return sorted(pair for pair in told | known if pair[1])
