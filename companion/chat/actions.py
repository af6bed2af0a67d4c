"""What a socket's frames do: plain functions over memory and the worker's queue."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from kombu.exceptions import OperationalError
from pydantic import BaseModel
from redis.exceptions import RedisError

from companion.accounts.models import Person
from companion.chat import changes, protocol
from companion.chat.conversations import finished
from companion.chat.notices import forgotten_frame, notices
from memory import clock, companions, conversations, dialogue, erasure, naming, obeying, unremembered, versions
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Reply
from worker import backlog, engines, stream, tasks
from worker.queueing import soon

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
        forgotten = [forgotten_frame(one) for one in obeying.forgotten(person.pk)]
        paused = unremembered.paused_since(person.pk)
        deleted = [_deleted(one) for one in conversations.deletions(person.pk)]
        latest = conversations.listed(person.pk).first()
    return protocol.Welcome(
        person=protocol.Named(name=person.called),
        companion=protocol.Named(name=companion.name),
        engine=protocol.EngineState(**engines.describe()),
        open=open_replies,
        deleted=deleted,
        forgotten=forgotten,
        paused=paused,
        active_at=latest.active_at if latest else None,
    )


def keep(person: Person, frame: protocol.Say) -> dialogue.Said:
    """Store what was said, committed when this returns. Raises what `say_instead` raises, and NoSuchCompanion."""
    with acting_as(person.pk):
        said: dict[str, Any] = {
            "person_id": person.pk,
            "companion": _spoken_to(person, frame.companion),
            "conversation_id": frame.conversation,
            "client_id": frame.client_id,
            "text": frame.text,
            "said_at": clock.now(),
        }
        if frame.instead_of is not None:
            kept = versions.say_instead(turn_id=frame.instead_of, **said)
        else:
            kept = dialogue.say(off_record=frame.off_record, **said)
        if frame.conversation is not None:
            naming.hide_names([kept.turn.conversation])
        return kept


def _spoken_to(person: Person, companion_id: int | None) -> Companion:
    """Whom a new conversation is with. Raises companions.NoSuchCompanion."""
    if companion_id is None:
        return dialogue.default_companion(person_id=person.pk)
    return companions.find(person_id=person.pk, companion_id=companion_id)


def queue_reply(reply: Reply) -> None:
    """Ask for an answer. Raises QueueAway while Redis cannot be reached."""
    tasks.reply.delay(reply.owner_id, str(reply.pk))


def queue_said(said: dialogue.Said) -> bool:
    """Ask for an answer; whether it will wait for others. Raises QueueAway, RedisError."""
    queue_reply(said.reply)
    return backlog.is_crowded()


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


def write_anew(person: Person, reply_id: UUID) -> bool:
    """Have a whole reply written once more. Raises Reply.DoesNotExist, RedisError, QueueAway."""
    with acting_as(person.pk):
        reply = Reply.objects.of(person.pk).get(pk=reply_id)
        again = versions.write_anew(person_id=person.pk, reply_id=reply_id)
    if again:
        stream.forget_stop(reply_id)
        queue_reply(reply)
    return again


def stand(person: Person, frame: protocol.Stand) -> protocol.Stood:
    """Let another version of a reply stand. Raises versions.NoSuchVersion."""
    with acting_as(person.pk):
        versions.stand(person_id=person.pk, reply_id=frame.reply, turn_id=frame.turn)
    done = finished(person, frame.reply, seq=0)
    if done is None:
        raise versions.NoSuchVersion(gettext("It is being written once more."))
    return protocol.Stood(done=done)


def stand_said(person: Person, frame: protocol.StandSaid) -> changes.Changed:
    """Let another version of what was said last stand. Raises versions.NoSuchVersion."""
    with acting_as(person.pk):
        chosen = versions.stand_said(person_id=person.pk, turn_id=frame.turn)
    return changes.Changed(conversation=chosen.conversation_id)


def rename(person: Person, frame: protocol.Rename) -> changes.Renamed:
    """Give a conversation its name. Raises dialogue.NothingSaid, dialogue.NoSuchConversation."""
    with acting_as(person.pk):
        conversation = conversations.rename(person_id=person.pk, conversation_id=frame.conversation, title=frame.title)
    return changes.Renamed(conversation=conversation.pk, title=conversation.title)


def delete(person: Person, frame: protocol.Delete) -> changes.Deleted:
    """Delete a conversation; it can be brought back for a while. Raises dialogue.NoSuchConversation."""
    return _deleted(conversations.delete(person_id=person.pk, conversation_id=frame.conversation))


def queue_erasure(person: Person, erasure_id: int) -> None:
    """Have replies begun anew whose prompts held what is deleted."""
    soon(tasks.erase, person.pk, erasure_id)


def restore(person: Person, frame: protocol.Restore) -> changes.Restored | changes.Unforgotten:
    """Bring a deleted conversation or a topic back. Raises dialogue.NoSuchConversation where it is too late."""
    conversation = conversations.restore(person_id=person.pk, erasure_id=frame.erasure)
    if conversation is None and erasure.withdraw(person_id=person.pk, erasure_id=frame.erasure):
        return changes.Unforgotten(erasure=frame.erasure)
    if conversation is None:
        raise dialogue.NoSuchConversation(gettext("It is too late: that is gone."))
    with acting_as(person.pk):
        naming.hide_names([conversation])
    return changes.Restored(
        conversation=conversation.pk,
        companion=conversation.companion_id,
        title=conversation.title,
        active_at=conversation.active_at,
        erasure=frame.erasure,
    )


def end(person: Person, frame: protocol.End) -> int | None:
    """Remove a conversation off the record; the erasure that does it, none where it is gone already.

    Raises dialogue.NoSuchConversation for one that is on the record.
    """
    with acting_as(person.pk):
        if not Conversation.objects.of(person.pk).filter(pk=frame.conversation).exists():
            return None
    with suppress(erasure.NothingToForget):
        return conversations.end(person_id=person.pk, conversation_id=frame.conversation).pk
    return None


def pause(person: Person, frame: protocol.Pause) -> changes.Paused:
    """Remember nothing new from now on, or remember again."""
    with acting_as(person.pk):
        dialogue.default_companion(person_id=person.pk)
        (unremembered.pause if frame.paused else unremembered.resume)(person_id=person.pk)
        return changes.Paused(since=unremembered.paused_since(person.pk))


def undo(person: Person, frame: protocol.Undo) -> changes.Noticed:
    """Take back a wish to remember. Raises obeying.NoSuchRequest."""
    with acting_as(person.pk):
        request = obeying.let_fade(person_id=person.pk, request_id=frame.request)
        reply = Reply.objects.of(person.pk).get(turn=request.turn_id)
        return changes.Noticed(reply=reply.pk, notice=notices([request.turn_id], person=person)[request.turn_id])


def forget(person: Person, frame: protocol.Forget) -> changes.Forgotten:
    """Forget what was confirmed of a topic. Raises obeying.NoSuchRequest."""
    asked = obeying.forget(person_id=person.pk, request_id=frame.request, turn_ids=frame.turns)
    with acting_as(person.pk):
        return forgotten_frame(asked)


def _deleted(one: conversations.Deletion) -> changes.Deleted:
    return changes.Deleted(
        conversation=one.conversation_id,
        title=one.title,
        erasure=one.erasure_id,
        until=one.until,
        goes=changes.Extent(**vars(one.goes)),
    )


def kept_frame(said: dialogue.Said, frame: protocol.Say) -> protocol.Kept:
    """The acknowledgement."""
    return protocol.Kept(
        client_id=said.turn.client_id,
        conversation=said.turn.conversation_id,
        companion=said.turn.conversation.companion_id,
        title=said.turn.conversation.title,
        off_record=said.turn.conversation.off_record,
        instead_of=frame.instead_of,
        turn=said.turn.pk,
        said_at=said.turn.said_at,
        reply=said.reply.pk,
    )


def said_frame(said: dialogue.Said, frame: protocol.Say) -> str:
    """The same, for the person's other tabs, with the words."""
    kept = kept_frame(said, frame).model_dump(exclude={"type"})
    return protocol.SaidElsewhere(**kept, text=said.turn.text).model_dump_json()


TOLD_TO_ALL: dict[type[changes.Frame], Callable[[Person, Any], BaseModel]] = {
    protocol.Stand: stand,
    protocol.StandSaid: stand_said,
    protocol.Rename: rename,
    protocol.Delete: delete,
    protocol.Restore: restore,
    protocol.Pause: pause,
    protocol.Undo: undo,
    protocol.Forget: forget,
}  # what these do is told to all tabs of the person alike

__all__ = [
    "TOLD_TO_ALL",
    "QueueAway",
    "RedisError",
    "end",
    "keep",
    "kept_frame",
    "queue_erasure",
    "queue_reply",
    "queue_said",
    "said_frame",
    "stop",
    "try_again",
    "welcome",
    "write_anew",
]
