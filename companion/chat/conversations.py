"""What the page reads: a person's conversations, and the turns of one."""

from typing import Any, cast
from uuid import UUID

from companion.accounts.models import Person
from companion.chat.protocol import Done, Ending
from companion.chat.receipts import receipts
from memory import dialogue
from memory.isolation import acting_as
from memory.models import Conversation, Reply, Turn

PAGE = 50  # turns
LISTED = 200  # conversations


def list_conversations(person: Person) -> list[dict[str, Any]]:
    """The latest conversations, newest first."""
    with acting_as(person.pk):
        rows = Conversation.objects.of(person.pk).order_by("-active_at")[:LISTED]
        return [{"id": str(row.pk), "title": row.title, "active_at": row.active_at.isoformat()} for row in rows]


def read_conversation(person: Person, conversation_id: UUID, *, before: int | None = None) -> dict[str, Any]:
    """A page of turns, oldest first, that ends before the turn `before`. Raises dialogue.NoSuchConversation."""
    with acting_as(person.pk):
        conversation = dialogue.find_conversation(person_id=person.pk, conversation_id=conversation_id)
        turns = conversation.turns.order_by("-number").select_related("reply", "written_by")
        if before is not None:
            earliest = conversation.turns.filter(pk=before).values("number")
            turns = turns.filter(number__lt=earliest)
        page = list(turns[: PAGE + 1])
        kept = receipts([t.written_by.pk for t in page if hasattr(t, "written_by")], person=person)
        shown = [_turn(turn, kept) for turn in reversed(page[:PAGE])]
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "companion": conversation.companion_id,
        "turns": shown,
        "more": len(page) > PAGE,
    }


def _turn(turn: Turn, kept: dict[UUID | None, Any]) -> dict[str, Any]:
    written_by: Reply | None = getattr(turn, "written_by", None)
    receipt = kept.get(written_by.pk) if written_by else None
    return {
        "id": turn.pk,
        "speaker": turn.speaker,
        "text": turn.text,
        "said_at": turn.said_at.isoformat(),
        "client_id": str(turn.client_id),
        "reply": _reply(turn),
        "receipt": receipt.model_dump(mode="json") if receipt else None,
        "state": written_by.state if written_by else None,
    }


def _reply(turn: Turn) -> dict[str, Any] | None:
    reply: Reply | None = getattr(turn, "reply", None)
    if reply is None:
        return None
    return {
        "id": str(reply.pk),
        "state": reply.state,
        "explanation": reply.explanation,
        "can_retry": reply.can_retry,
        "answered": reply.answer_id is not None,
    }


def finished(person: Person, reply_id: UUID, *, seq: int) -> Done | None:
    """How a reply ended, with its words and its receipt; None while it is being written. Raises Reply.DoesNotExist."""
    with acting_as(person.pk):
        reply = Reply.objects.of(person.pk).select_related("turn", "answer").get(pk=reply_id)
        if reply.state in Reply.OPEN:
            return None
        return Done(
            reply=reply.pk,
            seq=seq,
            conversation=reply.turn.conversation_id,
            state=cast(Ending, reply.state),
            turn=reply.answer_id,
            text=reply.answer.text if reply.answer else "",
            said_at=reply.answer.said_at if reply.answer else None,
            explanation=reply.explanation,
            can_retry=reply.can_retry,
            receipt=receipts([reply.pk], person=person).get(reply.pk),
        )
