"""Forgetting on request: turns go with all that was ever made of them, and stay away (memory/tombstone.py).

First what is asked for is marked: from then on nothing recalls, tells or shows it, and until it is due it can be taken
back. Then it is carried out, in one transaction, or in portions where it is much. A reply that answers an erased turn
goes with it. Other replies stay, and those that may say the same again are named in the receipt, so that the person can
have them erased as well.

What derives from turns beside them (summaries, what is told of their session) is deleted, and made anew from what is
left. So is the key of a turn that stood beside an erased one, for it was read in that context.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from memory import clock, indexing, portrait, recall, tombstone
from memory.consolidation import attempts, periods
from memory.consolidation.corrected import uphold
from memory.consolidation.validity import settle
from memory.encoder import Encoder, Tokens, Vectors
from memory.isolation import acting_as
from memory.models import (
    Companion,
    Conversation,
    Correction,
    Erasure,
    Key,
    Memory,
    Period,
    PersonPolicy,
    PortraitLine,
    Recall,
    Reply,
    Session,
    Source,
    Step,
    Tombstone,
    Turn,
)
from memory.models.owned import OwnedModel
from memory.naming import name_left
from memory.repeats import may_repeat, neighbours

AT_ONCE = timedelta()
RECENT = timedelta(hours=2)  # longer than the log of a finished reply is kept
WHOLE = (Erasure.Kind.PERSON, Erasure.Kind.ACCOUNT)
UNFINISHED = (Erasure.State.WAITING, Erasure.State.BEGUN)
PORTION = 500  # turns of one transaction, with the answers to them
UNASKED = (*WHOLE, Erasure.Kind.OVERDUE)  # nobody is there to say whether replies that say it again go, too


class NothingToForget(LookupError):
    """This person has no such thing, or it is about to be erased already."""


@dataclass(frozen=True)
class Wish:
    """What is to be forgotten: turns, memories or a companion by id, a conversation, or what was said in a span."""

    kind: Erasure.Kind
    ids: Sequence[int] = ()
    conversation: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def find(
    *,
    companion: Companion,
    person: str,
    topic: str,
    moment: datetime,
    encoder: Encoder,
    read: tuple[Vectors, Tokens] | None = None,
    most: int = 50,
) -> list[recall.Candidate]:
    """What memory holds on a topic, best first, however faded: for the person to say which of it is to go.

    The ids that they confirm make a `Wish` of kind TOPIC; `read` is as of `recall`. Runs inside `acting_as(person)`.
    """
    remembering = recall.recall(
        companion=companion,
        person=person,
        question=topic,
        moment=moment,
        encoder=encoder,
        asked=True,
        read=read,
        most=most,
    )
    return remembering.candidates


def forget(*, person_id: int, wish: Wish, after: timedelta | None = None, with_repeats: bool = False) -> Erasure:
    """Mark what is to go; it is hidden from now on, and due to be carried out `after` so long (ERASE_AFTER_SECONDS).

    Without a delay it takes over what waits for another erasure. `with_repeats` takes the replies along that may say it
    again. Raises NothingToForget.
    """
    now, after = clock.now(), timedelta(seconds=settings.ERASE_AFTER_SECONDS) if after is None else after
    with acting_as(person_id):
        tombstone.let_erase(person_id)
        turn_ids = going(person_id, wish, again=not after)
        if not turn_ids and not _goes_without_turns(person_id, wish):
            raise NothingToForget("There is nothing of that sort.")
        repeats: list[int] = []
        if wish.kind not in UNASKED:
            beside = wish.kind != Erasure.Kind.COMPANION
            repeats = may_repeat(person_id=person_id, turn_ids=turn_ids, beside=beside)
        if with_repeats:
            turn_ids, repeats = _with_answers(person_id, [*turn_ids, *repeats]), []
        erasure = Erasure.objects.create(
            owner_id=person_id, kind=wish.kind, asked_at=now, due_at=now + after, may_repeat=repeats
        )
        Turn.objects.of(person_id).filter(pk__in=turn_ids).update(erasure=erasure)
        if wish.kind == Erasure.Kind.COMPANION:
            Companion.objects.of(person_id).filter(pk__in=list(wish.ids)).update(erasure=erasure)
        erasure.logs = _begin_replies_anew(person_id)
        erasure.save(update_fields=["logs"])
    return erasure


def going(person_id: int, wish: Wish, *, again: bool = False) -> list[int]:
    """The turns that a wish takes, with the replies to them; `again` with those that wait for another erasure.

    Runs inside `acting_as(person)`.
    """
    return _with_answers(person_id, list(_wanted(person_id, wish, again=again).values_list("pk", flat=True)))


def _goes_without_turns(person_id: int, wish: Wish) -> bool:
    """What stands beside turns: a companion, or of a whole person the account, that no other erasure takes."""
    kind = wish.kind
    if kind == Erasure.Kind.COMPANION:
        return Companion.objects.of(person_id).present().filter(pk__in=list(wish.ids)).exists()
    if kind not in WHOLE:
        return False
    waiting = Erasure.objects.of(person_id).filter(kind=kind, state=Erasure.State.WAITING)
    if kind == Erasure.Kind.ACCOUNT:
        return not waiting.exists()
    return Companion.objects.of(person_id).exists() and not waiting.exists()


def _wanted(person_id: int, wish: Wish, *, again: bool) -> QuerySet[Turn]:
    """A memory goes with the turns it comes from: while they stay, it would be made again.

    So does what it was put in place of, which would hold again without it.
    """
    turns = Turn.objects.of(person_id) if again else Turn.objects.of(person_id).filter(erasure=None)
    match wish.kind:
        case Erasure.Kind.TURN | Erasure.Kind.TOPIC:
            return turns.filter(pk__in=list(wish.ids))
        case Erasure.Kind.MEMORY:
            told = Source.objects.of(person_id).filter(memory__in=list(wish.ids)).values("turn")
            righted = Correction.objects.of(person_id).filter(memory__in=list(wish.ids)).values("turn")
            return turns.filter(Q(pk__in=told) | Q(pk__in=righted))
        case Erasure.Kind.SPAN | Erasure.Kind.OVERDUE:
            old = not_overdue(turns) if wish.kind == Erasure.Kind.OVERDUE else turns
            return old.filter(said_at__gte=wish.since, said_at__lt=wish.until)
        case Erasure.Kind.CONVERSATION:
            return turns.filter(conversation=wish.conversation)
        case Erasure.Kind.COMPANION:
            return turns.filter(conversation__companion__in=list(wish.ids))
        case Erasure.Kind.PERSON | Erasure.Kind.ACCOUNT:
            return turns


def not_overdue(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """Those that are not marked already as kept too long."""
    return turns.filter(Q(erasure=None) | ~Q(erasure__kind=Erasure.Kind.OVERDUE))


def _with_answers(person_id: int, turn_ids: Sequence[int]) -> list[int]:
    """An answer makes no sense without what it answers, and says it again; so do other versions of either."""
    named = Turn.objects.of(person_id).filter(pk__in=turn_ids)
    first = {first or pk for pk, first in named.values_list("pk", "first_version")}
    asked = Turn.objects.of(person_id).filter(Q(pk__in=turn_ids) | Q(pk__in=first) | Q(first_version__in=first))
    versions = Q(stands=False, answers__in=named.filter(answers__isnull=False).values("answers"))
    answers = Turn.objects.of(person_id).filter(Q(answers__in=asked) | versions)
    return sorted({*asked.values_list("pk", flat=True), *answers.values_list("pk", flat=True)})


def _begin_replies_anew(person_id: int) -> list[UUID]:
    """Replies that are being written, whose prompts may hold what is marked, lose their claims; their ids.

    A reply to what is marked itself is stopped.
    """
    replies = Reply.objects.of(person_id)
    writing = list(replies.filter(state=Reply.State.WRITING).values_list("pk", flat=True))
    anew = {"asked": F("asked") + 1, "attempts": 0, "claim": None, "claimed_until": None, "stop_requested": False}
    replies.filter(state__in=Reply.OPEN, turn__erasure__isnull=False).update(
        state=Reply.State.STOPPED, can_retry=True, finished_at=clock.now(), **anew
    )
    replies.filter(state=Reply.State.WRITING).update(state=Reply.State.WAITING, queued_at=clock.now(), **anew)
    return writing


def withdraw(*, person_id: int, erasure_id: int) -> bool:
    """Take back what is not carried out yet, as often as one likes; False where it is too late.

    Stopped replies can be asked for again.
    """
    with acting_as(person_id):
        tombstone.let_erase(person_id)
        asked = Erasure.objects.of(person_id).filter(pk=erasure_id)
        waiting = asked.filter(state=Erasure.State.WAITING)
        if not waiting.update(state=Erasure.State.WITHDRAWN, done_at=clock.now(), may_repeat=[]):
            return asked.filter(state=Erasure.State.WITHDRAWN).exists()
        Companion.objects.of(person_id).filter(erasure=erasure_id).update(erasure=None)
        of_one_that_goes = Turn.objects.of(person_id).filter(pk=OuterRef("pk"))
        goes_too = of_one_that_goes.values("conversation__companion__erasure")
        Turn.objects.of(person_id).filter(erasure=erasure_id).update(erasure=Subquery(goes_too))
    return True


def carry_out(*, person_id: int, erasure_id: int) -> list[int]:
    """Erase what is due, once: a second time, one that was withdrawn, or one that is not due yet, changes nothing.

    Much goes in portions, each in a transaction of its own, so that whoever waits for it waits for one of them. From
    the first on it can't be taken back; until the last, all that is left stays hidden, and whoever comes next goes on.
    Returns the turns beside it that lost their keys.
    """
    without_keys: set[int] = set()
    while True:
        with acting_as(person_id):
            tombstone.let_erase(person_id)
            due = Erasure.objects.of(person_id).filter(state__in=UNFINISHED, due_at__lte=clock.now())
            due = due.exclude(kind=Erasure.Kind.ACCOUNT)  # memory/leaving.py
            erasure = due.filter(pk=erasure_id).first()
            if erasure is not None:
                without_keys |= set(_carry_out(erasure))
        if erasure is None or erasure.state != Erasure.State.BEGUN:
            return sorted(without_keys)


def _carry_out(erasure: Erasure) -> list[int]:
    """A portion of it, or all that is left."""
    person_id = erasure.owner_id
    logged = Reply.objects.of(person_id).filter(_has_log(gone=erasure.kind == Erasure.Kind.PERSON))
    erasure.logs = list({*erasure.logs, *logged.values_list("pk", flat=True)})
    without_keys: list[int] = []
    left = False
    if erasure.kind == Erasure.Kind.PERSON:
        counts = _erase_person(person_id)
    else:
        taken = _taken(erasure)
        portion = list(taken.order_by("session_id", "number").values_list("pk", flat=True)[:PORTION])
        counts, without_keys = _erase_turns(person_id, _with_answers(person_id, portion), taken)
        left = taken.exists()
        if erasure.kind == Erasure.Kind.COMPANION and not left:
            counts += _erase_companion(erasure)
    erasure.state = Erasure.State.BEGUN if left else Erasure.State.ERASED
    erasure.done_at = None if left else clock.now()
    erasure.counts = dict(sorted((Counter(erasure.counts) + counts).items()))
    erasure.save()
    return without_keys


def _taken(erasure: Erasure) -> QuerySet[Turn]:
    """The turns that it takes and that are still there; with a companion goes what was marked for another erasure."""
    turns = Turn.objects.of(erasure.owner_id)
    if erasure.kind == Erasure.Kind.COMPANION:
        return turns.filter(conversation__companion__erasure=erasure)
    return turns.filter(erasure=erasure)


def _has_log(*, gone: bool) -> Q:
    """Replies whose logs may hold what is erased. One that is being written began after it was marked, and is clean."""
    finished = Q(finished_at__gt=clock.now() - RECENT)
    return finished | Q(state__in=Reply.OPEN) if gone else finished


def logs_cleared(*, person_id: int, erasure_id: int, reply_ids: Iterable[UUID]) -> None:
    """These replies' logs are cleared away; of what is erased, nothing more is left to do."""
    with acting_as(person_id):
        erasure = Erasure.objects.of(person_id).select_for_update().get(pk=erasure_id)
        erasure.logs = sorted(set(erasure.logs) - set(reply_ids))
        if erasure.state == Erasure.State.ERASED and not erasure.logs:
            erasure.state = Erasure.State.DONE
        erasure.save(update_fields=["logs", "state"])


def _erase_turns(person_id: int, turn_ids: list[int], taken: QuerySet[Turn]) -> tuple[Counter[str], list[int]]:
    """All that these turns left goes; what was made with a look at them is due anew. Also says who lost their keys.

    They are a portion of what is `taken`, of which the rest goes soon.
    """
    turns = list(Turn.objects.of(person_id).filter(pk__in=turn_ids).select_related("conversation"))
    tombstone.put_up(person_id, _digests(person_id, turns))
    beside = neighbours(person_id, turn_ids)
    beside = sorted(set(beside) - set(taken.filter(pk__in=beside).values_list("pk", flat=True)))
    derived = Memory.objects.of(person_id).exclude(kind=Memory.Kind.ROUND)
    touched = {turn.session_id for turn in turns}
    sessions = Session.objects.of(person_id).filter(pk__in=touched)
    list(sessions.select_for_update().order_by("pk"))  # a sweep may be closing one
    told = derived.filter(kind=Memory.Kind.FACT, sources__turn__session__in=touched)
    facts = {pk: (subject, attribute) for pk, subject, attribute in told.values_list("pk", "subject", "attribute")}
    quoting = derived.filter(kind=Memory.Kind.SESSION_SUMMARY, sources__turn__in=turn_ids).exclude(session__in=touched)
    quoted_in = set(quoting.values_list("session_id", flat=True))  # what a correction put right there
    again = touched | set(
        Source.objects.of(person_id).filter(memory__in=facts).values_list("turn__session_id", flat=True)
    )

    indexing.unindex(person_id=person_id, turn_ids=beside, but_of_facts=True)
    counts: Counter[str] = Counter(key=indexing.unindex(person_id=person_id, turn_ids=turn_ids))
    counts += _deleted(Key.objects.of(person_id).filter(session__in=sessions).exclude(kind=Key.Kind.TURN))
    summaries = Q(session__in=quoted_in, kind=Memory.Kind.SESSION_SUMMARY)
    counts += _deleted(derived.filter(Q(session__in=sessions) | Q(pk__in=facts) | summaries))
    told_in = Session.objects.of(person_id).filter(pk__in=touched | quoted_in)
    days = list(periods.of_sessions(told_in).values_list("pk", flat=True))
    counts += _deleted(derived.filter(period__in=days))
    counts += portrait.erase_with(person_id=person_id, turn_ids=turn_ids)
    conversations = {turn.conversation_id: turn.conversation for turn in turns}
    Recall.objects.of(person_id).filter(reply__turn__conversation__in=conversations).update(forms=[])
    counts += _deleted(Turn.objects.of(person_id).filter(pk__in=turn_ids))
    rounds = Memory.objects.of(person_id).filter(kind=Memory.Kind.ROUND, session__in=sessions)
    counts += _deleted(rounds.filter(sources=None))
    counts += _deleted(sessions.filter(turns=None))
    counts += _deleted(Conversation.objects.of(person_id).filter(pk__in=conversations, turns=None))
    for conversation in Conversation.objects.of(person_id).filter(pk__in=conversations):
        _name_anew(conversation, [turn.text for turn in turns])
    for subject, attribute in sorted({pair for pair in facts.values() if pair[1]}):
        settle(person_id, subject, attribute)
    uphold(person_id)
    steps = Step.objects.of(person_id)
    attempts.ask_anew(steps.filter(Q(session__in=again) | Q(session__in=quoted_in, kind=Step.Kind.SUMMARY)))
    portraits = Q(layer=Period.Layer.PORTRAIT, companion__in={each.companion_id for each in conversations.values()})
    periods.ask_anew(Period.objects.of(person_id).filter(Q(pk__in=days) | portraits))
    return counts, beside


def _erase_companion(erasure: Erasure) -> Counter[str]:
    """What is its own beside turns, once these are gone."""
    person_id = erasure.owner_id
    going = Companion.objects.of(person_id).filter(erasure=erasure)
    counts: Counter[str] = Counter()
    for model in (Key, Memory, PortraitLine, Period, Conversation):
        counts += _deleted(model.objects.of(person_id).filter(companion__in=going))
    return counts + _deleted(going)


def _digests(person_id: int, turns: Iterable[Turn]) -> Iterable[bytes]:
    for turn in turns:
        yield tombstone.of_message(person_id, turn.client_id)
        yield tombstone.of_words(person_id, turn)


def _name_anew(conversation: Conversation, gone: Iterable[str]) -> None:
    name = name_left(conversation, gone)
    if name is not None:
        conversation.title, conversation.named = name, False
        conversation.save(update_fields=["title", "named"])


def _deleted(rows: QuerySet[Any]) -> Counter[str]:
    """Delete rows with all that hangs on them, and count them by kind."""
    _, by_model = rows.delete()
    return Counter({label.rpartition(".")[2].lower(): count for label, count in by_model.items() if count})


def _erase_person(person_id: int) -> Counter[str]:
    """All that memory holds of a person, but for receipts, tombstones, and what the house rules for them."""
    turns = Turn.objects.of(person_id).only("client_id", "speaker", "text", "said_at")
    tombstone.put_up(person_id, _digests(person_id, turns.iterator()))
    return _rows_deleted(person_id, keep=(Erasure, Tombstone, PersonPolicy))


def delete_everything(*, person_id: int) -> tuple[dict[str, int], list[UUID]]:
    """Every row that memory has of a person, receipts and tombstones too, at once: for whom the account goes as well.

    Returns how many of each, and the replies whose logs are to be cleared away (worker/erasing.py). The account's own
    row is the caller's, after this.
    """
    with acting_as(person_id):
        tombstone.let_erase(person_id)
        logs = list(Reply.objects.of(person_id).filter(_has_log(gone=True)).values_list("pk", flat=True))
        return dict(sorted(_rows_deleted(person_id).items())), logs


def _rows_deleted(person_id: int, keep: tuple[type[OwnedModel], ...] = ()) -> Counter[str]:
    """Table by table: no row of a person hangs on another's, and the database looks at the ends alone."""
    counts: Counter[str] = Counter()
    for model in apps.get_app_config("memory").get_models():
        if issubclass(model, OwnedModel) and model not in keep:
            rows = model.objects.of(person_id)
            counts[model._meta.model_name or ""] = rows._raw_delete(rows.db)
    return +counts
