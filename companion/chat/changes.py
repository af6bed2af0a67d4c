"""What all tabs of a person are told when something of theirs has changed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Frame(BaseModel):
    """One JSON text frame; a field that nobody named is an error."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class Extent(Frame):
    """How much goes with a conversation: of the person's words, replies, facts, summaries of sessions."""

    said: int
    replies: int
    facts: int
    summaries: int


class Deleted(Frame):
    """A conversation is gone from sight; until a moment it can be brought back by its erasure's id."""

    type: Literal["deleted"] = "deleted"
    conversation: UUID
    title: str
    erasure: int
    until: datetime
    goes: Extent


class Restored(Frame):
    """A deleted conversation is there again."""

    type: Literal["restored"] = "restored"
    conversation: UUID
    companion: int
    title: str
    active_at: datetime
    erasure: int


class Renamed(Frame):
    """A conversation has another name."""

    type: Literal["renamed"] = "renamed"
    conversation: UUID
    title: str


class Ended(Frame):
    """A conversation off the record is gone."""

    type: Literal["ended"] = "ended"
    conversation: UUID


class Paused(Frame):
    """Since when nothing new is remembered; null while all is."""

    type: Literal["paused"] = "paused"
    since: datetime | None


class Forgotten(Frame):
    """These turns are gone from sight; until a moment they can be brought back by their erasure's id."""

    type: Literal["forgotten"] = "forgotten"
    erasure: int
    until: datetime
    turns: list[int]
    said: int  # how many of them the person said, but for the request itself


class Unforgotten(Frame):
    """They are there again."""

    type: Literal["unforgotten"] = "unforgotten"
    erasure: int


class OnTopic(Frame):
    """Something the person said on a topic."""

    turn: int
    conversation: UUID
    quote: str
    said_at: datetime
    when: str


class Notice(Frame):
    """What became of a request in plain words: to remember, to forget, to tell what is known."""

    request: int
    kind: Literal["remember", "forget", "known"]
    state: Literal["waiting", "done", "withdrawn", "refused"]
    words: str  # what it is about
    found: list[OnTopic]


class Noticed(Frame):
    """A request stands otherwise than before."""

    type: Literal["noticed"] = "noticed"
    reply: UUID
    notice: Notice


class Changed(Frame):
    """What was said last in a conversation stands in another version: it is to be read again."""

    type: Literal["changed"] = "changed"
    conversation: UUID


class BegunAnew(Frame):
    """A reply is being written once more."""

    type: Literal["begun_anew"] = "begun_anew"
    reply: UUID
