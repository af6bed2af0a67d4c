"""A person leaves: all that memory holds of them goes, and their account with it, in one transaction.

It is asked for as any erasure (memory/erasure.py): hidden at once, and until it is due it can be taken back. The
account is not memory's: whoever keeps accounts listens to `gone`, within that transaction, and keeps the receipt, which
cannot stay with the rows of somebody who is not there any more.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.dispatch import Signal

from memory import clock, erasure, tombstone
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Erasure, Memory, PortraitLine, Speaker, Turn

gone = Signal()  # person_id, counts: rows that went, by what they were; the account's own is the listener's to delete


@dataclass(frozen=True)
class Extent:
    """What goes with a person."""

    said: int  # turns of theirs
    replies: int
    conversations: int
    memories: int  # facts and summaries
    portrait_lines: int
    companions: int


def extent(person_id: int) -> Extent:
    """How much of each goes. Runs inside `acting_as(person)`."""
    turns = Turn.objects.of(person_id)
    return Extent(
        said=turns.filter(speaker=Speaker.PERSON).count(),
        replies=turns.filter(speaker=Speaker.COMPANION).count(),
        conversations=Conversation.objects.of(person_id).count(),
        memories=Memory.objects.of(person_id).exclude(kind=Memory.Kind.ROUND).count(),
        portrait_lines=PortraitLine.objects.of(person_id).exclude(state__in=PortraitLine.UNHELD).count(),
        companions=Companion.objects.of(person_id).count(),
    )


def ask(*, person_id: int) -> Erasure:
    """Hide all that there is of a person; it goes after LEAVE_AFTER_SECONDS. Raises erasure.NothingToForget."""
    after = timedelta(seconds=settings.LEAVE_AFTER_SECONDS)
    return erasure.forget(person_id=person_id, wish=Wish(Erasure.Kind.ACCOUNT), after=after)


def carry_out(*, person_id: int, erasure_id: int) -> list[UUID]:
    """Erase a person who leaves, once it is due; a second time there is nobody.

    Returns the replies whose logs are to be cleared away; none where nothing was due.
    """
    with acting_as(person_id):
        tombstone.let_erase(person_id)
        due = Erasure.objects.of(person_id).filter(
            pk=erasure_id, kind=Erasure.Kind.ACCOUNT, state=Erasure.State.WAITING, due_at__lte=clock.now()
        )
        if not due.exists():
            return []
        counts, logs = erasure.delete_everything(person_id=person_id)
        gone.send(sender=Erasure, person_id=person_id, counts=counts)
    return logs
