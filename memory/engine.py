"""What memory asks of a language model. Implementations live with the worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypedDict, runtime_checkable

from pydantic import BaseModel

Speaker = Literal["person", "companion"]


class Message(TypedDict):
    """One message of the chat-completions protocol."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Neighbour:
    """The turn beside a note's, which makes its words understandable: the question before “Yes, in June”."""

    turn: int
    speaker: Speaker
    quote: str


@dataclass(frozen=True)
class Note:
    """One recalled memory as it stands in the prompt: quoted, dated, with who said it."""

    memory: int
    turn: int | None
    speaker: Speaker
    quote: str
    said_at: datetime  # aware, in the person's own zone
    when: str  # in words: "Tuesday 5 May 2026, six months ago"
    score: float  # combined score of its recall, 0-1
    before: Neighbour | None = None  # the question that it answers
    after: Neighbour | None = None  # the answer to it, where it is a question
    said_before: tuple[datetime, ...] = ()  # earlier times at which the same was said, in the person's zone
    contradicts: int | None = None  # the turn of an earlier note that it seems to disagree with
    told_to: str = ""  # the companion that it was said to, or by, where that is another than who is speaking now


@dataclass(frozen=True)
class Prompt:
    """All an engine needs for one reply. `messages` is what a model reads; the rest is what it was made of."""

    messages: list[Message]
    notes: list[Note]  # in time order
    question: str
    moment: datetime  # aware, in the person's own zone
    person: str
    companion: str
    needs_memory: bool  # False for small talk: nothing was looked up
    sufficient: bool  # whether the notes seem to hold the answer
    remembered: bool = True  # False for a turn of which nothing is kept in memory (memory/unremembered.py)
    summaries: Mapping[int, str] = field(default_factory=dict)  # those of earlier sessions, by memory


class EngineError(Exception):
    """An engine failed. `words` is one sentence for the person; `retryable` whether trying again may help."""

    def __init__(self, words: str, *, retryable: bool = True) -> None:
        super().__init__(words)
        self.words = words
        self.retryable = retryable


def object_in(answer: str) -> str:
    """The JSON object in an engine's answer, prose around it forgiven; what is none stays for the schema to refuse."""
    return answer[answer.find("{") : answer.rfind("}") + 1]


class Engine(Protocol):
    """A language model behind some endpoint, or the built-in one that only recalls."""

    @property
    def name(self) -> str:
        """The model, as it is shown to the person."""
        ...

    @property
    def converses(self) -> bool:
        """False where it can only recall."""
        ...

    def stream(self, prompt: Prompt, *, stopped: Callable[[], bool]) -> Iterator[str]:
        """Yield the reply piece by piece; end early once `stopped()` is true. Raises EngineError."""
        ...

    def complete(self, messages: Sequence[Message], *, schema: type[BaseModel]) -> str:
        """One whole answer, asked for as JSON of `schema`; the caller validates it. Raises EngineError."""
        ...


@runtime_checkable
class Counting(Protocol):
    """An engine whose own tokenizer can be asked."""

    def count(self, messages: Sequence[Message]) -> int | None:
        """Tokens of a prompt as the model will read it; None where that can't be told now. Raises nothing."""
        ...
