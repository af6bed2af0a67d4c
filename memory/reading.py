"""From candidates to notes: what is worth reading, quoted and dated, in time order (LongMemEval §5.5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from memory import clock, lexicon
from memory.engine import Note
from memory.engine import Speaker as Said
from memory.gate import needs_memory
from memory.models import Speaker, Turn
from memory.recall import Candidate, Remembering
from memory.temporal import when_in_words

MOST_NOTES = 8
WORTH_READING = 0.5  # of the best candidate's score; the rest is noise beside it
FLOOR = 0.2  # total score below which nothing is worth reading at all
LONGEST_QUOTE = 600  # characters of one note
SHOWN = 0.6  # share of a note's own words that a reply must hold to count as having used it


def choose(remembering: Remembering, *, zone: str) -> list[Note]:
    """The notes of one recall, in time order; the same words said twice are told once, small talk never."""
    worthy = _worth_reading(remembering.candidates)
    turns = Turn.objects.in_bulk([candidate.turn_id for candidate in worthy])
    moment = clock.local(remembering.moment, zone)
    notes: list[Note] = []
    seen: set[str] = set()
    for candidate in worthy:
        turn = turns[candidate.turn_id]
        told = " ".join(turn.text.lower().split())
        if told not in seen and len(notes) < MOST_NOTES and _is_telling(turn, remembering.speaker):
            seen.add(told)
            notes.append(_note(candidate, turn, clock.local(turn.said_at, zone), moment))
    return sorted(notes, key=lambda note: note.said_at)


def _worth_reading(candidates: Sequence[Candidate]) -> list[Candidate]:
    if not candidates:
        return []
    least = max(FLOOR, WORTH_READING * candidates[0].scores["total"])
    return [c for c in candidates[: 3 * MOST_NOTES] if c.scores["total"] >= least]


def _is_telling(turn: Turn, asked_for: str | None) -> bool:
    """Small talk tells nothing; and where a person asks for their own words, the companion's are only an echo."""
    return needs_memory(turn.text) and not (asked_for == Speaker.PERSON and turn.speaker == Speaker.COMPANION)


def _note(candidate: Candidate, turn: Turn, said_at: datetime, moment: datetime) -> Note:
    return Note(
        memory=candidate.memory_id,
        turn=turn.pk,
        speaker=cast(Said, turn.speaker),
        quote=excerpt(turn.text),
        said_at=said_at,
        when=when_in_words(said_at, moment=moment),
        score=candidate.scores["total"],
    )


def excerpt(text: str) -> str:
    """The text on one line, cut at a word's end where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


def used(notes: Sequence[Note], *, question: str, reply: str) -> set[int]:
    """The memories that a reply shows: quoted in full, or most of their own words stand in it.

    A note's own words are those that the question did not bring already.
    """
    asked, told = set(lexicon.stems(question)), set(lexicon.stems(reply))
    flat = " ".join(reply.split())
    return {note.memory for note in notes if note.quote in flat or _shows(note, asked, told)}


def _shows(note: Note, asked: set[str], told: set[str]) -> bool:
    own = set(lexicon.stems(note.quote)) - asked
    return len(own) >= 2 and len(own & told) / len(own) >= SHOWN
