"""The engine for when there is none: it answers with the person's own words, quoted and dated, and says what it is."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from memory.engine import EngineError, Message, Note, Prompt
from memory.question import asks

MOST_QUOTES = 3
WORTH_QUOTING = 0.75  # of the best note's score


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
        raise EngineError("No language model is connected.", retryable=False)


def answer(prompt: Prompt) -> str:
    """What memory alone can say to a turn, in markdown."""
    kind = kind_of(prompt)
    notes = worth_quoting(prompt.notes, prompt.question)
    template = _templates().get_template("recall_only.md.jinja")
    best = max(notes, key=lambda note: note.score, default=None)
    told = template.render(kind=kind, notes=notes, best=best, prompt=prompt, variant=variant(prompt.question))
    return str(told).strip()


def kind_of(prompt: Prompt) -> str:
    """What the turn calls for: a word of greeting, an answer out of memory, the nearest to one, or a nod."""
    if not prompt.needs_memory:
        return "greeting"
    if not asks(prompt.question):
        return "statement"
    if not worth_quoting(prompt.notes, prompt.question):
        return "nothing"
    return "answer" if prompt.sufficient else "nearest"


def worth_quoting(notes: Sequence[Note], question: str) -> list[Note]:
    """The best few, in time order: the person's own words first of all, and never the question itself."""
    asked = " ".join(question.lower().split())
    fitting = [n for n in notes if n.quote.lower() != asked and not (asks(n.quote) and n.quote.endswith("?"))]
    own = [note for note in fitting if note.speaker == "person"] or fitting
    best = max((note.score for note in own), default=0.0)
    chosen = sorted(own, key=lambda note: -note.score)[:MOST_QUOTES]
    return sorted((n for n in chosen if n.score >= WORTH_QUOTING * best), key=lambda note: note.said_at)


def variant(text: str, of: int = 4) -> int:
    """A number that is always the same for the same words, so that wording varies and stays."""
    return blake2b(text.encode(), digest_size=2).digest()[0] % of


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
