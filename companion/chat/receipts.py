"""The receipt under a reply: what came to mind, why, and what became of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext

from companion.accounts.models import Person
from companion.chat.protocol import Recalled as RecalledFrame
from companion.chat.protocol import Receipt
from memory import clock
from memory.engine import Speaker
from memory.models import Recall, Recalled, Reply
from memory.reading import excerpt
from memory.temporal import range_in_words, when_in_words

NEAR = 0.35  # cosine from which "meaning" is told as a reason
WORDS = 0.15  # share of the question's words from which "words" is


def receipts(reply_ids: Sequence[UUID], *, person: Person) -> dict[UUID | None, Receipt]:
    """The receipts of these replies, by reply; times stand on the person's clock. Runs inside `acting_as`."""
    recalls = Recall.objects.of(person.pk).filter(reply_id__in=reply_ids)
    shown = recalls.prefetch_related(Prefetch("recalled", _kept(person)))
    shown = shown.select_related("reply__turn__conversation")
    return {one.reply_id: _receipt(one, _whose(one.reply), one.recalled.all(), person.time_zone) for one in shown}


def receipt_of(reply: Reply, *, person: Person) -> Receipt | None:
    """The receipt of one reply, whose recall is read already. Runs inside `acting_as`."""
    recall: Recall | None = getattr(reply, "recall", None)
    if recall is None:
        return None
    return _receipt(recall, _whose(reply), _kept(person).filter(recall=recall), person.time_zone)


def _whose(reply: Reply | None) -> int | None:
    """The companion that replies."""
    return reply.turn.conversation.companion_id if reply else None


def _kept(person: Person) -> QuerySet[Recalled]:
    """What came to mind, but for what is about to be erased."""
    return (
        Recalled.objects.of(person.pk)
        .exclude(turn__erasure__isnull=False)
        .select_related("memory", "turn__conversation__companion")
    )


def _receipt(recall: Recall, companion: int | None, rows: Iterable[Recalled], zone: str) -> Receipt:
    now = clock.now()
    recalled = [_recalled(row, recall, companion, zone, now) for row in rows]
    return Receipt(
        needed=recall.needs_memory, recalled=recalled, sufficient=recall.sufficient, dates=_understood(recall)
    )


def _understood(recall: Recall) -> str:
    """“last spring”: 1 March to 31 May 2026."""
    if not recall.asked_in_words:
        return ""
    first, last = recall.asked_from, recall.asked_to
    days = range_in_words(first, last) if first and last else gettext("of any year")
    return gettext("“%(words)s”: %(days)s") % {"words": recall.asked_in_words, "days": days}


def _recalled(row: Recalled, recall: Recall, companion: int | None, zone: str, now: datetime) -> RecalledFrame:
    told_to = row.turn.conversation.companion if row.turn else None
    said_at = clock.local(row.memory.said_at if row.turn is None else row.turn.said_at, zone)
    return RecalledFrame(
        memory=row.memory_id,
        turn=row.turn_id,
        conversation=row.turn.conversation_id if row.turn else None,
        speaker=cast(Speaker, row.turn.speaker if row.turn else "person"),
        told_to=told_to.name if told_to and told_to.pk != companion else "",
        quote=excerpt(row.turn.text if row.turn else row.memory.text),
        said_at=said_at,
        when=when_in_words(said_at, moment=clock.local(recall.moment, zone)),
        why=why(row.scores),
        scores={part: row.scores[part] for part in ("dense", "lexical", "total")},
        retention=round(row.memory.retention(now), 3),
        pinned=row.memory.pinned,
        in_prompt=row.in_prompt,
        used=row.used,
    )


def why(scores: dict[str, float]) -> list[str]:
    """The reasons that weighed, in words."""
    reasons = []
    if scores.get("said_then", 0) > 0:
        reasons.append(gettext("Said at that time"))
    if scores["lexical"] >= WORDS:
        reasons.append(gettext("Shares your words"))
    if scores["dense"] >= NEAR:
        reasons.append(gettext("Near in meaning"))
    return reasons or [gettext("Faintly near")]
