"""A session's summary: by the engine, held to a schema, or else the person's own sentences that carry it."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from memory import clock, dialogue, lexicon, retention
from memory.encoder import Encoder, Vectors
from memory.engine import Engine, EngineError, Message, object_in
from memory.gate import needs_memory
from memory.isolation import acting_as
from memory.models import Key, Memory, Session, Source, Speaker, Turn
from memory.prompt import cut_middle, render

VERSION = "summary 1"
EXTRACTIVE = "extractive 1"
LONGEST_DIALOGUE = 24_000  # characters given to an engine; of a longer session the middle is left out
SENTENCE = re.compile(r"[^.!?…。！？\n]+(?:[.!?…。！？]+[\"”’)]*|$)")
MOST_SENTENCES = 4
SAME = 0.8  # cosine from which two sentences say the same
SHORTEST = 15  # characters of a sentence that can carry anything


class SessionSummary(BaseModel):
    """What an engine is asked for."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=60)
    summary: str = Field(min_length=1, max_length=1200)


@dataclass(frozen=True)
class Span:
    """Characters of a turn."""

    turn_id: int
    start: int
    end: int


@dataclass(frozen=True)
class Summary:
    """A summary with where it comes from, ready to be kept."""

    text: str
    title: str
    version: str
    encoder: str
    embedding: Any
    terms: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def make(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> Summary | None:
    """Sum up a session, with no database connection held; None where nothing was told. Raises EngineError."""
    with acting_as(person_id):
        session = Session.objects.select_related("owner", "conversation__companion").get(pk=session_id)
        turns = list(session.turns.order_by("number"))
    connection.close()
    told = [turn for turn in turns if turn.speaker == Speaker.PERSON and needs_memory(turn.text)]
    if not told:
        return None
    title, text, spans, version = _by_engine(session, turns, engine) or _extracted(told, encoder)
    embedding = encoder.encode([text])[0]
    return Summary(text, title, version, encoder.name, embedding, lexicon.stems(text), spans)


Made = tuple[str, str, list[Span], str]


def _by_engine(session: Session, turns: list[Turn], engine: Engine) -> Made | None:
    """None where there is no engine, or where it can't keep to the schema even when told how it failed."""
    if not engine.converses:
        return None
    messages = [Message(role="user", content=_asked(session, turns))]
    try:
        answer = engine.complete(messages, schema=SessionSummary)
        made = _validated(answer) or _validated(_repaired(engine, messages, answer))
    except EngineError as error:
        if error.retryable:
            raise
        return None
    if made is None:
        return None
    spans = [Span(turn.pk, 0, len(turn.text)) for turn in turns if turn.speaker == Speaker.PERSON]
    return made.title, made.summary, spans, f"{engine.name} {VERSION}"


def _repaired(engine: Engine, messages: list[Message], answer: str) -> str:
    """Ask once more, with what was wrong."""
    told = Message(role="assistant", content=answer[:4000])
    wish = "That was not one JSON object with a title (at most 60 characters) and a summary. Only that, please."
    return engine.complete([*messages, told, Message(role="user", content=wish)], schema=SessionSummary)


def _validated(answer: str) -> SessionSummary | None:
    """The object in an answer, prose around it forgiven."""
    try:
        return SessionSummary.model_validate_json(object_in(answer).translate(dialogue.UNKEEPABLE))
    except ValidationError:
        return None


def _asked(session: Session, turns: list[Turn]) -> str:
    owner, share = session.owner, LONGEST_DIALOGUE // len(turns)
    told = [
        {
            "speaker": turn.speaker,
            "at": f"{clock.local(turn.said_at, owner.time_zone):%H:%M}",
            "text": turn.text if len(turn.text) <= max(share, 400) else cut_middle(turn.text, max(share, 400)),
        }
        for turn in turns[-LONGEST_DIALOGUE // 60 :]
    ]
    day = f"{clock.local(session.started_at, owner.time_zone):%A %d %B %Y}"
    companion = session.conversation.companion.name
    return render("summary.jinja", person=owner.called, companion=companion, day=day, turns=told)


def _extracted(turns: list[Turn], encoder: Encoder) -> Made:
    """The few sentences of the person's own that lie nearest to the middle of all they said, in their order."""
    sentences = [span for turn in turns for span in _sentences(turn)]
    texts = {turn.pk: turn.text for turn in turns}
    words = [texts[span.turn_id][span.start : span.end] for span in sentences]
    chosen = [sentences[i] for i in _central(encoder.encode(words))]
    quotes = [texts[span.turn_id][span.start : span.end] for span in chosen]
    return "", " ".join(" ".join(quote.split()) for quote in quotes), chosen, EXTRACTIVE


def _sentences(turn: Turn) -> list[Span]:
    """Spans without the white space around them; a turn of short ones is taken whole."""
    found = []
    for match in SENTENCE.finditer(turn.text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        end = start + len(match[0].strip())
        if end - start >= SHORTEST:
            found.append(Span(turn.pk, start, end))
    return found or [Span(turn.pk, 0, len(turn.text))]


def _central(vectors: Vectors) -> list[int]:
    """Up to MOST_SENTENCES rows nearest the centroid, none saying the same as another, in order."""
    nearness = vectors @ vectors.mean(axis=0)
    chosen: list[int] = []
    for i in np.argsort(-nearness):
        if len(chosen) < MOST_SENTENCES and all(vectors[i] @ vectors[j] < SAME for j in chosen):
            chosen.append(int(i))
    return sorted(chosen)


def keep(*, session: Session, made: Summary) -> Memory:
    """Write the memory, its sources and its key. Runs inside the transaction that ends the step."""
    strength = retention.FIRST_STRENGTH[Memory.Kind.SESSION_SUMMARY]
    memory = Memory.objects.create(
        owner_id=session.owner_id,
        companion_id=session.conversation.companion_id,
        session=session,
        kind=Memory.Kind.SESSION_SUMMARY,
        text=made.text,
        said_at=session.ended_at,
        strength=strength,
        recalled_at=session.ended_at,
        fades_at=retention.fades_at(session.ended_at, strength=strength),
        version=made.version,
    )
    Source.objects.bulk_create(
        Source(owner_id=session.owner_id, memory=memory, turn_id=s.turn_id, start=s.start, end=s.end)
        for s in made.spans
    )
    Key.objects.bulk_create([_key(memory, made)])
    if made.title:
        _entitle(session, made.title)
    return memory


def _key(memory: Memory, made: Summary) -> Key:
    mean = lexicon.mean_length(lexicon.collection(memory.owner_id))
    terms = lexicon.document_vector(made.terms, mean_length=mean)
    return Key(
        owner_id=memory.owner_id,
        companion_id=memory.companion_id,
        memory=memory,
        kind=Key.Kind.SUMMARY,
        encoder=made.encoder,
        embedding=made.embedding,
        session_id=memory.session_id,
        terms=terms,
        terms_before=terms,
        terms_window=terms,
        said_at=memory.said_at,
    )


def _entitle(session: Session, title: str) -> None:
    """A conversation that is still called by its first words gets a better name."""
    conversation = session.conversation
    first = conversation.turns.order_by("number").values_list("text", flat=True).first() or ""
    if conversation.title == dialogue.title_from(first):
        conversation.title = title
        conversation.save(update_fields=["title"])
