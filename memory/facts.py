"""What is known to have held as of a moment: “as of March, where did I live?”"""

from datetime import datetime

from django.db.models import Q

from memory.models import Memory
from memory.models.trace import Memories

HOLDING = (Memory.Told.STATE, Memory.Told.PLAN)


def known_at(person_id: int, moment: datetime, *, subject: str = "", attribute: str = "") -> Memories:
    """The states and plans that held then, by all that is known today, newest first.

    `subject` is whom they are about (“i” is the person), `attribute` what of it (“lives in”), both as facts have them.
    Two that contradict each other both stand there; the later one's `contradicts` names the other. Runs inside
    `acting_as(person)`.
    """
    named = {name: told for name, told in (("subject", subject), ("attribute", attribute)) if told}
    facts = Memory.objects.of(person_id).filter(kind=Memory.Kind.FACT, told__in=HOLDING, **named)
    held = facts.filter(Q(valid_to=None) | Q(valid_to__gt=moment), valid_from__lte=moment)
    return held.order_by("-valid_from", "-said_at", "-pk")
