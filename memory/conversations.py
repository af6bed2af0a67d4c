"""What a person does with their conversations: name them, find words in them, delete them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from memory import erasure, naming
from memory.dialogue import UNKEEPABLE, NoSuchConversation, NothingSaid, find_conversation, is_blank
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.marks import on_one_line
from memory.models import Conversation, Erasure, Memory, Source, Speaker, Turn
from memory.models.owned import OwnedQuerySet
from memory.models.trace import BY_HAND

MOST_WORDS = 8  # of a search; what is written beyond them is not looked for
EXCERPT = 90  # characters told of a turn that was found
BEFORE = 30  # of them, before the word


def listed(person_id: int) -> OwnedQuerySet[Conversation]:
    """Those that stand in the sidebar, newest first: on the record, and something in them can still be read."""
    shown = Exists(Turn.objects.of(person_id).shown().filter(conversation=OuterRef("pk")))
    talked = Conversation.objects.of(person_id).filter(shown, off_record=False)
    talked = talked.exclude(origin__startswith=BY_HAND)  # what was corrected by hand is no talk
    return talked.order_by("-active_at", "-pk")


def listed_after(person_id: int, active_at: datetime, conversation_id: UUID) -> OwnedQuerySet[Conversation]:
    """Those that stand in the sidebar below a place in it, whether or not that conversation still does."""
    below = listed(person_id).filter(active_at__lte=active_at)
    return below.exclude(active_at=active_at, pk__gte=conversation_id)


def rename(*, person_id: int, conversation_id: UUID, title: str) -> Conversation:
    """Call it as the person says; no summary renames it from then on. Raises NothingSaid, NoSuchConversation."""
    title = " ".join(title.translate(UNKEEPABLE).split())
    if is_blank(title):
        raise NothingSaid(gettext("A name has at least one letter."))
    conversation = find_conversation(person_id=person_id, conversation_id=conversation_id)
    conversation.title, conversation.named = title[:120], True
    conversation.save(update_fields=["title", "named"])
    return conversation


@dataclass(frozen=True)
class Found:
    """A conversation in which the words were found; where they stand in a turn, the last such turn."""

    conversation: Conversation
    turn: Turn | None
    excerpt: str


def find(*, person_id: int, words: str, most: int = 30) -> list[Found]:
    """Conversations with all of these words in their title or in one of their turns, newest first.

    A word is found as part of another, whatever its case. Runs inside `acting_as(person)`.
    """
    wanted = words.translate(UNKEEPABLE).split()[:MOST_WORDS]
    if not wanted:
        return []
    in_title, in_text = Q(), Q()
    for word in wanted:
        in_title &= Q(title__icontains=word)
        in_text &= Q(text__icontains=word)
    turns = Turn.objects.of(person_id).shown().filter(in_text)
    rows = list(listed(person_id).filter(in_title | Exists(turns.filter(conversation=OuterRef("pk"))))[:most])
    naming.hide_names(rows)
    latest = turns.filter(conversation__in=[row.pk for row in rows])
    told = {turn.conversation_id: turn for turn in latest.order_by("conversation", "-number").distinct("conversation")}
    held = [row for row in rows if row.pk in told or _is_named_by(row, wanted)]
    return [_found(row, told.get(row.pk), wanted[0]) for row in held]


def _is_named_by(conversation: Conversation, words: Iterable[str]) -> bool:
    title = conversation.title.casefold()
    return all(word.casefold() in title for word in words)


def _found(conversation: Conversation, turn: Turn | None, word: str) -> Found:
    return Found(conversation, turn, excerpt(turn.text, word) if turn else "")


def excerpt(text: str, word: str) -> str:
    """The words around the first place of a word, on one line, cut between words."""
    line = on_one_line(text)
    if word.casefold() not in line.casefold():  # it is, or holds, a mark itself
        line = " ".join(text.split())
    at = max(line.casefold().find(word.casefold()), 0)
    start = max(line.rfind(" ", 0, at - BEFORE) + 1, at - 2 * BEFORE) if at > BEFORE else 0
    cut = line[start : start + EXCERPT]
    if start + EXCERPT < len(line) and cut.rfind(" ") > at - start + len(word):
        cut = cut[: cut.rfind(" ")] + " "
    return f"{'…' if start else ''}{cut}{'…' if start + EXCERPT < len(line) else ''}"


@dataclass(frozen=True)
class Extent:
    """What goes with a conversation."""

    said: int  # the person's turns
    replies: int
    facts: int  # that no other conversation tells
    summaries: int  # of its sessions; those of its days are made anew


@dataclass(frozen=True)
class Deletion:
    """A conversation that is gone from sight, and until when it can be brought back."""

    erasure_id: int
    conversation_id: UUID
    title: str
    until: datetime
    goes: Extent


def delete(*, person_id: int, conversation_id: UUID) -> Deletion:
    """Have it erased with all that was made of it, postponed as any erasure is. Raises NoSuchConversation."""
    with acting_as(person_id):
        conversation = find_conversation(person_id=person_id, conversation_id=conversation_id)
    wish = Wish(Erasure.Kind.CONVERSATION, conversation=conversation_id)
    try:
        asked = erasure.forget(person_id=person_id, wish=wish)
    except erasure.NothingToForget as gone:
        raise NoSuchConversation(gettext("There is no such conversation.")) from gone
    with acting_as(person_id):
        return _deletion(asked, conversation)


def deletions(person_id: int) -> list[Deletion]:
    """Those that can still be brought back, the latest first. Runs inside `acting_as(person)`."""
    waiting = Erasure.objects.of(person_id).filter(kind=Erasure.Kind.CONVERSATION, state=Erasure.State.WAITING)
    found = []
    for asked in waiting.order_by("-asked_at"):
        conversation = Conversation.objects.of(person_id).present().filter(turns__erasure=asked).first()
        if conversation is not None:
            found.append(_deletion(asked, conversation))
    return found


def _deletion(asked: Erasure, conversation: Conversation) -> Deletion:
    return Deletion(asked.pk, conversation.pk, conversation.title, asked.due_at, extent(conversation))


def extent(conversation: Conversation) -> Extent:
    """How much of each goes with it. Runs inside `acting_as(person)`."""
    of_here = Memory.objects.of(conversation.owner_id).filter(session__conversation=conversation)
    facts = Memory.objects.of(conversation.owner_id).filter(
        kind=Memory.Kind.FACT, sources__turn__conversation=conversation
    )
    elsewhere = Source.objects.filter(memory=OuterRef("pk")).exclude(turn__conversation=conversation)
    return Extent(
        said=conversation.turns.filter(speaker=Speaker.PERSON).count(),
        replies=conversation.turns.filter(speaker=Speaker.COMPANION).count(),
        facts=facts.filter(~Exists(elsewhere)).distinct().count(),
        summaries=of_here.filter(kind=Memory.Kind.SESSION_SUMMARY).count(),
    )


def restore(*, person_id: int, erasure_id: int) -> Conversation | None:
    """Bring a deleted conversation back; None where it is too late."""
    with acting_as(person_id):
        deleted = Turn.objects.of(person_id).filter(erasure=erasure_id, erasure__kind=Erasure.Kind.CONVERSATION)
        conversation = (
            Conversation.objects.of(person_id).present().filter(pk__in=deleted.values("conversation")).first()
        )
    if conversation is None or not erasure.withdraw(person_id=person_id, erasure_id=erasure_id):
        return None
    return conversation


def end(*, person_id: int, conversation_id: UUID) -> Erasure:
    """A conversation off the record is over: it is erased, due at once. Raises NoSuchConversation."""
    with acting_as(person_id):
        conversation = find_conversation(person_id=person_id, conversation_id=conversation_id)
    if not conversation.off_record:
        raise NoSuchConversation(gettext("There is no such conversation off the record."))
    wish = Wish(Erasure.Kind.CONVERSATION, conversation=conversation_id)
    return erasure.forget(person_id=person_id, wish=wish, after=timedelta())
