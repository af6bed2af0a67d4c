"""Keep what is said: turns, their rounds, and the sessions they belong to.

Everything here runs inside `acting_as(person)`; nothing here needs a model, so no model can lose a word.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from memory import clock, retention
from memory.models import Companion, Conversation, Memory, Reply, Session, Source, Speaker, Step, Turn

TITLE_LENGTH = 60
LONE_SURROGATES = dict.fromkeys(range(55296, 57344), "�")
UNKEEPABLE = LONE_SURROGATES | {0: "\ufffd"}  # PostgreSQL's text holds neither


class NothingSaid(ValueError):
    """The text was empty or blank."""


class TooLong(ValueError):
    """The text was longer than `MESSAGE_LIMIT` characters."""


class SaidOtherwise(ValueError):
    """The same client id came before with other words, or in another conversation."""


class NoSuchConversation(LookupError):
    """This person has no such conversation; whether somebody else has is not told."""


def default_companion(*, person_id: int) -> Companion:
    """The companion a new conversation is with: the person's first, made the first time it is asked for."""
    companions = Companion.objects.of(person_id).order_by("pk")
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
        raise TooLong(f"{len(text):,} characters; at most {settings.MESSAGE_LIMIT:,} fit into one message.")
    text = text.translate(UNKEEPABLE).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise NothingSaid("There are no words in it.")
    return text


def say(
    *,
    person_id: int,
    companion: Companion,
    conversation_id: UUID | None,
    client_id: UUID,
    text: str,
    said_at: datetime,
) -> Said:
    """Keep what a person said and ask for a reply to it; a None conversation begins one.

    The same client id again returns what was kept. Raises NothingSaid, TooLong, SaidOtherwise, NoSuchConversation.
    """
    text = keepable(text)
    if (kept := _said_before(person_id, client_id, conversation_id, text)) is not None:
        return kept
    try:
        with transaction.atomic():
            return _say(person_id, companion, conversation_id, client_id, text, said_at)
    except IntegrityError:  # the same message came at the same moment through another socket
        if (kept := _said_before(person_id, client_id, conversation_id, text)) is None:
            raise
        return kept


def _say(
    person_id: int,
    companion: Companion,
    conversation_id: UUID | None,
    client_id: UUID,
    text: str,
    said_at: datetime,
) -> Said:
    conversation = (
        find_conversation(person_id=person_id, conversation_id=conversation_id)
        if conversation_id
        else begin_conversation(companion=companion, started_at=said_at)
    )
    turn = keep_turn(conversation=conversation, speaker=Speaker.PERSON, text=text, said_at=said_at, client_id=client_id)
    reply = Reply.objects.create(owner_id=person_id, turn=turn, queued_at=said_at)
    return Said(turn=turn, reply=reply, repeated=False)


def _said_before(person_id: int, client_id: UUID, conversation_id: UUID | None, text: str) -> Said | None:
    turns = Turn.objects.of(person_id).select_related("reply", "conversation")
    turn = turns.filter(client_id=client_id).first()
    if turn is None:
        return None
    elsewhere = conversation_id is not None and turn.conversation_id != conversation_id
    if turn.text != text or elsewhere or not hasattr(turn, "reply"):
        raise SaidOtherwise("This message's id was used before for other words.")
    return Said(turn=turn, reply=turn.reply, repeated=True)


def find_conversation(*, person_id: int, conversation_id: UUID) -> Conversation:
    """This person's conversation. Raises NoSuchConversation."""
    found = Conversation.objects.of(person_id).filter(pk=conversation_id).first()
    if found is None:
        raise NoSuchConversation("There is no such conversation.")
    return found


def begin_conversation(
    *, companion: Companion, started_at: datetime, title: str = "", origin: str | None = None
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
    session: Session | None = None,
    origin: str | None = None,
) -> Turn:
    """Store one utterance at the end of its conversation, in the session that is open or the one given.

    Raises IntegrityError where the client id was kept before.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    session = session or _open_session(conversation, said_at)
    last = conversation.turns.aggregate(last=Max("number"))["last"] or 0
    turn = Turn.objects.create(
        owner_id=conversation.owner_id,
        conversation=conversation,
        session=session,
        number=last + 1,
        speaker=speaker,
        text=text,
        said_at=said_at,
        client_id=client_id,
        answers=answers,
        origin=origin,
    )
    session.ended_at = max(session.ended_at, said_at)
    session.save(update_fields=["ended_at"])
    conversation.active_at = max(conversation.active_at, said_at)
    conversation.title = conversation.title or title_from(text)
    conversation.save(update_fields=["active_at", "title"])
    remember_round(turn)
    return turn


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
    """No turn joins it from here on, and its consolidation is due. True if this call closed it."""
    closed = Session.objects.filter(pk=session.pk, closed_at=None).update(closed_at=at)
    if closed:
        Step.objects.bulk_create(
            [Step(owner_id=session.owner_id, session=session, kind=kind, due_at=at) for kind in Step.Kind],
            ignore_conflicts=True,
        )
    return bool(closed)


def remember_round(turn: Turn) -> Memory:
    """The round of a turn: a person's turn begins one, the reply to it joins it (LongMemEval §5.2)."""
    memory = _round_answered_by(turn) or _begin_round(turn)
    Source.objects.create(owner_id=turn.owner_id, memory=memory, turn=turn, start=0, end=len(turn.text))
    return memory


def _round_answered_by(turn: Turn) -> Memory | None:
    if turn.answers_id is None:
        return None
    return Memory.objects.filter(kind=Memory.Kind.ROUND, sources__turn_id=turn.answers_id).first()


def _begin_round(turn: Turn) -> Memory:
    strength = retention.FIRST_STRENGTH[Memory.Kind.ROUND]
    return Memory.objects.create(
        owner_id=turn.owner_id,
        companion_id=turn.conversation.companion_id,
        session=turn.session,
        kind=Memory.Kind.ROUND,
        said_at=turn.said_at,
        strength=strength,
        recalled_at=turn.said_at,
        fades_at=retention.fades_at(turn.said_at, strength=strength),
    )
