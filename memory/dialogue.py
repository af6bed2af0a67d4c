"""Keep what is said: turns, their rounds, and the sessions they belong to.

Everything here runs inside `acting_as(person)`; nothing here needs a model, so no model can lose a word.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext

from memory import clock, quota, requests, rounds, tombstone, unremembered
from memory.models import Companion, Conversation, Erasure, Reply, Request, Session, Speaker, Step, Turn

TITLE_LENGTH = 60
LONE_SURROGATES = dict.fromkeys(range(55296, 57344), "�")
UNKEEPABLE = LONE_SURROGATES | {0: "\ufffd"}  # PostgreSQL's text holds neither
# Unicode's default-ignorable characters beyond its format characters (Cf): joiners, fillers, variation selectors
UNSEEN = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)


# A conversation has grown: sessions and conversation in one round trip.
GROWN = """
update memory_session set ended_at = grown.ended_at
from unnest(%s::bigint[], %s::timestamptz[]) as grown(id, ended_at) where memory_session.id = grown.id;
update memory_conversation set active_at = %s, title = %s where id = %s
"""


class NothingSaid(ValueError):
    """The text was empty or blank."""


class TooLong(ValueError):
    """The text was longer than `MESSAGE_LIMIT` characters."""


class SaidOtherwise(ValueError):
    """The same client id came before with other words, or in another conversation, or with what was erased since."""


class NoSuchConversation(LookupError):
    """This person has no such conversation; whether somebody else has is not told."""


def default_companion(*, person_id: int) -> Companion:
    """The companion a new conversation is with: the person's first, made the first time it is asked for."""
    companions = Companion.objects.of(person_id).present().order_by("pk")
    if (companion := companions.first()) is not None:
        return companion
    with connection.cursor() as cursor:  # two tabs that ask at once get the same one
        cursor.execute("select pg_advisory_xact_lock(hashtext('first companion'), %s)", [person_id])
    return companions.first() or Companion.objects.create(owner_id=person_id, created_at=clock.now())


@dataclass(frozen=True)
class Said:
    """A turn of the person, kept, with the reply that it waits for."""

    turn: Turn
    reply: Reply
    repeated: bool  # the same client id had been kept before


def keepable(text: str) -> str:
    """The text as it can be kept: line ends as \\n; NUL and lone surrogates as U+FFFD.

    Raises NothingSaid for blank text and TooLong beyond `MESSAGE_LIMIT`.
    """
    if len(text) > settings.MESSAGE_LIMIT:
        told = gettext("%(length)s characters; at most %(limit)s fit into one message.")
        raise TooLong(told % {"length": f"{len(text):,}", "limit": f"{settings.MESSAGE_LIMIT:,}"})
    text = text.translate(UNKEEPABLE).replace("\r\n", "\n").replace("\r", "\n")
    if is_blank(text):
        raise NothingSaid(gettext("There are no words in it."))
    return text


def is_blank(text: str) -> bool:
    """Nothing in it can be seen: white space, and characters that only join, part or direct others, as U+200B does."""
    return all(each.isspace() or each in UNSEEN or unicodedata.category(each) == "Cf" for each in text)


def say(
    *,
    person_id: int,
    companion: Companion,
    conversation_id: UUID | None,
    client_id: UUID,
    text: str,
    said_at: datetime,
    off_record: bool = False,
) -> Said:
    """Keep what a person said and ask for a reply to it; a None conversation begins one, `off_record` if so wished.

    The same client id again returns what was kept. Raises NothingSaid, TooLong, SaidOtherwise, NoSuchConversation,
    and quota.OverQuota.
    """
    text = keepable(text)
    tombstone.let_write(person_id)
    came, was_erased = _came_before(person_id, client_id)
    if came and (kept := _said_before(person_id, client_id, conversation_id, text)) is not None:
        return kept
    if was_erased:
        raise SaidOtherwise(gettext("This message was erased."))
    quota.check(person_id=person_id, now=said_at)
    if not conversation_id and not Companion.objects.of(person_id).present().filter(pk=companion.pk).exists():
        raise NoSuchConversation(gettext("This companion was deleted."))
    try:
        with transaction.atomic():
            conversation = (
                _locked(find_conversation(person_id=person_id, conversation_id=conversation_id))
                if conversation_id
                else begin_conversation(companion=companion, started_at=said_at, off_record=off_record)
            )
            return _say(conversation, client_id, text, said_at, begun=conversation_id is None)
    except IntegrityError:  # the same message came at the same moment through another socket
        if (kept := _said_before(person_id, client_id, conversation_id, text)) is None:
            raise
        return kept


def _say(conversation: Conversation, client_id: UUID, text: str, said_at: datetime, *, begun: bool) -> Said:
    asked = requests.read(text)
    wanted = asked is None or asked.kind == Request.Kind.REMEMBER
    turn = _kept(
        conversation,
        said_at,
        begun=begun,
        speaker=Speaker.PERSON,
        text=text,
        client_id=client_id,
        remembered=wanted and unremembered.will_remember(conversation, text),
    )
    if asked:
        _begin_request(turn, asked)
    reply = Reply.objects.create(owner_id=conversation.owner_id, turn=turn, queued_at=said_at)
    return Said(turn=turn, reply=reply, repeated=False)


def _begin_request(turn: Turn, asked: requests.Asked) -> None:
    """Keep what a turn asks of memory; to remember is done at once: its round is pinned, and never fades.

    A wish to forget, or to hear what is known, is none of the things to remember itself.
    """
    state = Request.State.WAITING if asked.kind == Request.Kind.FORGET else Request.State.DONE
    memory = None
    if asked.kind == Request.Kind.REMEMBER:
        memory = rounds.pin(turn)
        state = Request.State.DONE if memory else Request.State.REFUSED
    Request.objects.create(owner_id=turn.owner_id, turn=turn, state=state, memory=memory, **vars(asked))


def _came_before(person_id: int, client_id: UUID) -> tuple[bool, bool]:
    """Whether a message with this id was kept, and whether one was erased."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from memory_turn where owner_id = %s and client_id = %s),"
            " exists (select from memory_tombstone where owner_id = %s and digest = %s)",
            [person_id, client_id, person_id, tombstone.of_message(person_id, client_id)],
        )
        came, was_erased = cursor.fetchone()
    return came, was_erased


def _said_before(person_id: int, client_id: UUID, conversation_id: UUID | None, text: str) -> Said | None:
    turns = Turn.objects.of(person_id).select_related("reply", "conversation")
    turn = turns.filter(client_id=client_id).first()
    if turn is None:
        return None
    elsewhere = conversation_id is not None and turn.conversation_id != conversation_id
    if turn.text != text or elsewhere or not hasattr(turn, "reply"):
        raise SaidOtherwise(gettext("This message's id was used before for other words."))
    return Said(turn=turn, reply=turn.reply, repeated=True)


def find_conversation(*, person_id: int, conversation_id: UUID) -> Conversation:
    """This person's conversation; one that they deleted is gone at once. Raises NoSuchConversation."""
    deleted = Turn.objects.filter(conversation=OuterRef("pk"), erasure__kind=Erasure.Kind.CONVERSATION)
    there = Conversation.objects.of(person_id).present().select_related("companion")
    found = there.filter(~Exists(deleted), pk=conversation_id).first()
    if found is None:
        raise NoSuchConversation(gettext("There is no such conversation."))
    return found


def begin_conversation(
    *,
    companion: Companion,
    started_at: datetime,
    title: str = "",
    origin: str | None = None,
    off_record: bool = False,
) -> Conversation:
    """A new thread; the sessions that stood open with this companion are closed by it."""
    for session in Session.objects.of(companion.owner_id).filter(
        conversation__companion=companion, closed_at=None, ended_at__lt=started_at
    ):
        close_session(session=session, at=started_at)
    return Conversation.objects.create(
        owner_id=companion.owner_id,
        companion=companion,
        title=title[:120],
        origin=origin,
        off_record=off_record,
        started_at=started_at,
        active_at=started_at,
    )


def keep_turn(
    *,
    conversation: Conversation,
    speaker: Speaker,
    text: str,
    said_at: datetime,
    client_id: UUID,
    answers: Turn | None = None,
    remembered: bool = True,
    even_paused: bool = False,
) -> Turn:
    """Store one utterance at the end of its conversation, in the session that is open.

    It is `remembered` unless memory is paused (what is written to be remembered is, `even_paused`) or it is off the
    record; an answer only where what it answers is. Raises IntegrityError where the client id was kept before.
    """
    conversation = _locked(conversation)
    wanted = answers.remembered if answers else even_paused or unremembered.will_remember(conversation, text)
    return _kept(
        conversation,
        said_at,
        speaker=speaker,
        text=text,
        client_id=client_id,
        answers=answers,
        remembered=remembered and wanted,
    )


def _kept(conversation: Conversation, said_at: datetime, *, begun: bool = False, **said: Any) -> Turn:
    """One turn at the end of a conversation whose row is locked, or which is `begun` with it."""
    session = (
        begin_session(conversation=conversation, started_at=said_at) if begun else _open_session(conversation, said_at)
    )
    turn = Turn(session=session, said_at=said_at, **said)
    _append(conversation, [turn], after=0 if begun else None)
    return turn


@dataclass(frozen=True)
class Utterance:
    """Something that was said elsewhere, with the session it belongs to."""

    session: Session
    speaker: Speaker
    text: str
    said_at: datetime
    client_id: UUID
    origin: str  # the source's own id of it
    remembered: bool = True


def keep_turns(*, conversation: Conversation, utterances: Sequence[Utterance]) -> list[Turn]:
    """Store many utterances in a row, in a handful of statements; a companion's answers the person's last before it.

    Raises IntegrityError where one of the client ids was kept before; then none is kept.
    """
    conversation = _locked(conversation)
    turns = [Turn(pk=pk, **vars(said)) for pk, said in zip(_new_ids(len(utterances)), utterances, strict=True)]
    _answer(turns)
    _append(conversation, turns)
    return turns


def _locked(conversation: Conversation) -> Conversation:
    """The same as it stands now, nobody else's to write until this transaction ends."""
    locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if Conversation.companion.is_cached(conversation) and conversation.companion_id == locked.companion_id:
        locked.companion = conversation.companion
    return locked


def _new_ids(count: int) -> list[int]:
    """Ids for turns that are not written yet, so that they can name each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('memory_turn', 'id')) from generate_series(1, %s)", [count]
        )
        return [pk for (pk,) in cursor.fetchall()]


def _answer(turns: Sequence[Turn]) -> None:
    """Each of the companion's turns answers what the person said last in its session."""
    told = Turn.objects.filter(session_id__in={turn.session_id for turn in turns}, speaker=Speaker.PERSON)
    last = {turn.session_id: turn for turn in told.order_by("session_id", "-number").distinct("session_id")}
    for turn in turns:
        if turn.speaker == Speaker.PERSON:
            last[turn.session_id] = turn
        elif (answered := last.get(turn.session_id)) is not None:
            turn.answers, turn.remembered = answered, turn.remembered and answered.remembered


def _append(conversation: Conversation, turns: Sequence[Turn], *, after: int | None = None) -> None:
    """Write turns at the end of their conversation, whose row is locked, with their rounds.

    They come `after` so many turns, where that is known.
    """
    if after is None:
        after = conversation.turns.filter(stands=True).aggregate(last=Max("number"))["last"] or 0
    for number, turn in enumerate(turns, start=after + 1):
        turn.owner_id, turn.conversation, turn.number = conversation.owner_id, conversation, number
    Turn.objects.bulk_create(turns)
    sessions = {turn.session_id: turn.session for turn in turns}
    for session in sessions.values():
        session.ended_at = max(session.ended_at, *(turn.said_at for turn in turns if turn.session_id == session.pk))
    conversation.active_at = max(conversation.active_at, *(turn.said_at for turn in turns))
    conversation.title = conversation.title or title_from(turns[0].text)
    ended = [session.ended_at for session in sessions.values()]
    with connection.cursor() as cursor:
        cursor.execute(GROWN, [list(sessions), ended, conversation.active_at, conversation.title, conversation.pk])
    rounds.join([turn for turn in turns if turn.remembered])


def title_from(text: str) -> str:
    """A conversation is called by its first words until someone names it."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"


def _open_session(conversation: Conversation, said_at: datetime) -> Session:
    """The session a turn said now belongs to. The row lock decides between a closing sweep and a new turn."""
    session = conversation.sessions.select_for_update().filter(closed_at=None).first()
    if session is not None and said_at - session.ended_at > silence():
        close_session(session=session, at=said_at)
        session = None
    return session or begin_session(conversation=conversation, started_at=said_at)


def begin_session(*, conversation: Conversation, started_at: datetime, origin: str | None = None) -> Session:
    """A new stretch of a conversation; `origin` names it as its source does."""
    return Session.objects.create(
        owner_id=conversation.owner_id,
        conversation=conversation,
        origin=origin,
        started_at=started_at,
        ended_at=started_at,
    )


def silence() -> timedelta:
    """So long a silence ends a session."""
    return timedelta(minutes=settings.SESSION_SILENCE_MINUTES)


def close_session(*, session: Session, at: datetime) -> bool:
    """No turn joins it from here on; unless none is to be remembered, its consolidation is due.

    True if this call closed it. An import closes a session before its turns are written.
    """
    closed = Session.objects.filter(pk=session.pk, closed_at=None).update(closed_at=at)
    if closed and not _only_unremembered(session):
        due = max(at, clock.now())  # of what was said long ago and is imported today, nothing waits since then
        Step.objects.bulk_create(
            [Step(owner_id=session.owner_id, session=session, kind=kind, due_at=due) for kind in Step.Kind],
            ignore_conflicts=True,
        )
    return bool(closed)


def _only_unremembered(session: Session) -> bool:
    return session.turns.exists() and not session.turns.remembered().exists()
