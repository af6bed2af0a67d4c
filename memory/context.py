"""What stands before a turn whatever is recalled for it: summaries of the time before, and the conversation so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Func, IntegerField

from memory import permission, portrait
from memory.budget import MESSAGE_OVERHEAD, cut_middle
from memory.engine import Message
from memory.models import Companion, Matter, Session, Speaker, Turn
from memory.models.dialogue import Turns

SUMMARIES = 3  # latest sessions told
DAYS = 5  # latest days told beside those
LINES = 12  # of the portrait, told at most
LONGEST_TOLD = 2400  # characters of one earlier turn
LOOKED_BACK = 256  # turns of the conversation, at most
LOOKED_BACK_STEP = 64  # turns by which their beginning moves on
MILESTONE = 1024  # turns: a session is measured from its start, or from the last such number in it

# By hand, for every prompt waits for it: Django takes twenty times as long to put `Memory.objects.shown()` into SQL,
# three times over, as PostgreSQL to answer. What is shown is the same: nothing that stands on words about to be erased.
MARKED = """
    select turn.id, turn.session_id, conversation.companion_id, session.day
    from memory_turn turn
    join memory_session session on session.id = turn.session_id
    join memory_conversation conversation on conversation.id = turn.conversation_id
    where turn.owner_id = %(owner)s and turn.erasure_id is not null
"""
SHOWN = """
    select memory.id, memory.kind, memory.said_at, memory.text, memory.companion_id, period.day
    from memory_memory memory
    left join memory_period period on period.id = memory.period_id
    where memory.owner_id = %(owner)s and memory.companion_id = any(%(companions)s) and memory.said_at < %(today)s
    and not exists (
        select from memory_source source join marked on marked.id = source.turn_id where source.memory_id = memory.id
    )
    and not exists (
        select from marked
        where marked.session_id = memory.session_id
        or (marked.companion_id = memory.companion_id and (memory.kind = 'whole' or marked.day = period.day))
    )
"""
LATEST = "order by memory.said_at desc, memory.id desc"
SUMMARIES_TOLD = f"""
with marked as materialized ({MARKED}),
whole as ({SHOWN} and memory.kind = 'whole'),
sessions as ({SHOWN} and memory.kind = 'session' {LATEST} limit %(sessions)s),
days as ({SHOWN} and memory.kind = 'day' and exists (
    select from memory_session session
    join memory_memory untold on untold.session_id = session.id and untold.kind = 'session'
    where session.owner_id = %(owner)s and session.day = period.day and untold.companion_id = memory.companion_id
    and untold.said_at < %(today)s and untold.id not in (select id from sessions)
) {LATEST} limit %(days)s)
select id, kind, said_at, text from (
    select 1 as layer, * from whole union all select 2, * from sessions union all select 3, * from days
) told order by layer, said_at desc, id desc
"""  # noqa: S608 - of the fragments above


@dataclass(frozen=True)
class Told:
    """A summary of an earlier session, of a day, or of the whole acquaintance, with the day it ended on.

    Or a line of the portrait, which is no memory.
    """

    day: str
    text: str
    memory: int | None
    layer: str = "session"  # or "day", "whole", "portrait"


@dataclass(frozen=True)
class Heard:
    """An earlier turn of this conversation, and how far it begins from where its session is measured, in tokens."""

    turn: int
    message: Message
    offset: int


@dataclass(frozen=True)
class Earlier:
    """What came before a turn, whatever is recalled for it."""

    summaries: Sequence[Told]  # of each layer the latest first, of the portrait the surest
    history: Sequence[Heard]  # oldest first


def look_back(*, companion: Companion, turn: Turn, moment: datetime, said: "Sequence[Spoken] | None" = None) -> Earlier:
    """The summaries and the conversation before a turn, of which `said` was read. Runs inside `acting_as(person)`."""
    began = Session.objects.values_list("started_at", flat=True).get(pk=turn.session_id)
    return Earlier(_standing(companion, began, moment), _history(turn, spoken(turn) if said is None else said))


def before_a_new_one(*, companion: Companion, moment: datetime) -> Earlier:
    """What stands before the first turn of a conversation that begins now. Runs inside `acting_as(person)`."""
    return Earlier(_standing(companion, moment, moment), [])


def _standing(companion: Companion, began: datetime, moment: datetime) -> list[Told]:
    """Summaries and portrait as of the day on which a session began."""
    today = began.astimezone(moment.tzinfo).replace(hour=0, minute=0, second=0, microsecond=0)
    telling = permission.telling(companion)
    return [*_summaries(companion, telling, today, moment), *_portrait(companion, telling, today)]


def _portrait(companion: Companion, telling: permission.Telling, today: datetime) -> list[Told]:
    """What is held about the person with some confidence; within a day it stays the same, unless it is drawn anew."""
    if Matter.PORTRAIT in telling.unkept:
        return []
    drawn_by = telling.by(Matter.PORTRAIT)
    lines = portrait.told(companion.owner_id, drawn_by, today, most=LINES)
    return [Told(f"{today:%Y-%m-%d}", line.text, None, "portrait") for line in lines]


def _summaries(companion: Companion, telling: permission.Telling, today: datetime, moment: datetime) -> list[Told]:
    """The acquaintance as a whole, the latest sessions, and the latest days of which these are not all.

    All of them ended before `today`, the day on which this session began: within a day they stay the same. Companions
    that are joined tell each other's; each has an acquaintance of its own.
    """
    wanted: dict[str, Any] = {"owner": companion.owner_id, "companions": telling.by(Matter.SUMMARIES), "today": today}
    with connection.cursor() as cursor:
        cursor.execute(SUMMARIES_TOLD, wanted | {"sessions": SUMMARIES, "days": DAYS})
        rows = cursor.fetchall()
    return [Told(f"{said_at.astimezone(moment.tzinfo):%Y-%m-%d}", text, pk, kind) for pk, kind, said_at, text in rows]


class Spoken(NamedTuple):
    """What is read of a turn before this one."""

    pk: int
    session_id: int
    number: int
    speaker: str
    text: str
    remembered: bool


def spoken(turn: Turn) -> list[Spoken]:
    """The turns of its conversation before a turn, oldest first, as far as one looks back.

    Runs inside `acting_as(person)`.
    """
    if turn.number <= 1:
        return []
    rows = _earlier(turn).filter(number__gte=_first(turn)).order_by("number")
    return [Spoken(*row) for row in rows.values_list("pk", "session_id", "number", "speaker", "text", "remembered")]


def last_words(said: Sequence[Spoken], turn: Turn, *, most: int = 4) -> list[str]:
    """The last turns of its session before it, oldest first; before one that is remembered, those that are."""
    ours = (one for one in said if one.session_id == turn.session_id)
    return [one.text for one in ours if one.remembered or not turn.remembered][-most:]


def _earlier(turn: Turn) -> Turns:
    return Turn.objects.of(turn.owner_id).shown().filter(conversation_id=turn.conversation_id, number__lt=turn.number)


def _first(turn: Turn) -> int:
    first = max(turn.number - LOOKED_BACK, 1)
    return first + (-first % LOOKED_BACK_STEP if first > 1 else 0)


def _history(turn: Turn, said: Sequence[Spoken]) -> list[Heard]:
    """The conversation before a turn, oldest first; offsets depend on what was said alone, not on how it is read."""
    first = _first(turn)
    start = turn.number - turn.number % MILESTONE
    measured = [s.session_id == turn.session_id and s.number >= start for s in said]
    offset = -sum(_weight(len(s.text.encode())) for s, ours in zip(said, measured, strict=True) if not ours)
    if start < first > 1:
        size = Func("text", function="octet_length", output_field=IntegerField())
        unseen = _earlier(turn).filter(session_id=turn.session_id, number__gte=start, number__lt=first)
        offset += sum(map(_weight, unseen.values_list(size, flat=True)))
    history = []
    for one in said:
        history.append(Heard(one.pk, _as_message(one), offset))
        offset += _weight(len(one.text.encode()))
    return history


def _weight(size: int) -> int:
    """About what a turn of so many bytes costs once it is replayed."""
    return min(size, LONGEST_TOLD) // 3 + 1 + MESSAGE_OVERHEAD


def _as_message(turn: Spoken) -> Message:
    role: Any = "user" if turn.speaker == Speaker.PERSON else "assistant"
    return Message(role=role, content=cut_middle(turn.text, LONGEST_TOLD))
