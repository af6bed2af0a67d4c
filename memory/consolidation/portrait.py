"""The portrait is drawn: who the person is, from their own words alone (MemoryBank §2.2).

What they like, and who and what belongs to their life, is told by their facts. An engine adds what it concludes, each
line with quotes that are looked for in the person's own sentences; without one, plain signs give moods, names and how
best to answer, and no traits. What the companion said, what was pasted, hearsay, and any turn that gives orders never
count. What the person refused is not concluded again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from pydantic import BaseModel, ConfigDict, Field

from memory import lexicon, permission
from memory.consolidation import own_sentences, own_words, quotes
from memory.consolidation.asking import Unusable, ask, by_schema
from memory.consolidation.own_sentences import Sentence
from memory.consolidation.own_words import DENIED, DENIED_IN_OTHER_WORDS
from memory.consolidation.signs import lasting
from memory.consolidation.signs.feelings import moods
from memory.consolidation.signs.likings import likings
from memory.consolidation.signs.manners import manners
from memory.consolidation.signs.names import people
from memory.consolidation.signs.sign import CONCLUDED, STATED, Sign
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import Companion, Matter, PortraitEvidence, PortraitLine
from memory.portrait import LEAST, LONGEST_LINE, Held, Quote, confidence, digest, weighed, wording
from memory.prompt import render
from memory.sensitive import is_sensitive

Aspect = PortraitLine.Aspect

VERSION = "portrait 1"
EXTRACTIVE = "extractive portrait 1"
NONE = "no portrait"  # the person wants none
LONGEST_RECORD = 24_000  # characters given to an engine: the newest sentences that fit
MOST_LINES = 60
MOST_ASKED = 40  # lines of an engine
MOST_EVIDENCE = 12  # of a line, the newest
TOLD_OF = timedelta(days=30)  # how long a line that was dropped is told of as such
SAME = 0.75  # cosine from which a line says what the person refused; rather too much is left out than too little
WEIGHTS = {Aspect.TRAIT: CONCLUDED, Aspect.MOOD: CONCLUDED}  # of an engine's lines; the others are STATED
WISH = "That was not one JSON object with lines, each of an aspect, a text (at most 160 characters) and quotes."


@dataclass(frozen=True)
class Line:
    """A line that was drawn, with the signs it stands on and those that speak against it."""

    aspect: str
    text: str
    version: str
    confidence: float
    signs: tuple[Sign, ...]
    against: tuple[Sign, ...] = ()


@dataclass(frozen=True)
class Portrait:
    """What was drawn, ready to be kept."""

    lines: Sequence[Line]
    version: str
    refused: int = 0  # of an engine's lines
    error: str = ""  # what an engine failed at


@dataclass(frozen=True)
class Sitting:
    """All that a portrait is drawn from."""

    companion: Companion
    sentences: Sequence[Sentence]
    facts: Sequence[Sign]
    held: Sequence[Held]  # what was drawn of sentences before
    refused: Sequence[PortraitLine]


class LineAsked(BaseModel):
    """One line as an engine gives it."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    aspect: Aspect
    text: str = Field(min_length=3, max_length=LONGEST_LINE)
    quotes: list[str] = Field(max_length=5)


class PortraitAsked(BaseModel):
    """What an engine is asked for."""

    model_config = ConfigDict(extra="ignore")

    lines: list[LineAsked] = Field(max_length=MOST_ASKED)


def draw(*, person_id: int, companion_id: int, moment: datetime, engine: Engine, encoder: Encoder) -> Portrait:
    """The portrait as it is at a moment; where none may be drawn, it has no lines.

    Holds no database connection while it is made. Raises EngineError.
    """
    with acting_as(person_id):
        companion = Companion.objects.select_related("owner").get(pk=companion_id)
        if not permission.may_remember(companion, Matter.PORTRAIT):
            return Portrait([], NONE)
        sitting = _sitting(companion, moment)
        all_matters = permission.may_remember(companion, Matter.SENSITIVE)
    connection.close()
    drawn = _drawn(sitting, engine)
    lines = drawn.lines if all_matters else [line for line in drawn.lines if not _touches_sensitive(line)]
    allowed = _without_refused(lines, sitting.refused, person_id, encoder)
    return Portrait(allowed[:MOST_LINES], drawn.version, drawn.refused, drawn.error)


def _touches_sensitive(line: Line) -> bool:
    words = (line.text, *(sign.sentence.text for sign in (*line.signs, *line.against)))
    return any(map(is_sensitive, words))


def _sitting(companion: Companion, moment: datetime) -> Sitting:
    lines = PortraitLine.objects.of(companion.owner_id).filter(companion=companion)
    drawn = lines.held().filter(version__endswith=VERSION)
    return Sitting(
        companion,
        own_sentences.read(companion, moment),
        list(lasting.facts(companion, moment)),
        weighed(drawn.order_by("pk"), moment),
        list(lines.filter(state=PortraitLine.State.REFUSED)),
    )


def _drawn(sitting: Sitting, engine: Engine) -> Portrait:
    error = ""
    if engine.converses and any(not sentence.flaw for sentence in sitting.sentences):
        try:
            return _by_engine(sitting, engine)
        except Unusable as unusable:
            error = str(unusable)
    facts = [fact for fact in sitting.facts if fact.aspect != Aspect.PREFERENCE]  # likings read lists to their end
    signs = [*facts, *shown_in(sitting.sentences)]
    return Portrait(lines_of(signs, EXTRACTIVE), EXTRACTIVE, error=error)


def shown_in(sentences: Sequence[Sentence]) -> Iterator[Sign]:
    """What sentences are signs of, without a language model."""
    yield from moods(sentences)
    yield from likings(sentences)
    yield from people(sentences)
    yield from manners(sentences)


def _by_engine(sitting: Sitting, engine: Engine) -> Portrait:
    """The facts' lines, and what the engine concludes beside them. Raises EngineError, and Unusable."""
    told = [sentence for sentence in sitting.sentences if not sentence.flaw]
    prompt = _asked(sitting, told)
    answer = ask(engine, prompt, schema=PortraitAsked, read=by_schema(PortraitAsked), wish=WISH)
    owner = sitting.companion.owner_id
    before = {(line.aspect, digest(owner, line.text)): line for line in sitting.held}
    drawn = [list(_signs_of(line, told, before.get((line.aspect, digest(owner, line.text))))) for line in answer.lines]
    names = f"{sitting.companion.owner.called} {sitting.companion.name}"
    found = [signs if _nothing_invented(signs, names) else [] for signs in drawn]
    concluded = [signs for signs in found if signs and not _is_fact(signs, sitting.facts)]
    version = f"{engine.name[:160]} {VERSION}"
    signs = [*sitting.facts, *(sign for signs in concluded for sign in signs)]
    return Portrait(lines_of(signs, version), version, refused=sum(not signs for signs in found))


def _asked(sitting: Sitting, told: Sequence[Sentence]) -> str:
    """The newest sentences that fit, by day, and the lines drawn before, so that they are revised and not reworded."""
    record: list[dict[str, str]] = []
    room = LONGEST_RECORD
    for sentence in reversed(told):
        room -= len(sentence.text) + 20
        if room < 0:
            break
        record.append({"day": f"{sentence.day:%Y-%m-%d}", "text": sentence.text})
    return render(
        "portrait.jinja",
        person=sitting.companion.owner.called,
        companion=sitting.companion.name,
        record=record[::-1],
        held=sitting.held,
        aspects=[(str(aspect.value), str(aspect.label).lower()) for aspect in Aspect],
        most=MOST_ASKED,
    )


def _signs_of(line: LineAsked, told: Sequence[Sentence], before: Held | None) -> Iterator[Sign]:
    """One sign for each quote that a sentence of the person's really holds, and those that the line had before.

    None where the line gives orders.
    """
    text = " ".join(line.text.split())
    if own_sentences.gives_orders(text) or own_words.INSTRUCTION.search(text):
        return
    weight = WEIGHTS.get(line.aspect, STATED)
    for quote in line.quotes:
        for sentence in reversed(told):
            if span := quotes.find(quote, sentence.text):
                yield Sign(line.aspect, text, text, _part(sentence, *span), weight)
                break
    for one in before.quotes if before else ():
        yield Sign(line.aspect, text, text, _sentence(one), one.weight)


def _nothing_invented(signs: Sequence[Sign], names: str) -> bool:
    """Whether each name and number of a line stands in the words that are kept for it, or is one of these names.

    Else it would tell what other words told, and stay when these are erased. The first word is capitalised anyway.
    """
    if not signs:
        return True
    known = set(lexicon.words(" ".join([names, *(sign.sentence.text for sign in _newest(signs))])))
    particular = [word for word in signs[0].text.split()[1:] if word[:1].isupper() or any(map(str.isdigit, word))]
    return known.issuperset(lexicon.words(" ".join(particular)))


def _part(sentence: Sentence, start: int, end: int) -> Sentence:
    words = sentence.text[start:end]
    return replace(sentence, start=sentence.start + start, end=sentence.start + end, text=words)


def _sentence(quote: Quote) -> Sentence:
    return Sentence(quote.turn_id, quote.start, quote.end, quote.text, quote.said_at, quote.day, quote.left)


def _is_fact(signs: Sequence[Sign], facts: Sequence[Sign]) -> bool:
    """Whether facts say it already: all its quotes are theirs, of the same aspect."""
    told = {(fact.aspect, fact.sentence.turn_id, fact.sentence.start, fact.sentence.end) for fact in facts}
    return all(
        any(
            (aspect, turn_id) == (sign.aspect, sign.sentence.turn_id)
            and start < sign.sentence.end
            and sign.sentence.start < end
            for aspect, turn_id, start, end in told
        )
        for sign in signs
    )


def lines_of(found: Iterable[Sign], version: str) -> list[Line]:
    """What the signs bear out together, the surest first."""
    slots: dict[tuple[str, str], list[Sign]] = defaultdict(list)
    for sign in found:
        slots[sign.aspect, sign.slot].append(sign)
    lines = [line for of_slot in slots.values() for line in _lines_of_slot(of_slot, version)]
    surest_first = sorted(lines, key=lambda line: (-line.confidence, line.aspect, line.text))
    once: dict[tuple[str, str], Line] = {}
    for line in surest_first:
        if line.confidence >= LEAST:
            once.setdefault((line.aspect, wording(line.text)), line)
    return list(once.values())


def _lines_of_slot(of_slot: Sequence[Sign], version: str) -> Iterator[Line]:
    by_text: dict[str, list[Sign]] = defaultdict(list)
    for sign in of_slot:
        by_text[sign.text].append(sign)
    for text, for_it in by_text.items():
        newest = max(sign.sentence.said_at for sign in for_it)
        against = [sign for sign in of_slot if sign.text != text and sign.sentence.said_at > newest]
        weights = [(sign.sentence.day, sign.weight * sign.sentence.left) for sign in for_it]
        weights += [(sign.sentence.day, -sign.weight * sign.sentence.left) for sign in against]
        yield Line(
            for_it[0].aspect,
            text,
            for_it[0].version or version,
            confidence(weights),
            _newest(for_it),
            _newest(against),
        )


def _newest(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    spoken = {(one.sentence.said_at, one.sentence.turn_id, one.sentence.start, one.sentence.end): one for one in signs}
    return tuple(spoken[place] for place in sorted(spoken)[-MOST_EVIDENCE:])


def _without_refused(
    lines: Sequence[Line], refused: Sequence[PortraitLine], person_id: int, encoder: Encoder
) -> list[Line]:
    """Without the very lines that the person refused, and without what is near to them in meaning."""
    digests = {(line.aspect, bytes(line.digest)) for line in refused}
    allowed = [line for line in lines if (line.aspect, digest(person_id, line.text)) not in digests]
    worded = [line for line in refused if line.text]
    if not allowed or not worded:
        return allowed
    near = encoder.encode([line.text for line in allowed]) @ encoder.encode([line.text for line in worded]).T >= SAME
    return [
        line
        for line, row in zip(allowed, near, strict=True)
        if not any(hit and _alike(line, one) for hit, one in zip(row, worded, strict=True))
    ]


def _alike(line: Line, refused: PortraitLine) -> bool:
    """Of one aspect, and neither says what the other denies."""
    denied = {bool(DENIED.search(text) or DENIED_IN_OTHER_WORDS.search(text)) for text in (line.text, refused.text)}
    return line.aspect == refused.aspect and len(denied) == 1


def keep(*, companion: Companion, drawn: Portrait, at: datetime) -> None:
    """Revise the lines there are: new ones, changed ones, and those that nothing bears out any more are dropped.

    Runs inside the transaction that ends the work. What is as it was is left alone, and so is what the person refused;
    what they confirmed keeps its text and gets its new evidence. What was dropped is told of for TOLD_OF, and then
    goes; where the person wants no portrait, it goes at once with what was drawn.
    """
    rows = PortraitLine.objects.of(companion.owner_id).filter(companion=companion)
    lines = {(line.aspect, bytes(line.digest)): line for line in rows.select_for_update().order_by("pk")}
    for line in drawn.lines:
        key = (line.aspect, digest(companion.owner_id, line.text))
        known = lines.pop(key, None)
        if known is None or known.state != PortraitLine.State.REFUSED:
            _write_evidence(_written(known, line, key[1], companion, at), line)
    left = rows.filter(pk__in=[line.pk for line in lines.values()])
    if drawn.version == NONE:
        left.filter(state__in=PortraitLine.UNANSWERED).delete()
    left.filter(state=PortraitLine.State.DROPPED, made_at__lt=at - TOLD_OF).delete()
    left.filter(state=PortraitLine.State.DRAWN).update(state=PortraitLine.State.DROPPED, confidence=0.0, made_at=at)


def _written(known: PortraitLine | None, drawn: Line, key: bytes, companion: Companion, at: datetime) -> PortraitLine:
    now: dict[str, Any] = {"text": drawn.text, "confidence": drawn.confidence, "version": drawn.version}
    if known is None:
        return PortraitLine.objects.create(
            owner_id=companion.owner_id,
            companion=companion,
            aspect=drawn.aspect,
            digest=key,
            made_at=at,
            first_at=at,
            **now,
        )
    if known.state == PortraitLine.State.DROPPED:
        known.state, known.first_at = PortraitLine.State.DRAWN, at
        known.save(update_fields=["state", "first_at"])
    if known.state == PortraitLine.State.DRAWN and any(getattr(known, name) != value for name, value in now.items()):
        for name, value in {**now, "made_at": at}.items():
            setattr(known, name, value)
        known.save(update_fields=[*now, "made_at"])
    return known


def _write_evidence(line: PortraitLine, drawn: Line) -> None:
    signs = [(sign, sign.weight) for sign in drawn.signs] + [(sign, -sign.weight) for sign in drawn.against]
    spans = {(sign.sentence.turn_id, sign.sentence.start, sign.sentence.end): weight for sign, weight in signs}
    rows = line.evidence.values_list("turn_id", "start", "end", "weight", "pk")
    written = {(*span, weight): pk for *span, weight, pk in rows}
    wanted = {(*span, weight) for span, weight in spans.items()}
    PortraitEvidence.objects.filter(pk__in=[pk for row, pk in written.items() if row not in wanted]).delete()
    PortraitEvidence.objects.bulk_create(
        PortraitEvidence(owner_id=line.owner_id, line=line, turn_id=turn_id, start=start, end=end, weight=weight)
        for turn_id, start, end, weight in sorted(wanted - written.keys())
    )
