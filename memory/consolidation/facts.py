"""The facts of a session: asked of an engine and checked word for word, or else found by plain patterns.

Each has a verbatim quote of the person's own turn. What the code can't find there, or what is nothing to learn from, is
refused and counted (memory/consolidation/own_words.py).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from memory import clock, dialogue, late, lexicon, permission
from memory.budget import cut_middle
from memory.consolidation import own_words, patterns, quotes, revision
from memory.consolidation.asking import Unusable, ask
from memory.consolidation.revision import Fact
from memory.encoder import Encoder
from memory.engine import Engine, object_in
from memory.gate import needs_memory
from memory.isolation import acting_as
from memory.models import Matter, Memory, Session, Speaker, Turn
from memory.prompt import render
from memory.temporal import DateRange, told_dates

VERSION = "facts 1"
EXTRACTIVE = "extractive facts 1"
WINDOW = 6_000  # characters of a session that are asked about at once
LONGEST_TURN = 3_000  # characters of one turn that an engine is shown
MOST_ASKED = 12  # facts of a window: their JSON must fit into an engine's answer
MOST_TAKEN = 40  # of what one answer holds; a longer list is no list of facts
SUPPORTED = 0.3  # cosine of a fact and its sentence, from which it says the same thing
SHARED = 0.5  # or so much of its words
REMEMBER = re.compile(r"\b(?:remember|don't forget|do not forget|keep in mind|make a note|note that)\b", re.IGNORECASE)
MOVED = re.compile(
    r"\b(?:love|hate|afraid|scared|terrified|happy|sad|cried?|crying|died|death|dead|heartbroken|thrilled|proud|ashamed|"
    r"angry|furious|worried|anxious|lonely|grateful|excited|devastated|miss(?:ed)? (?:him|her|them)|pregnant|married|"
    r"divorced?|cancer|funeral|born|fired|hospital|panic\w*|joy|grief|depress\w*)\b|!",
    re.IGNORECASE,
)
BEGUN = re.compile(
    r"\b(?:since|moved|start(?:ed)?|began|begun|became|joined|married|changed|switched|bought|opened|for \w+ years)\b",
    re.IGNORECASE,
)
WISH = (
    'That was not one JSON object {"facts": […]} with turn, quote, fact, subject and kind of each. Only that, please.'
)
PERSON = frozenset("i me myself we us person user speaker self he she they".split())


class ToldFact(BaseModel):
    """One fact, as an engine is asked for it."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    turn: int
    quote: str = Field(min_length=1, max_length=600)
    fact: str = Field(min_length=1, max_length=300)
    subject: str = Field(min_length=1, max_length=80)
    kind: Literal["state", "event", "plan", "dropped"]
    only_one: str = Field(default="", max_length=60)
    value: str = Field(default="", max_length=80)


class ToldFacts(BaseModel):
    """What an engine is asked for."""

    facts: list[ToldFact]


@dataclass(frozen=True)
class Facts:
    """What a session told, ready to be kept."""

    version: str
    encoder: str
    facts: list[Fact] = field(default_factory=list)
    refusals: Mapping[str, int] = field(default_factory=dict)  # how many, by reason
    error: str = ""  # what an engine failed at

    @property
    def refused(self) -> int:
        """How many of an engine's facts were not taken."""
        return sum(self.refusals.values())


def make(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> Facts | None:
    """The facts of a session, with no connection held; None where there is nothing to keep. Raises EngineError."""
    with acting_as(person_id):
        session = Session.objects.select_related("owner", "conversation__companion").get(pk=session_id)
        companion = session.conversation.companion
        turns = permission.allowed(companion, list(session.turns.remembered().order_by("number")))
        if not permission.may_remember(companion, Matter.FACTS):
            return None
    connection.close()
    told = [turn for turn in turns if turn.speaker == Speaker.PERSON and needs_memory(turn.text)]
    if not told:
        return None
    if engine.converses:
        try:
            return _by_engine(session, turns, engine, encoder)
        except Unusable as unusable:
            return replace(_by_patterns(session, told, encoder), error=str(unusable))
    return _by_patterns(session, told, encoder)


def keep(*, session: Session, made: Facts) -> None:
    """Write the facts in place of what this step had found before. Runs in the transaction that ends the step."""
    revision.revise(session=session, facts=made.facts, encoder=made.encoder, version=made.version)


def _by_patterns(session: Session, told: Sequence[Turn], encoder: Encoder) -> Facts:
    zone = session.owner.time_zone
    drafts = [
        _draft(turn, zone, each.start, each.end, each.told, text=" ".join(turn.text[each.start : each.end].split()))
        for turn in told
        for each in patterns.found(turn.text, said_at=clock.local(turn.said_at, zone))
    ]
    return Facts(EXTRACTIVE, encoder.name, _embedded(drafts, encoder))


def _by_engine(session: Session, turns: Sequence[Turn], engine: Engine, encoder: Encoder) -> Facts:
    """Raises EngineError, and Unusable where the engine can't keep to the schema."""
    drafts: list[Fact] = []
    refusals: Counter[str] = Counter()
    for window in _windows(turns):
        if any(turn.speaker == Speaker.PERSON for turn in window):
            listed = ask(engine, _asked(session, window), schema=ToldFacts, read=_listed, wish=WISH)
            checked = [_checked(each, window, session) for each in listed[:MOST_TAKEN]]
            drafts += [fact for fact in checked if isinstance(fact, Fact)]
            refusals.update(reason for reason in checked if isinstance(reason, str))
            refusals["too many"] += len(listed[MOST_TAKEN:])
    founded = _founded(drafts, _said(session, turns), encoder)
    refusals["more than was said"] += len(drafts) - len(founded)
    return Facts(f"{engine.name} {VERSION}", encoder.name, founded, dict(+refusals))


def _windows(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """The session in stretches that an engine can be asked about at once; each turn is in one of them."""
    window: list[Turn] = []
    for turn in turns:
        if window and sum(min(len(each.text), LONGEST_TURN) for each in [*window, turn]) > WINDOW:
            yield window
            window = []
        window.append(turn)
    yield window


def _asked(session: Session, window: Sequence[Turn]) -> str:
    owner = session.owner
    told = [
        {
            "number": number if turn.speaker == Speaker.PERSON else 0,
            "at": f"{clock.local(turn.said_at, owner.time_zone):%H:%M}",
            "text": turn.text if len(turn.text) <= LONGEST_TURN else cut_middle(turn.text, LONGEST_TURN),
        }
        for number, turn in enumerate(window, start=1)
    ]
    day = f"{clock.local(session.started_at, owner.time_zone):%A %d %B %Y}"
    companion = session.conversation.companion.name
    return render("facts.jinja", person=owner.called, companion=companion, day=day, turns=told, most=MOST_ASKED)


def _listed(answer: str) -> list[Any] | None:
    """The list in an answer, prose around it forgiven, as far as it goes; None where it is none."""
    try:
        told = from_json(object_in(answer).translate(dialogue.UNKEEPABLE), allow_partial=True)
    except ValueError:
        return None
    listed = told.get("facts") if isinstance(told, dict) else None
    return listed if isinstance(listed, list) else None


def _checked(told: Any, window: Sequence[Turn], session: Session) -> Fact | str:
    """The fact, if the person said so in the very turn that it names; else why it is refused."""
    try:
        given = ToldFact.model_validate(told, strict=True)
    except ValidationError:
        return "not by the schema"
    if not 1 <= given.turn <= len(window) or window[given.turn - 1].speaker != Speaker.PERSON:
        return "no turn of theirs"
    turn = window[given.turn - 1]
    span = quotes.find(given.quote, turn.text)
    if span is None:
        return "no such quote"
    if reason := _not_to_be_learned(given, turn.text, *span):
        return reason
    kind = own_words.kind_told(given.kind, turn.text, *span)
    fact = _draft(turn, session.owner.time_zone, *span, kind, text=" ".join(given.fact.split()))
    sure = fact.attribute and not fact.attribute.startswith("states")
    return fact if sure else _with_its_own(fact, given, session)


def _not_to_be_learned(given: ToldFact, text: str, start: int, end: int) -> str:
    """Why a fact that is quoted rightly is still none; empty where it is one."""
    if reason := own_words.why_not(text, start, end):
        return reason
    if own_words.INSTRUCTION.search(given.fact):
        return "instruction"
    misread = given.kind != "dropped" and own_words.misread(given.fact, text, start, end)
    return f"misread: {misread}" if misread else ""


def _with_its_own(fact: Fact, given: ToldFact, session: Session) -> Fact:
    """The subject as the engine names it; what only one can be true of, where its value is really in the quote."""
    fact = replace(fact, subject=_subject(given.subject, session.owner.called))
    value = " ".join(given.value.lower().split())
    if fact.told != Memory.Told.STATE or not given.only_one or not value or value not in given.quote.lower():
        return fact
    attribute = " ".join(lexicon.stems(given.only_one))
    return replace(fact, attribute=f"one {attribute}", value=value) if attribute else fact


def _subject(named: str, person: str) -> str:
    """Whom a fact is about, as the patterns have it: “i”, “my sister”, “rita”."""
    plain = named.lower().replace("’", "'").removeprefix("the ")
    person = person.lower()
    if plain in PERSON or plain == person:
        return "i"
    for owner in (f"{person}'s ", "the person's ", "person's ", "user's ", "their ", "his ", "her ", "our "):
        if plain.startswith(owner):
            plain = f"my {plain.removeprefix(owner)}"
    return " ".join(lexicon.stem(word) for word in plain.split())


def _draft(turn: Turn, zone: str, start: int, end: int, told: str, *, text: str) -> Fact:
    """A fact with its days, against the turn's own, and with what its words claim by the frames."""
    said_at = clock.local(turn.said_at, zone)
    first, last = own_words.around(turn.text, start, end)
    sentence = turn.text[first:last]
    happened = next(iter(told_dates(sentence, said_at=said_at)), None)
    if told == Memory.Told.EVENT and happened and happened.start > said_at.date():
        told = Memory.Told.PLAN
    made = Fact(turn=turn, start=start, end=end, text=text, told=told, valid_from=turn.said_at)
    if told == Memory.Told.STATE and (claims := patterns.claims_in(turn.text[start:end], said_at=said_at)):
        claim = claims[0]
        made = replace(made, subject=claim.subject[:200], attribute=claim.frame[:200], value=claim.value[:200])
    emphasis = 0.3 * bool(REMEMBER.search(sentence)) + 0.2 * bool(MOVED.search(sentence))
    return replace(_dated(made, happened, said_at, zone, sentence), emphasis=emphasis)


def _dated(fact: Fact, happened: DateRange | None, said_at: datetime, zone: str, sentence: str) -> Fact:
    """When it happened; what is said to be so since a day gone by holds from that day on."""
    if happened is None or happened.any_year:
        return fact
    first = datetime.combine(happened.start, time.min, ZoneInfo(zone))
    last = datetime.combine(happened.end, time.max, ZoneInfo(zone))
    begun = fact.told == Memory.Told.STATE and first < said_at and BEGUN.search(sentence) is not None
    since = first if begun else fact.valid_from
    return replace(fact, happened_from=first, happened_to=last, valid_from=since)


def _founded(drafts: Sequence[Fact], known: set[str], encoder: Encoder) -> list[Fact]:
    """Those that say no more than their sentence: near to it, and with no name or number that nobody said."""
    facts = _embedded(drafts, encoder)
    if not facts:
        return []
    spans = [own_words.around(fact.turn.text, fact.start, fact.end) for fact in facts]
    said = [fact.turn.text[first:last] for fact, (first, last) in zip(facts, spans, strict=True)]
    near = (np.stack([fact.embedding for fact in facts]) * encoder.encode(said)).sum(axis=1)
    return [
        fact
        for fact, sentence, cosine in zip(facts, said, near, strict=True)
        if _nothing_invented(fact.text, known) and (cosine >= SUPPORTED or _shared(fact.text, sentence) >= SHARED)
    ]


def _said(session: Session, turns: Sequence[Turn]) -> set[str]:
    """Every word of a session, the names of the two, and the year."""
    names = f"{session.owner.called} {session.conversation.companion.name}"
    return set(lexicon.words(" ".join([*(turn.text for turn in turns), names, str(session.started_at.year)])))


def _nothing_invented(text: str, known: set[str]) -> bool:
    """Names (but for what begins a sentence) and numbers of a fact must have been said."""
    words = [word.removesuffix("'s").removesuffix("’s") for word in text.split()[1:]]
    particular = " ".join(word for word in words if word[:1].isupper() or any(map(str.isdigit, word)))
    return known.issuperset(lexicon.words(particular))


def _shared(text: str, sentence: str) -> float:
    stems = set(lexicon.stems(text))
    return len(stems & set(lexicon.stems(sentence))) / len(stems) if stems else 0.0


def _embedded(drafts: Sequence[Fact], encoder: Encoder) -> list[Fact]:
    """Each with its vector and the signs of its tokens, all read in one pass."""
    if not drafts:
        return []
    vectors, tokens = encoder.read([fact.text for fact in drafts])
    each = tokens or [np.zeros((0, 0), dtype=np.float32)] * len(drafts)
    return [
        replace(fact, embedding=vector, tokens=_signs(its))
        for fact, vector, its in zip(drafts, vectors, each, strict=True)
    ]


def _signs(tokens: NDArray[np.float32]) -> bytes | None:
    own = tokens[1:-1]  # without those that open and close a text
    return late.signs(own) if len(own) else None
