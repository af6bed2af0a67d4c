"""What counts as a memory wherever memories are listed or counted: on the person's page, in a visit, in figures.

What was made of the words counts. The words themselves (rounds) are found by searching and read in their conversations;
they count only where they are pinned. A day's summary that says what its only session says is told once, as the
session's.
"""

from django.db.models import Q, QuerySet

from memory.consolidation.periods import SAME
from memory.models import Memory

LISTED = Q(pinned=True) | ~(
    Q(kind=Memory.Kind.ROUND) | Q(kind=Memory.Kind.DAY_SUMMARY, version__endswith=SAME)
)  # what is pinned always counts: else nobody could let go of it
HOLDS = Q(superseded_by=None)
STATES = {  # a pinned one is vivid, too; all that holds is either vivid, fading or faded
    "vivid": HOLDS & (Q(pinned=True) | Q(state=Memory.State.VIVID)),
    "fading": HOLDS & Q(pinned=False, state=Memory.State.FADING),
    "faded": HOLDS & Q(pinned=False, state=Memory.State.FADED),
    "pinned": HOLDS & Q(pinned=True),
    "superseded": Q(superseded_by__isnull=False),
}


def is_listed(memory: Memory) -> bool:
    """The same of one memory."""
    twice = memory.kind == Memory.Kind.DAY_SUMMARY and memory.version.endswith(SAME)
    return memory.pinned or not (memory.kind == Memory.Kind.ROUND or twice)


def listed(memories: QuerySet[Memory]) -> QuerySet[Memory]:
    """Of these, what counts as a memory; those that hold no longer among them."""
    return memories.filter(LISTED)
