"""The engine for when there is none: it answers with the person's own words, quoted and dated, and says what it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext, ngettext, pgettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from memory import lexicon
from memory.engine import EngineError, Message, Note, Prompt
from memory.marks import on_one_line
from memory.question import asks, ends_in_question
from memory.temporal import when_in_words

BLANK_LINES = re.compile(r"\n{3,}")
MOST_QUOTES = 3
SHARED = 2  # words that carry meaning, in what was said and in what it goes with
WORTH_QUOTING = 0.4  # of the best note’s chance: beyond, more is quoted and little of it is right


class RecallOnly:
    """Remembers and recalls; does not converse."""

    name = "recall-only"
    converses = False

    def stream(self, prompt: Prompt, *, stopped: Callable[[], bool]) -> Iterator[str]:
        """The answer, word by word."""
        for word in answer(prompt).split(" "):
            if stopped():
                return
            yield word + " "

    def complete(self, messages: Sequence[Message], *, schema: type[BaseModel]) -> str:
        """There is nobody to ask."""
        raise EngineError(gettext("No language model is connected."), retryable=False)


def answer(prompt: Prompt) -> str:
    """What memory alone can say to a turn, in markdown."""
    kind = kind_of(prompt)
    notes = worth_quoting(prompt)
    template = _templates().get_template("recall_only.md.jinja")
    best = max(notes, key=lambda note: note.score, default=None)
    fitting = [note for note in notes if prompt.sufficient and goes_with(note, prompt.question)]
    fits = max(fitting, key=lambda note: note.score, default=None)
    told = template.render(
        kind=kind, told=arranged(notes), best=best, fits=fits, prompt=prompt, variant=variant(prompt.question)
    )
    return BLANK_LINES.sub("\n\n", told).strip()


def kind_of(prompt: Prompt) -> str:
    """What the turn calls for: a word of greeting, or later of small talk, an answer out of memory, the nearest to one,
    or a nod.
    """
    if not prompt.needs_memory:
        return "small talk" if any(message["role"] == "assistant" for message in prompt.messages) else "greeting"
    if not asks(prompt.question):
        return "statement"
    if not worth_quoting(prompt):
        return "nothing"
    return "answer" if prompt.sufficient else "nearest"


def worth_quoting(prompt: Prompt) -> list[Note]:
    """The best few, in time order, and never the question itself.

    Where memory holds the answer it is in the person's own words first of all; where it does not, the nearest may be
    what the other one said, and is told as theirs, with what it answered.
    """
    asked = " ".join(prompt.question.lower().split())
    fitting = [
        note for note in prompt.notes if on_one_line(note.quote).lower() != asked and not _is_question(note.quote)
    ]
    if prompt.sufficient or not asks(prompt.question):
        fitting = [note for note in fitting if note.speaker == "person"] or fitting
    best = max((note.score for note in fitting), default=0.0)
    chosen = [n for n in sorted(fitting, key=lambda note: -note.score) if n.score >= WORTH_QUOTING * best][:MOST_QUOTES]
    answered = {note.memory for note in chosen if note.speaker == "companion"}
    rounds = [n for n in fitting if n.memory in answered and n.speaker == "person" and n not in chosen]
    return sorted((chosen + rounds)[:MOST_QUOTES], key=lambda note: note.said_at)


def goes_with(note: Note, text: str) -> bool:
    """Whether a note speaks of what was just said: what is only near to it in mood is better left unsaid."""
    return len(set(lexicon.stems(note.quote)) & set(lexicon.stems(text))) >= SHARED


def _is_question(quote: str) -> bool:
    return ends_in_question(quote)


def arranged(notes: Sequence[Note]) -> list[tuple[Note, str]]:
    """The notes with the word before their day; where two disagree, the later said comes first and is told as such."""
    turns = {note.turn for note in notes if note.turn}
    later = {note.turn for note in notes if note.contradicts in turns}
    earlier = {note.contradicts for note in notes if note.turn in later}
    words = ("later, on" if n.turn in later else "before that, on" if n.turn in earlier else "on" for n in notes)
    told = list(zip(notes, words, strict=True))
    return told[::-1] if later else told


def _when(said_at: datetime, moment: datetime) -> str:
    """In the person's language; a note's own `when` is in the engine's."""
    return when_in_words(said_at, moment=moment)


def _day(moment: datetime) -> str:
    return date_format(moment, pgettext("date format", "j F Y"))


def variant(text: str, of: int = 4) -> int:
    """A number that is always the same for the same words, so that wording varies and stays."""
    return blake2b(text.encode(), digest_size=2).digest()[0] % of


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    made = Environment(  # noqa: S701
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"]
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    made.tests["asking"] = asks
    made.filters |= {"line": on_one_line, "when": _when, "day": _day}
    return made
