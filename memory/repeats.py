"""Replies that stay when something is erased, and may say it again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Max, Min, Q

from memory import lexicon
from memory.context import LOOKED_BACK
from memory.models import Recalled, Speaker, Turn

SHARED = 2  # stems, or all where there are fewer: a reply that shares so many with a turn may say it again


def may_repeat(*, person_id: int, turn_ids: Iterable[int], beside: bool = True) -> list[int]:
    """The companion's turns, beside these, that may say again what these say. Runs inside `acting_as(person)`.

    Those whose prompt held a memory that comes from them, and those with some of their words that were said later in
    the same conversation or after a neighbour of theirs was read; where whole conversations go, nothing is `beside`.
    """
    ids = list(turn_ids)
    turns = Turn.objects.of(person_id).filter(pk__in=ids)
    receipts = Recalled.objects.of(person_id).filter(in_prompt=True, recall__reply__answer__isnull=False)
    told = receipts.filter(memory__sources__turn__in=turns).values_list("recall__reply__answer_id", flat=True)
    certain = set(told)
    if not beside:
        return sorted(certain - set(ids))
    read_beside = receipts.filter(turn__in=neighbours(person_id, ids)).values("recall__reply__answer_id")
    later = Q(pk__in=())
    for conversation, first, last in turns.values_list("conversation").annotate(Min("number"), Max("number")):
        later |= Q(conversation=conversation, number__gt=first, number__lte=last + LOOKED_BACK)
    others = Turn.objects.of(person_id).filter(speaker=Speaker.COMPANION).exclude(pk__in=certain)
    likely = others.exclude(pk__in=ids).filter(Q(pk__in=read_beside) | later)
    return sorted((certain | set(_with_words_of(turns, likely))) - set(ids))


def _with_words_of(turns: Iterable[Turn], likely: Iterable[Turn]) -> list[int]:
    likely = list(likely)
    if not likely:
        return []
    own = {turn.pk: set(lexicon.stems(turn.text)) for turn in turns}
    holders: dict[str, list[int]] = defaultdict(list)
    for pk, stems in own.items():
        for stem in stems:
            holders[stem].append(pk)
    found = []
    for turn in likely:
        shared = Counter(pk for stem in set(lexicon.stems(turn.text)) for pk in holders.get(stem, ()))
        if any(count >= min(SHARED, len(own[pk])) for pk, count in shared.items()):
            found.append(turn.pk)
    return found


def neighbours(person_id: int, turn_ids: Sequence[int]) -> list[int]:
    """The turns just before and after these in their conversations, themselves not among them.

    Not in their sessions alone: a session that was cut was one when its turns were read.
    """
    places = set(Turn.objects.of(person_id).filter(pk__in=turn_ids).values_list("conversation_id", "number"))
    beside = {(conversation, number + step) for conversation, number in places for step in (-1, 1)} - places
    conversations, numbers = {conversation for conversation, _ in beside}, {number for _, number in beside}
    rows = Turn.objects.of(person_id).filter(conversation_id__in=conversations, number__in=numbers)
    found = rows.values_list("pk", "conversation_id", "number").order_by("pk")
    return [pk for pk, conversation, number in found if (conversation, number) in beside]
