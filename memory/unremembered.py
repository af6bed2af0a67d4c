"""What is said but not remembered: off the record, while memory is paused, or of what the person lets nobody remember.

Such a turn is kept, so that it can be answered and read; `Turn.remembered` says that nothing is made of it: no round,
no keys, no part in a summary or a fact, and what its reply used is not strengthened. A conversation off the record goes
as a whole, when its person ends it or `OFF_RECORD_MINUTES` after its last word.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from memory import clock, permission
from memory.models import Companion, Conversation


def will_remember(conversation: Conversation, text: str) -> bool:
    """Whether these words, said in it now, are remembered."""
    companion = conversation.companion
    return not conversation.off_record and companion.paused_at is None and permission.may_be_told(companion, text)


def pause(*, person_id: int) -> None:
    """Remember nothing new from now on. What is imported while memory is paused is remembered: it was asked for."""
    Companion.objects.of(person_id).filter(paused_at=None).update(paused_at=clock.now())


def resume(*, person_id: int) -> None:
    """Remember again; what was said meanwhile stays unremembered."""
    Companion.objects.of(person_id).update(paused_at=None)


def paused_since(person_id: int) -> datetime | None:
    """Since when nothing new is remembered, if so."""
    since: datetime | None = Companion.objects.of(person_id).aggregate(since=Min("paused_at"))["since"]
    return since


def off_record_kept() -> timedelta:
    """So long after its last word a conversation off the record goes by itself."""
    return timedelta(minutes=settings.OFF_RECORD_MINUTES)
