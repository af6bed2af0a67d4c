"""What a companion may tell that it knows of a person's life now, by kinds; what they asked it to remember comes first.

Everything here runs inside `acting_as(person)`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from memory.consolidation.signs.lasting import LIKED
from memory.facts import known_at
from memory.models import Companion, Matter, Memory, PortraitLine, Request
from memory.permission import recalled_by, telling


class Kind(StrEnum):
    """What it is about, in the order in which it is told."""

    ASKED = "asked"  # what the person asked to be remembered
    YOU = "you"
    LIKINGS = "likings"
    PEOPLE = "people"
    PLANS = "plans"


@dataclass(frozen=True)
class Known:
    """One thing that is known."""

    text: str
    told_at: datetime | None  # not of a line of the portrait, which was told more than once
    since: datetime | None = None  # when it began, where that is known


@dataclass(frozen=True)
class OfKind:
    """What is known of one kind."""

    count: int  # of all that is
    first: list[Known]


def known(*, companion: Companion, moment: datetime, most: int) -> dict[Kind, OfKind]:
    """What holds by what was told, newest first, at most so many of each kind; all of it counts.

    Kinds of which nothing is known are left out.
    """
    asked = list(_asked(companion, moment))
    facts = _facts(companion, moment, asked)
    first = Memory.objects.in_bulk([pk for of_kind in facts.values() for pk in of_kind[:most]])
    found = {Kind.ASKED: OfKind(len(asked), [Known(one.words, one.turn.said_at) for one in asked[:most]])}
    for kind, of_kind in facts.items():
        told = [first[pk] for pk in of_kind[:most]]
        found[kind] = OfKind(len(of_kind), [Known(one.text, one.said_at, one.valid_from) for one in told])
    likings = list(_likings(companion))
    if likings:
        found[Kind.LIKINGS] = OfKind(len(likings), likings[:most])
    return {kind: found[kind] for kind in Kind if kind in found and found[kind].count}


def _facts(companion: Companion, moment: datetime, asked: Sequence[Request]) -> dict[Kind, list[int]]:
    """The ids of those that hold, but for what is told as asked for already."""
    told = known_at(companion.owner_id, moment).filter(companion__in=recalled_by(companion), superseded_by=None)
    told = told.shown().exclude(sources__turn__in=[one.turn_id for one in asked])
    found: dict[Kind, list[int]] = defaultdict(list)
    for pk, *claimed in told.values_list("pk", "told", "attribute", "subject"):
        found[_kind(*claimed)].append(pk)
    return found


def _asked(companion: Companion, moment: datetime) -> Iterator[Request]:
    """What is pinned because they asked for it, and they have not let go of.

    Where something of it holds no longer, its words are not told as if it did: what is left of it is told as facts.
    """
    facts = Memory.objects.of(companion.owner_id).filter(kind=Memory.Kind.FACT, sources__turn=OuterRef("turn"))
    over = facts.filter(Q(superseded_by__isnull=False) | Q(valid_to__lte=moment))
    wishes = Request.objects.of(companion.owner_id).filter(kind=Request.Kind.REMEMBER, state=Request.State.DONE)
    kept = wishes.filter(memory__pinned=True, turn__erasure=None, turn__stands=True)
    of_whom = kept.filter(~Exists(over), turn__conversation__companion__in=recalled_by(companion))
    yield from of_whom.select_related("turn").order_by("-turn__said_at", "-pk")


def _likings(companion: Companion) -> Iterator[Known]:
    """As the portrait has them, which draws together what several sentences tell."""
    lines = PortraitLine.objects.of(companion.owner_id).held().filter(aspect=PortraitLine.Aspect.PREFERENCE)
    allowed = lines.filter(companion__in=telling(companion).by(Matter.PORTRAIT))
    for line in allowed.order_by("-confidence", "pk"):
        yield Known(line.text, None)


def _kind(told: str, attribute: str, subject: str) -> Kind:
    if told == Memory.Told.PLAN:
        return Kind.PLANS
    if LIKED.match(attribute):
        return Kind.LIKINGS
    return Kind.YOU if subject in ("i", "") else Kind.PEOPLE
