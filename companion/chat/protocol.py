"""What browser and server say to each other over the websocket: the one schema of both sides."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext
from pydantic import Field, TypeAdapter, ValidationError

from companion.chat.changes import (
    BegunAnew,
    Changed,
    Deleted,
    Ended,
    Forgotten,
    Frame,
    Notice,
    Noticed,
    Paused,
    Renamed,
    Restored,
    Unforgotten,
)
from memory.dialogue import UNKEEPABLE

Ending = Literal["whole", "stopped", "broken"]
ReplyState = Literal["waiting", "writing", "whole", "stopped", "broken"]
Speaker = Literal["person", "companion"]
Phase = Literal["remembering", "remembered", "thinking"]
ErrorCode = Literal[
    "malformed", "unknown_type", "too_long", "empty", "not_found", "conflict", "quota", "unavailable", "too_many"
]


class Say(Frame):
    """Something said; `conversation` null begins one, with this companion or the first, off the record if so wished.

    The same client_id again is the same message. `instead_of` names the last turn, which is said otherwise.
    """

    type: Literal["say"]
    client_id: UUID
    conversation: UUID | None
    text: str
    off_record: bool = False
    companion: int | None = Field(default=None, ge=1, le=2**53 - 1)
    instead_of: int | None = Field(default=None, ge=1, le=2**53 - 1)


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


class WriteAnew(Frame):
    """Write a whole reply once more; its versions are kept."""

    type: Literal["write_anew"]
    reply: UUID


class Stand(Frame):
    """Let this version of a reply stand."""

    type: Literal["stand"]
    reply: UUID
    turn: int = Field(ge=1, le=2**53 - 1)


class StandSaid(Frame):
    """Let this version of what was said last stand."""

    type: Literal["stand_said"]
    turn: int = Field(ge=1, le=2**53 - 1)


class Rename(Frame):
    """Call a conversation so."""

    type: Literal["rename"]
    conversation: UUID
    title: str = Field(max_length=120)


class Delete(Frame):
    """Delete a conversation with all that was made of it."""

    type: Literal["delete"]
    conversation: UUID


class Restore(Frame):
    """Bring back what this erasure is about to take."""

    type: Literal["restore"]
    erasure: int = Field(ge=1, le=2**53 - 1)


class End(Frame):
    """A conversation off the record is over: nothing of it stays."""

    type: Literal["end"]
    conversation: UUID


class Pause(Frame):
    """Remember nothing new from now on, or remember again."""

    type: Literal["pause"]
    paused: bool


class Undo(Frame):
    """Take back a wish to remember."""

    type: Literal["undo"]
    request: int = Field(ge=1, le=2**53 - 1)


class Forget(Frame):
    """Of what was found on a topic, forget these turns."""

    type: Literal["forget"]
    request: int = Field(ge=1, le=2**53 - 1)
    turns: list[int] = Field(max_length=100)


class Ping(Frame):
    """Is the line alive?"""

    type: Literal["ping"]


OfReplies = Follow | Stop | TryAgain | WriteAnew | Stand | StandSaid
OfConversations = Rename | Delete | Restore | End
OfMemory = Pause | Undo | Forget
Asked = Say | OfReplies | OfConversations | OfMemory | Ping
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
    deleted: list[Deleted]
    forgotten: list[Forgotten]
    paused: datetime | None
    active_at: datetime | None  # when something was said last in a conversation that is listed


class Kept(Frame):
    """It is in the database."""

    type: Literal["kept"] = "kept"
    client_id: UUID
    conversation: UUID
    companion: int
    title: str
    off_record: bool
    instead_of: int | None
    turn: int
    said_at: datetime
    reply: UUID


class SaidElsewhere(Frame):
    """The person said something in another tab."""

    type: Literal["said"] = "said"
    client_id: UUID
    conversation: UUID
    companion: int
    title: str
    off_record: bool
    instead_of: int | None
    turn: int
    text: str
    said_at: datetime
    reply: UUID


class Recalled(Frame):
    """One memory of a receipt."""

    memory: int
    turn: int | None
    conversation: UUID | None
    speaker: Speaker
    told_to: str  # the companion it was said to, or by, where that is another than the reply's
    quote: str
    said_at: datetime
    when: str
    why: list[str]
    scores: dict[str, float]
    retention: float  # 0 (gone) to 1 (just recalled)
    pinned: bool
    in_prompt: bool
    used: bool


class Receipt(Frame):
    """What was recalled for a reply, what reached the prompt and what the reply used."""

    needed: bool
    recalled: list[Recalled]
    sufficient: bool
    dates: str  # the time that the question names, as it was understood; "" where it names none


class PhaseBegun(Frame):
    """What is being done for a reply; `recalled` counts what came to mind, once it has."""

    type: Literal["phase"] = "phase"
    reply: UUID
    seq: int
    phase: Phase
    recalled: int | None


class Words(Frame):
    """The next words of a reply."""

    type: Literal["words"] = "words"
    reply: UUID
    seq: int
    text: str


class Again(Frame):
    """A reply is written from its beginning: what came of it so far is void."""

    type: Literal["again"] = "again"
    reply: UUID
    seq: int


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
    notice: Notice | None
    versions: list[int]  # turns; the one that stands is `turn`


class Stood(Frame):
    """Another version of a reply stands."""

    type: Literal["stood"] = "stood"
    done: Done


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


StreamFrame = PhaseBegun | Words | Again | Done
OfTheList = Deleted | Restored | Renamed | Ended
OfWhatIsRemembered = Paused | Forgotten | Unforgotten | Noticed
OfVersions = Changed | BegunAnew | Stood
Told = Welcome | Kept | SaidElsewhere | StreamFrame | OfTheList | OfWhatIsRemembered | OfVersions | Error | Pong


class Unreadable(ValueError):
    """A frame that is none of ours; `error` is what to answer."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


KNOWN = {
    "say",
    "follow",
    "stop",
    "try_again",
    "write_anew",
    "stand",
    "stand_said",
    "rename",
    "delete",
    "restore",
    "end",
    "pause",
    "undo",
    "forget",
    "ping",
}


def read(raw: str | None) -> Asked:
    """The frame in a text. Raises Unreadable with the answer to give."""
    frame = _object(raw)
    client_id = _uuid_or_none(frame.get("client_id"))
    if frame.get("type") not in KNOWN:
        raise Unreadable(
            Error(code="unknown_type", message=gettext("This kind of message is not known here."), client_id=client_id)
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
        raise Unreadable(Error(code="malformed", message=gettext("Messages are JSON text."))) from error
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise Unreadable(Error(code="malformed", message=gettext("A message is an object with a type.")))
    return frame


def _uuid_or_none(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
