"""What a socket's frames do: plain functions over memory and the worker's queue."""

from uuid import UUID

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from companion.accounts.models import Person
from companion.chat import protocol
from memory import clock, dialogue
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Reply
from worker import engines, stream, tasks

QueueAway = OperationalError


def welcome(person: Person) -> protocol.Welcome:
    """Who talks with whom, by what engine, and what is still being written."""
    with acting_as(person.pk):
        companion = dialogue.default_companion(person_id=person.pk)
        waiting = Reply.objects.of(person.pk).filter(state__in=Reply.OPEN).select_related("turn")
        open_replies = [
            protocol.OpenReply(reply=reply.pk, conversation=reply.turn.conversation_id, turn=reply.turn_id)
            for reply in waiting
        ]
    return protocol.Welcome(
        person=protocol.Named(name=person.called),
        companion=protocol.Named(name=companion.name),
        engine=protocol.EngineState(**engines.describe()),
        open=open_replies,
    )


def keep(person: Person, frame: protocol.Say) -> dialogue.Said:
    """Store what was said, committed when this returns. Raises what `dialogue.say` raises."""
    with acting_as(person.pk):
        return dialogue.say(
            person_id=person.pk,
            companion=dialogue.default_companion(person_id=person.pk),
            conversation_id=frame.conversation,
            client_id=frame.client_id,
            text=frame.text,
            said_at=clock.now(),
        )


def queue_reply(reply: Reply) -> None:
    """Ask for an answer. Raises QueueAway while Redis cannot be reached."""
    tasks.reply.delay(reply.owner_id, str(reply.pk))


def stop(person: Person, reply_id: UUID) -> bool:
    """Ask whoever writes this reply to stop. Raises Reply.DoesNotExist, RedisError."""
    with acting_as(person.pk):
        Reply.objects.of(person.pk).get(pk=reply_id)
        wanted = replies.request_stop(reply_id=reply_id)
    if wanted:
        stream.ask_to_stop(reply_id)
    return wanted


def try_again(person: Person, reply_id: UUID) -> bool:
    """Have a broken or stopped reply written again. Raises Reply.DoesNotExist, RedisError, QueueAway."""
    with acting_as(person.pk):
        reply = Reply.objects.of(person.pk).get(pk=reply_id)
        again = replies.ask_again(reply_id=reply_id)
    if again:
        stream.forget_stop(reply_id)
        queue_reply(reply)
    return again


def kept_frame(said: dialogue.Said) -> protocol.Kept:
    """The acknowledgement."""
    return protocol.Kept(
        client_id=said.turn.client_id,
        conversation=said.turn.conversation_id,
        title=said.turn.conversation.title,
        turn=said.turn.pk,
        said_at=said.turn.said_at,
        reply=said.reply.pk,
    )


def said_frame(said: dialogue.Said) -> str:
    """The same, for the person's other tabs, with the words."""
    kept = kept_frame(said).model_dump(exclude={"type"})
    return protocol.SaidElsewhere(**kept, text=said.turn.text).model_dump_json()


__all__ = [
    "QueueAway",
    "RedisError",
    "keep",
    "kept_frame",
    "queue_reply",
    "said_frame",
    "stop",
    "try_again",
    "welcome",
]
