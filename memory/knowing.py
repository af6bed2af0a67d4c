"""What a companion may tell that it knows of a person's life now, by kinds; what they asked it to remember comes first.

Everything here runs inside `acting_as(person)`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from memory.consolidation.signs.lasting import LIKED
from memory.facts import known_at
from memory.models import Companion, Matter, Memory, PortraitLine, Request
from memory.permission import recalled_by, telling

MOST_READ = 500  # facts, the newest first


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


def known(*, companion: Companion, moment: datetime) -> dict[Kind, list[Known]]:
    """All that holds by what was told, newest first; kinds of which nothing is known are left out."""
    found: dict[Kind, list[Known]] = {kind: [] for kind in Kind}
    asked = list(_asked(companion, moment))
    found[Kind.ASKED] = [Known(one.words, one.turn.said_at) for one in asked]
    told = known_at(companion.owner_id, moment).filter(companion__in=recalled_by(companion), superseded_by=None)
    told = told.shown().exclude(sources__turn__in=[one.turn_id for one in asked])
    for memory in told[:MOST_READ]:
        found[_kind(memory)].append(Known(memory.text, memory.said_at, memory.valid_from))
    found[Kind.LIKINGS] = list(_likings(companion)) or found[Kind.LIKINGS]
    return {kind: things for kind, things in found.items() if things}


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


def _kind(memory: Memory) -> Kind:
    if memory.told == Memory.Told.PLAN:
        return Kind.PLANS
    if LIKED.match(memory.attribute):
        return Kind.LIKINGS
    return Kind.YOU if memory.subject in ("i", "") else Kind.PEOPLE
