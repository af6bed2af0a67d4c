"""What the page reads over HTTP: conversations, and the turns of one. Part of the schema of both sides."""

from datetime import datetime
from uuid import UUID

from companion.chat.changes import Frame, Notice
from companion.chat.protocol import EngineState, Receipt, ReplyState, Speaker


class Heading(Frame):
    """A conversation in a list."""

    id: UUID
    title: str
    active_at: datetime
    companion: int


class Headings(Frame):
    """A page of the sidebar's list, newest first."""

    conversations: list[Heading]
    more: bool  # whether earlier ones follow


class Found(Heading):
    """A conversation that holds the words that were looked for, and where."""

    turn: int | None
    excerpt: str


class TurnReply(Frame):
    """How the reply to a turn stands."""

    id: UUID
    state: ReplyState
    explanation: str
    can_retry: bool
    answered: bool
    notice: Notice | None
    versions: list[int]


class Turn(Frame):
    """Something that one of the two said."""

    id: int
    speaker: Speaker
    text: str
    said_at: datetime
    client_id: UUID | None
    reply: TurnReply | None
    receipt: Receipt | None
    state: ReplyState | None
    versions: list[int]  # of what the person said, where there are more


class Page(Frame):
    """A conversation, and the turns before a place in it."""

    id: UUID
    title: str
    companion: int
    off_record: bool
    turns: list[Turn]
    more: bool


class Chatter(Frame):
    """Who sits before the screen."""

    id: int
    name: str
    email: str
    time_zone: str
    administrator: bool


class Partner(Frame):
    """A companion."""

    id: int
    name: str


class Addresses(Frame):
    """Pages that every page leads to."""

    sign_out: str
    password: str
    preferences: str
    companions: str
    invitations: str  # empty for who is no administrator
    inspection: str  # empty for who has no role


class Boot(Frame):
    """What the page is given to show its first content without waiting for the socket."""

    person: Chatter
    companion: Partner
    companions: list[Partner]
    engine: EngineState
    listed: Headings
    conversation: Page | None
    limit: int  # characters in one message
    off_record_minutes: float  # after its last word a conversation off the record goes
    paused: datetime | None
    now: datetime  # by the server's clock
    urls: Addresses
