"""The work of answering a turn: claimed by one worker at a time, renewed while it writes, finished once.

Every change is one conditional UPDATE on the claim, so a worker that lost its claim can change nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from memory import clock, dialogue, indexing, rounds, tombstone
from memory.engine import Note
from memory.models import Conversation, Memory, Recall, Recalled, Reply, Speaker, Turn
from memory.recall import Candidate, Remembering
from memory.reinforcement import reinforce
from memory.temporal import DateRange

DIED_TOO_OFTEN = gettext_lazy(
    "The reply was begun several times and never finished. Your words are kept; try again in a while."
)


class ClaimLost(Exception):
    """The reply went to another worker, was asked anew, or is gone with its question."""


def lease() -> timedelta:
    """A worker that is silent for so long has lost its claim."""
    return timedelta(seconds=settings.REPLY_LEASE_SECONDS)


def is_silent(now: datetime) -> Q:
    """Of replies that are being written, those that their worker has lost.

    A claim that holds for longer than any can was made before the clock was set back: nobody waits for it to be over.
    """
    never = now + lease() + clock.APART
    return Q(state=Reply.State.WRITING) & (Q(claimed_until__lt=now) | Q(claimed_until__gt=never))


def is_overdue(now: datetime) -> Q:
    """Of replies, those that were queued a lease ago, or before the clock was set back."""
    return Q(queued_at__lt=now - lease()) | Q(queued_at__gt=now + clock.APART)


def claim(*, reply_id: UUID) -> Reply | None:
    """Take a waiting reply, or one whose worker fell silent.

    None where somebody else has it, it is finished, or what it answers is about to be erased or was said otherwise.
    """
    now, token = clock.now(), uuid4()
    free = Q(state=Reply.State.WAITING) | is_silent(now)
    gone = Turn.objects.filter(Q(erasure__isnull=False) | Q(stands=False), reply=OuterRef("pk"))
    # No join: it would become a subselect, which PostgreSQL does not look at again once it has waited for the row.
    taken = Reply.objects.filter(free, ~Exists(gone), pk=reply_id).update(
        state=Reply.State.WRITING, claim=token, claimed_until=now + lease(), attempts=F("attempts") + 1
    )
    with_all = Reply.objects.select_related("owner", "turn__conversation__companion", "turn__request")
    return with_all.get(pk=reply_id) if taken else None


def renew(*, reply_id: UUID, token: UUID) -> bool | None:
    """Hold on to a claim: None if it is lost, else whether the person asked to stop.

    One statement, by hand: hundreds of replies ask for it every few seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update memory_reply set claimed_until = %s where id = %s and claim = %s and state = %s"
            " returning stop_requested",
            [clock.now() + lease(), reply_id, token, Reply.State.WRITING],
        )
        held = cursor.fetchone()
    return bool(held[0]) if held else None


@transaction.atomic(savepoint=False)
def finish(
    *,
    reply: Reply,
    state: Reply.State,
    text: str,
    explanation: str = "",
    can_retry: bool = False,
    used: Sequence[int] = (),
    came: "Came | None" = None,
    says_new: bool = True,
) -> bool:
    """Keep what was written, mark what it used, let go of the claim. False, with nothing changed, if it was lost.

    Of an answer that `says` nothing `new`, because it only quotes what is remembered, nothing is made: found later, it
    would stand before what it quotes.

    A whole reply reinforces the memories that it used, in the same transaction: it is whole once and stays so, so they
    are reinforced once, whoever else was given the same work. One that was stopped or broke may be asked for again.
    What is not remembered itself strengthens nothing either. What `came` to mind is kept with it, where it was not yet.
    """
    if not _hold(reply):
        return False
    answer = _keep_answer(reply, text, says_new) if text.strip() else None
    if came is not None:
        _keep_recall(reply, came, used)
    else:
        Recalled.objects.filter(recall__reply=reply).update(used=False)
        Recalled.objects.filter(recall__reply=reply, memory_id__in=used, in_prompt=True).update(used=True)
    now = clock.now()
    if state == Reply.State.WHOLE and reply.turn.remembered:
        reinforce(person_id=reply.owner_id, memory_ids=used, at=now)
    reply.answer = answer
    _held(reply).update(
        state=state,
        answer=answer,
        claim=None,
        claimed_until=None,
        engine=reply.engine,
        explanation=explanation,
        can_retry=can_retry,
        stop_requested=False,
        finished_at=now,
    )
    return True


def _held(reply: Reply) -> QuerySet[Reply]:
    """Its row, if the claim on it still holds."""
    return Reply.objects.filter(pk=reply.pk, claim=reply.claim, state=Reply.State.WRITING)


def _hold(reply: Reply) -> bool:
    """Hold off erasing, then whoever else would claim it; whether the claim on it still holds."""
    tombstone.let_write(reply.owner_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from memory_reply where id = %s and claim = %s and state = %s for update",
            [reply.pk, reply.claim, Reply.State.WRITING],
        )
        return cursor.fetchone() is not None


def _keep_answer(reply: Reply, text: str, says_new: bool) -> Turn:
    """The companion's turn; one that was broken off before and is now written again is replaced in its place."""
    text = text.translate(dialogue.UNKEEPABLE)
    earlier = Turn.objects.of(reply.owner_id).filter(pk=reply.answer_id).first() if reply.answer_id else None
    if earlier is None:
        client_id = uuid5(reply.pk, f"answer {reply.asked}" if reply.asked > 1 else "answer")
        return dialogue.keep_turn(
            conversation=reply.turn.conversation,
            speaker=Speaker.COMPANION,
            text=text,
            said_at=clock.now(),
            client_id=client_id,
            answers=reply.turn,
            remembered=says_new,
        )
    earlier.text, earlier.remembered = text, reply.turn.remembered and says_new
    earlier.save(update_fields=["text", "remembered"])
    if not earlier.remembered:
        earlier.memories.all().delete()
    elif not earlier.memories.update(end=len(text)):
        rounds.join([earlier])
    indexing.unindex(person_id=reply.owner_id, turn_ids=[earlier.pk])
    return earlier


def request_stop(*, reply_id: UUID) -> bool:
    """Ask the writing worker to stop; a reply that nobody has begun is stopped at once. False if it is finished."""
    waiting = Reply.objects.filter(pk=reply_id, state=Reply.State.WAITING)
    if waiting.update(state=Reply.State.STOPPED, can_retry=True, finished_at=clock.now()):
        return True
    return bool(Reply.objects.filter(pk=reply_id, state=Reply.State.WRITING).update(stop_requested=True))


@transaction.atomic
def ask_again(*, reply_id: UUID) -> bool:
    """Let a broken or stopped reply wait for a worker again. False where there is nothing to try again.

    Its conversation is held, as by whoever sets aside what it answers (memory/versions.py): whichever comes second
    sees what the first did.
    """
    known = Reply.objects.filter(pk=reply_id).values_list("owner_id", "turn__conversation_id").first()
    if known is None:
        return False
    person_id, conversation_id = known
    tombstone.let_write(person_id)
    list(Conversation.objects.of(person_id).filter(pk=conversation_id).select_for_update())
    broken = Reply.objects.filter(state__in=(Reply.State.BROKEN, Reply.State.STOPPED), can_retry=True)
    standing = Turn.objects.filter(reply=OuterRef("pk"), stands=True)  # no join, as in `claim`
    again = broken.filter(Exists(standing), pk=reply_id)
    return bool(
        again.update(
            state=Reply.State.WAITING,
            asked=F("asked") + 1,
            attempts=0,
            stop_requested=False,
            can_retry=False,
            queued_at=clock.now(),
        )
    )


def still_waits(*, reply_id: UUID) -> bool:
    """Whether an overlooked reply should be queued again; says so once a lease, however often it is asked.

    One to what was said otherwise since is stopped: nobody would write it.
    """
    now = clock.now()
    aside = Turn.objects.filter(reply=OuterRef("pk"), stands=False)  # no join, as in `claim`
    waiting = Reply.objects.filter(Exists(aside), pk=reply_id, state=Reply.State.WAITING)
    if waiting.update(state=Reply.State.STOPPED, can_retry=True, finished_at=now):
        return False
    silent = Q(state=Reply.State.WAITING) | is_silent(now)
    return bool(Reply.objects.filter(silent, is_overdue(now), pk=reply_id).update(queued_at=now))


@dataclass(frozen=True)
class Came:
    """What came to mind for a reply, and what of it reached the prompt."""

    remembering: Remembering
    notes: Sequence[Note]


# What an attempt before has left: two statements, one round trip.
NO_RECALL = """
delete from memory_recalled where recall_id in (select id from memory_recall where reply_id = %(reply)s);
delete from memory_recall where reply_id = %(reply)s
"""


@transaction.atomic
def write_recall(*, reply: Reply, remembering: Remembering, notes: Sequence[Note]) -> Recall:
    """Keep one act of remembering, in place of that of an attempt before; what went meanwhile is left out.

    Raises ClaimLost, with nothing changed.
    """
    if not _hold(reply):
        raise ClaimLost(f"reply {reply.pk}")
    return _keep_recall(reply, Came(remembering, notes))


def _keep_recall(reply: Reply, came: Came, used: Sequence[int] = ()) -> Recall:
    """The receipt, in place of one of an attempt before. Its caller holds the claim."""
    remembering = came.remembering
    there = set(
        Memory.objects.filter(pk__in={c.memory_id for c in remembering.candidates}).values_list("pk", flat=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(NO_RECALL, {"reply": reply.pk})
    recall = Recall.objects.create(
        owner_id=reply.owner_id,
        reply=reply,
        question=remembering.question,
        moment=remembering.moment,
        forms=remembering.forms,
        needs_memory=remembering.needs_memory,
        asked=remembering.asked,
        sufficient=remembering.sufficient,
        answerable=remembering.answerable,
        **_dates(remembering.dates),
        milliseconds=remembering.milliseconds,
    )
    in_prompt = {note.turn for note in came.notes}
    Recalled.objects.bulk_create(
        _recalled(recall, rank, candidate, in_prompt=candidate.turn_id in in_prompt, used=candidate.memory_id in used)
        for rank, candidate in enumerate(_shown(remembering, in_prompt), start=1)
        if candidate.memory_id in there
    )
    return recall


def _dates(dates: DateRange | None) -> dict[str, object]:
    """The time that was asked for; a month of any year has no first and last day."""
    if dates is None:
        return {}
    days = {} if dates.any_year else {"asked_from": dates.start, "asked_to": dates.end}
    return {**days, "asked_in_words": dates.text[:200]}


def _shown(remembering: Remembering, in_prompt: set[int | None], beside: int = 4) -> list[Candidate]:
    """What a receipt shows: all that reached the prompt, and a few that came to mind beside it."""
    wanted = [c for c in remembering.candidates if c.scores["speaker"] > 0 or remembering.speaker != Speaker.PERSON]
    others = [c for c in wanted if c.turn_id not in in_prompt][:beside]
    kept = {c.turn_id for c in others} | in_prompt
    return [c for c in remembering.candidates if c.turn_id in kept]


def _recalled(recall: Recall, rank: int, candidate: Candidate, *, in_prompt: bool, used: bool) -> Recalled:
    return Recalled(
        owner_id=recall.owner_id,
        recall=recall,
        memory_id=candidate.memory_id,
        turn_id=candidate.turn_id,
        rank=rank,
        scores=candidate.scores,
        in_prompt=in_prompt,
        used=used and in_prompt,  # a memory’s other turn, which was not read, was not used with it
    )
