"""A session's summary: by the engine, held to a schema, or else the person's own sentences that carry it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection
from pydantic import BaseModel, ConfigDict, Field

from memory import clock, dialogue, lexicon, permission, retention
from memory.budget import cut_middle
from memory.consolidation.asking import Unusable, ask, by_schema
from memory.consolidation.corrected import Righted, righted
from memory.consolidation.own_words import ASKED
from memory.encoder import Encoder, Vectors
from memory.engine import Engine
from memory.gate import needs_memory
from memory.isolation import acting_as
from memory.models import Key, Matter, Memory, Session, Source, Speaker, Turn
from memory.prompt import render

VERSION = "summary 1"
EXTRACTIVE = "extractive 1"
LONGEST_DIALOGUE = 24_000  # characters given to an engine; of a longer session the middle is left out
SENTENCE = re.compile(r"[^.!?…。！？\n]+(?:[.!?…。！？]+[\"”’)]*|$)")
MOST_SENTENCES = 4
SAME = 0.8  # cosine from which two sentences say the same
SHORTEST = 15  # characters of a sentence that can carry anything
WISH = "That was not one JSON object with a title (at most 60 characters) and a summary. Only that, please."


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
    error: str = ""  # what an engine failed at
    refusals: Mapping[str, int] = field(default_factory=dict)


def make(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> Summary | None:
    """Sum up a session, with no database connection held; None where there is nothing to keep. Raises EngineError."""
    with acting_as(person_id):
        session = Session.objects.select_related("owner", "conversation__companion").get(pk=session_id)
        companion = session.conversation.companion
        turns = permission.allowed(companion, list(session.turns.remembered().order_by("number")))
        put_right = righted(turns)
        if not permission.may_remember(companion, Matter.SUMMARIES):
            return None
    connection.close()
    told = [turn for turn in turns if turn.speaker == Speaker.PERSON and needs_memory(turn.text)]
    if not told:
        return None
    error = ""
    try:
        made = _by_engine(session, turns, put_right, engine)
    except Unusable as unusable:
        made, error = None, str(unusable)
    if made is None and all(_only_asks(turn.text) for turn in told):
        return None  # questions alone tell nothing; an engine can say what they were about
    title, text, spans, version = made or _extracted(told, put_right, encoder)
    embedding = encoder.encode([text])[0]
    return Summary(text, title, version, encoder.name, embedding, lexicon.stems(text), spans, error)


Made = tuple[str, str, list[Span], str]


def _by_engine(session: Session, turns: list[Turn], put_right: list[Righted], engine: Engine) -> Made | None:
    """None where no engine converses. Raises EngineError, and Unusable where it can't keep to the schema."""
    if not engine.converses:
        return None
    made = ask(
        engine, _asked(session, turns, put_right), schema=SessionSummary, read=by_schema(SessionSummary), wish=WISH
    )
    told = [turn for turn in turns if turn.speaker == Speaker.PERSON]
    by_hand = {each.by.pk: each.by for each in put_right}
    spans = [Span(turn.pk, 0, len(turn.text)) for turn in (*told, *by_hand.values())]
    return made.title, made.summary, spans, f"{engine.name} {VERSION}"


def _asked(session: Session, turns: list[Turn], put_right: list[Righted]) -> str:
    owner, share = session.owner, LONGEST_DIALOGUE // len(turns)
    told = [
        {
            "speaker": turn.speaker,
            "at": f"{clock.local(turn.said_at, owner.time_zone):%H:%M}",
            "right": [each.by.text for each in put_right if each.turn_id == turn.pk],
            "text": turn.text if len(turn.text) <= max(share, 400) else cut_middle(turn.text, max(share, 400)),
        }
        for turn in turns[-LONGEST_DIALOGUE // 60 :]
    ]
    day = f"{clock.local(session.started_at, owner.time_zone):%A %d %B %Y}"
    companion = session.conversation.companion.name
    return render("summary.jinja", person=owner.called, companion=companion, day=day, turns=told)


def _extracted(turns: list[Turn], put_right: list[Righted], encoder: Encoder) -> Made:
    """The few sentences of the person's own that lie nearest to the middle of all they told, in their order.

    In place of one that they have put right since, what is right. A question tells nothing.
    """
    told = (span for turn in turns for span in _sentences(turn))
    said = list(dict.fromkeys(right for span in told for right in _right(span, put_right)))
    texts = {turn.pk: turn.text for turn in (*turns, *(each.by for each in put_right))}
    sentences = [span for span in said if not ASKED.search(texts[span.turn_id][span.start : span.end])] or said
    words = [texts[span.turn_id][span.start : span.end] for span in sentences]
    chosen = [sentences[i] for i in central(encoder.encode(words), MOST_SENTENCES)]
    quotes = [texts[span.turn_id][span.start : span.end] for span in chosen]
    return "", " ".join(_ended(quote) for quote in quotes), chosen, EXTRACTIVE


def _ended(quote: str) -> str:
    """On one line, with a full stop where the person set no mark: another sentence follows."""
    line = " ".join(quote.split())
    if not line or not line[-1].isalnum():
        return line
    return line + ("。" if "\u3400" <= line[-1] <= "\u9fff" else ".")


def _only_asks(text: str) -> bool:
    """Whether each of its sentences is a question."""
    return all(ASKED.search(sentence) for sentence in SENTENCE.findall(text) if sentence.strip())


def _right(span: Span, put_right: list[Righted]) -> list[Span]:
    """What stands for a sentence: what is right of all that was mistaken in it, else itself."""
    mistaken = [each for each in put_right if each.overlaps(span.turn_id, span.start, span.end)]
    return [Span(each.by.pk, 0, len(each.by.text)) for each in mistaken] or [span]


def _sentences(turn: Turn) -> list[Span]:
    """Spans without the white space around them; a turn of short ones is taken whole."""
    found = []
    for match in SENTENCE.finditer(turn.text):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        end = start + len(match[0].strip())
        if end - start >= SHORTEST:
            found.append(Span(turn.pk, start, end))
    return found or [Span(turn.pk, 0, len(turn.text))]


def central(vectors: Vectors, most: int) -> list[int]:
    """Up to `most` rows nearest the centroid, none saying the same as another, in order."""
    nearness = vectors @ vectors.mean(axis=0)
    chosen: list[int] = []
    for i in np.argsort(-nearness):
        if len(chosen) < most and all(vectors[i] @ vectors[j] < SAME for j in chosen):
            chosen.append(int(i))
    return sorted(chosen)


def keep(*, session: Session, made: Summary) -> Memory:
    """Write the memory, its sources and its key, in place of earlier ones, in the transaction that ends the step."""
    memory, _ = Memory.objects.update_or_create(
        owner_id=session.owner_id,
        session=session,
        kind=Memory.Kind.SESSION_SUMMARY,
        defaults={"text": made.text, "version": made.version},
        create_defaults=_first(session, made),
    )
    memory.sources.all().delete()
    memory.keys.all().delete()
    Source.objects.bulk_create(
        Source(owner_id=session.owner_id, memory=memory, turn_id=s.turn_id, start=s.start, end=s.end)
        for s in made.spans
    )
    Key.objects.bulk_create([_key(session, memory, made)])
    if made.title:
        _entitle(session, made.title)
    return memory


def _first(session: Session, made: Summary) -> dict[str, Any]:
    by = permission.preset_of(session.owner_id)
    begun = retention.begun(Memory.Kind.SESSION_SUMMARY, said_at=session.ended_at, now=clock.now(), by=by)
    return {
        "companion_id": session.conversation.companion_id,
        "text": made.text,
        "said_at": session.ended_at,
        "version": made.version,
        **vars(begun),
    }


def _key(session: Session, memory: Memory, made: Summary) -> Key:
    mean = lexicon.mean_length(lexicon.collection(memory.owner_id))
    terms = lexicon.document_vector(made.terms, mean_length=mean)
    return Key(
        owner_id=memory.owner_id,
        companion_id=memory.companion_id,
        memory=memory,
        kind=Key.Kind.SUMMARY,
        encoder=made.encoder,
        embedding=made.embedding,
        session=session,
        terms=terms,
        terms_before=terms,
        terms_window=terms,
        said_at=memory.said_at,
    )


def _entitle(session: Session, title: str) -> None:
    """A conversation that is still called by its first words gets a better name."""
    conversation = session.conversation
    first = conversation.turns.order_by("number").values_list("text", flat=True).first() or ""
    if conversation.title == dialogue.title_from(first) and not conversation.named:
        conversation.title = title
        conversation.save(update_fields=["title"])
