"""What the page reads: a person's conversations, and the turns of one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from companion.accounts.models import Person
from companion.chat.changes import Notice
from companion.chat.notices import notices
from companion.chat.pages import Found, Heading, Headings, Page, TurnReply
from companion.chat.pages import Turn as TurnShown
from companion.chat.protocol import Done, Ending, Receipt, ReplyState, Speaker
from companion.chat.receipts import receipt_of, receipts
from memory import conversations, dialogue, naming
from memory.isolation import acting_as
from memory.models import Conversation, Reply, Turn
from memory.versions import said_versions, versions

PAGE = 50  # turns
LISTED = 200  # conversations of a page

Place = tuple[datetime, UUID]  # in the list: when a conversation was last active, and which it is


def list_conversations(person: Person, after: Place | None = None) -> Headings:
    """A page of conversations, newest first: the latest, or those `after` a place in the list."""
    with acting_as(person.pk):
        rows = conversations.listed_after(person.pk, *after) if after else conversations.listed(person.pk)
        page = list(rows[: LISTED + 1])
        naming.hide_names(page)
    listed = [Heading(**_heading(row)) for row in page[:LISTED]]
    return Headings(conversations=listed, more=len(page) > LISTED)


def find_words(person: Person, words: str) -> list[Found]:
    """The conversations that hold these words, newest first, each with a place where they stand."""
    with acting_as(person.pk):
        return [
            Found(**_heading(one.conversation), turn=one.turn.pk if one.turn else None, excerpt=one.excerpt)
            for one in conversations.find(person_id=person.pk, words=words)
        ]


def _heading(row: Conversation) -> dict[str, Any]:
    return {"id": row.pk, "title": row.title, "active_at": row.active_at, "companion": row.companion_id}


def read_conversation(
    person: Person, conversation_id: UUID, *, before: int | None = None, down_to: int | None = None
) -> Page:
    """A page of turns, oldest first, that ends before the turn `before`, and holds the turn `down_to` with what goes
    before it. Raises dialogue.NoSuchConversation."""
    with acting_as(person.pk):
        conversation = dialogue.find_conversation(person_id=person.pk, conversation_id=conversation_id)
        naming.hide_names([conversation])
        turns = conversation.turns.shown().order_by("-number").select_related("reply", "written_by")
        if before is not None:
            earliest = conversation.turns.filter(pk=before).values("number")
            turns = turns.filter(number__lt=earliest)
        size = PAGE
        if down_to is not None:
            wanted = conversation.turns.filter(pk=down_to).values("number")
            size += turns.filter(number__gte=wanted).count()
        page = list(turns[: size + 1])
        kept = receipts([t.written_by.pk for t in page if hasattr(t, "written_by")], person=person)
        noticed = notices([turn.pk for turn in page], person=person)
        written = versions(person.pk, {turn.answers_id or turn.pk for turn in page})
        kept = {by: receipt for by, receipt in kept.items() if by not in _without_receipt(page, written)}
        said = said_versions(person.pk, page)
        shown = [
            _turn(turn, kept, _reply(turn, noticed.get(turn.pk), written.get(turn.pk, [])), said.get(turn.pk, []))
            for turn in reversed(page[:size])
        ]
    return Page(
        id=conversation.pk,
        title=conversation.title,
        companion=conversation.companion_id,
        off_record=conversation.off_record,
        turns=shown,
        more=len(page) > size,
    )


def _turn(turn: Turn, kept: dict[UUID | None, Receipt], reply: TurnReply | None, versions: list[int]) -> TurnShown:
    written_by: Reply | None = getattr(turn, "written_by", None)
    return TurnShown(
        id=turn.pk,
        speaker=cast(Speaker, turn.speaker),
        text=turn.text,
        said_at=turn.said_at,
        client_id=turn.client_id,
        reply=reply,
        receipt=kept.get(written_by.pk) if written_by else None,
        state=cast(ReplyState, written_by.state) if written_by else None,
        versions=versions,
    )


def _without_receipt(page: Iterable[Turn], written: dict[int, list[int]]) -> set[UUID]:
    """Replies of which another version stands than the one that the receipt was written for."""
    by_reply = {turn.written_by.pk: turn for turn in page if hasattr(turn, "written_by")}
    return {reply_id for reply_id, turn in by_reply.items() if not _is_latest(turn, written)}


def _is_latest(answer: Turn | None, written: dict[int, list[int]]) -> bool:
    """Whether no version of it was written later: a receipt is kept of the latest alone."""
    return answer is None or written.get(answer.answers_id or 0, [answer.pk])[-1] == answer.pk


def _only_version(reply: Reply) -> dict[int, list[int]]:
    """The same of a reply that was asked for once."""
    return {reply.turn_id: [reply.answer.pk]} if reply.answer and reply.answer.erasure_id is None else {}


def _reply(turn: Turn, notice: Notice | None, written: list[int]) -> TurnReply | None:
    reply: Reply | None = getattr(turn, "reply", None)
    if reply is None:
        return None
    return TurnReply(
        id=reply.pk,
        state=cast(ReplyState, reply.state),
        explanation=reply.explanation,
        can_retry=reply.can_retry,
        answered=reply.answer_id is not None,
        notice=notice,
        versions=written,
    )


def finished(person: Person, reply_id: UUID, *, seq: int) -> Done | None:
    """How a reply ended, with its words and its receipt; None while it is being written. Raises Reply.DoesNotExist."""
    with acting_as(person.pk):
        with_all = Reply.objects.of(person.pk).select_related("turn__request", "turn__conversation", "answer", "recall")
        reply = with_all.get(pk=reply_id)
        if reply.state in Reply.OPEN:
            return None
        written = versions(person.pk, [reply.turn_id]) if reply.asked > 1 else _only_version(reply)
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
            receipt=receipt_of(reply, person=person) if _is_latest(reply.answer, written) else None,
            notice=notices([reply.turn_id], person=person).get(reply.turn_id)
            if hasattr(reply.turn, "request")
            else None,
            versions=written.get(reply.turn_id, []),
        )
