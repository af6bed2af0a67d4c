"""What the person has put right by hand holds, whatever consolidation finds in the same words again."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from memory.models import Correction, Turn
from memory.models.trace import BY_HAND

UPHOLD = """
update memory_memory fact
set superseded_by_id = right_one.id,
    valid_to = case when right_one.mistaken then fact.valid_from else right_one.valid_from end
from (
    select distinct on (source.memory_id) source.memory_id as fact_id, hand.id, hand.valid_from, correction.mistaken
    from memory_correction correction
    join memory_memory hand on hand.id = correction.memory_id
    join memory_source source on source.turn_id = correction.turn_id and source.memory_id <> hand.id
        and source."start" < correction."end" and correction."start" < source."end"
    join memory_memory found on found.id = source.memory_id and found.kind = 'fact'
        and found.subject = correction.subject
        and (found.attribute = correction.attribute or '' in (found.attribute, correction.attribute))
    where correction.owner_id = %(owner)s and source.owner_id = %(owner)s
    order by source.memory_id, correction.id
) right_one
where fact.id = right_one.fact_id and fact.owner_id = %(owner)s
"""
AGREED = """
update memory_memory hand set contradicts_id = null from memory_memory wrong
where wrong.id = hand.contradicts_id and wrong.superseded_by_id = hand.id and hand.owner_id = %(owner)s
"""


def uphold(owner: int) -> None:
    """Close what corrections stand in place of: each fact of the same subject from the same words.

    Not one that is known to be of another attribute: “I live in Porto with Rita” tells two things. For whoever has
    settled what holds when; runs in a transaction of the person's.
    """
    with connection.cursor() as cursor:
        cursor.execute(UPHOLD, {"owner": owner})
        cursor.execute(AGREED, {"owner": owner})


def written(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """Those in which the person wrote a correction by hand, and not where they said the same again."""
    return turns.filter(conversation__origin__startswith=BY_HAND)


@dataclass(frozen=True)
class Righted:
    """Words that were mistaken, and the person's own turn that says what is right."""

    turn_id: int
    start: int
    end: int
    by: Turn

    def overlaps(self, turn_id: int, start: int, end: int) -> bool:
        """Whether these characters of a turn are among the words."""
        return turn_id == self.turn_id and start < self.end and self.start < end


def righted(turns: Iterable[Turn]) -> list[Righted]:
    """What of these turns was noted wrongly, each as it was put right last. Runs inside `acting_as(person)`.

    What has changed since is not among it: it was so when it was said. Of words that tell two things each may be right
    by another turn.
    """
    mistaken = Correction.objects.filter(turn__in=[turn.pk for turn in turns], mistaken=True)
    hands = mistaken.values("memory")
    by_hand = written(Turn.objects.filter(memories__memory__in=hands, erasure=None))
    by = dict(by_hand.values_list("memories__memory", "pk"))
    said = by_hand.in_bulk()
    own = Correction.objects.filter(memory__in=by, turn__in=said)  # what corrects a correction
    acts = {(memory, turn): wrong for memory, turn, wrong in own.values_list("memory_id", "turn_id", "mistaken")}
    found: list[Righted] = []
    for row in mistaken.filter(memory__in=by).order_by("memory_id", "pk"):
        before = [one for one in found if one.overlaps(row.turn_id, row.start, row.end)]
        again = [one for one in before if (row.memory_id, one.by.pk) in acts]
        if again and not any(acts[row.memory_id, one.by.pk] for one in again):
            continue  # it was put right, and has changed since
        found = [one for one in found if one not in again]
        found.append(Righted(row.turn_id, row.start, row.end, said[by[row.memory_id]]))
    return found
