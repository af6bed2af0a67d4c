"""What browser and server say to each other over the websocket: the one schema of both sides."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from memory.dialogue import UNKEEPABLE

Ending = Literal["whole", "stopped", "broken"]
Phase = Literal["remembering", "remembered", "thinking"]
ErrorCode = Literal["malformed", "unknown_type", "too_long", "empty", "not_found", "conflict", "unavailable"]


class Frame(BaseModel):
    """One JSON text frame; a field that nobody named is an error."""

    model_config = ConfigDict(extra="forbid")


class Say(Frame):
    """Something said; `conversation` null begins one. The same client_id again is the same message."""

    type: Literal["say"]
    client_id: UUID
    conversation: UUID | None
    text: str


class Follow(Frame):
    """Send me a reply's stream after `last_seq`; 0 is its beginning."""

    type: Literal["follow"]
    reply: UUID
    last_seq: int = Field(ge=0, le=2**53 - 1)  # as far as a browser counts exactly


class Stop(Frame):
    """Stop writing; what is written stays."""

    type: Literal["stop"]
    reply: UUID


class TryAgain(Frame):
    """Answer again what was broken off or stopped."""

    type: Literal["try_again"]
    reply: UUID


class Ping(Frame):
    """Is the line alive?"""

    type: Literal["ping"]


Asked = Say | Follow | Stop | TryAgain | Ping
ASKED: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="type")])


class Named(Frame):
    """Somebody with a name."""

    name: str


class EngineState(Frame):
    """The language model, in words for the person."""

    connected: bool
    name: str
    words: str


class OpenReply(Frame):
    """A reply that is being waited for."""

    reply: UUID
    conversation: UUID
    turn: int


class Welcome(Frame):
    """The line stands."""

    type: Literal["welcome"] = "welcome"
    person: Named
    companion: Named
    engine: EngineState
    open: list[OpenReply]


class Kept(Frame):
    """It is in the database."""

    type: Literal["kept"] = "kept"
    client_id: UUID
    conversation: UUID
    title: str
    turn: int
    said_at: datetime
    reply: UUID


class SaidElsewhere(Frame):
    """The person said something in another tab."""

    type: Literal["said"] = "said"
    client_id: UUID
    conversation: UUID
    title: str
    turn: int
    text: str
    said_at: datetime
    reply: UUID


class Recalled(Frame):
    """One memory of a receipt."""

    memory: int
    turn: int | None
    conversation: UUID | None
    speaker: Literal["person", "companion"]
    quote: str
    said_at: datetime
    when: str
    why: list[str]
    scores: dict[str, float]
    retention: float
    in_prompt: bool
    used: bool


class Receipt(Frame):
    """What was recalled for a reply, what reached the prompt and what the reply used."""

    needed: bool
    recalled: list[Recalled]
    sufficient: bool
    dates: str  # the time that the question names, as it was understood; "" where it names none


class Done(Frame):
    """A reply is finished: whole, stopped by the person, or broken off."""

    type: Literal["done"] = "done"
    reply: UUID
    seq: int
    conversation: UUID
    state: Ending
    turn: int | None
    text: str
    said_at: datetime | None
    explanation: str
    can_retry: bool
    receipt: Receipt | None


class Error(Frame):
    """Something was not done; `retry` says whether the same again may succeed."""

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    client_id: UUID | None = None
    reply: UUID | None = None
    retry: bool = False


class Pong(Frame):
    """The line is alive."""

    type: Literal["pong"] = "pong"


class Unreadable(ValueError):
    """A frame that is none of ours; `error` is what to answer."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


KNOWN = {"say", "follow", "stop", "try_again", "ping"}


def read(raw: str | None) -> Asked:
    """The frame in a text. Raises Unreadable with the answer to give."""
    frame = _object(raw)
    client_id = _uuid_or_none(frame.get("client_id"))
    if frame.get("type") not in KNOWN:
        raise Unreadable(
            Error(code="unknown_type", message="This kind of message is not known here.", client_id=client_id)
        )
    if isinstance(frame.get("text"), str):
        frame["text"] = frame["text"].translate(UNKEEPABLE)
    try:
        return ASKED.validate_python(frame)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the message"
        message = f"{where[:60]}: {first['msg']}"
        raise Unreadable(Error(code="malformed", message=message, client_id=client_id)) from error


def _object(raw: str | None) -> dict[str, Any]:
    try:
        frame = json.loads(raw or "")
    except (ValueError, RecursionError) as error:
        raise Unreadable(Error(code="malformed", message="Messages are JSON text.")) from error
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise Unreadable(Error(code="malformed", message="A message is an object with a type."))
    return frame


def _uuid_or_none(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def dumps(frame: dict[str, Any]) -> str:
    """A frame that is a dictionary already, as text."""
    return json.dumps(frame, ensure_ascii=False)
