"""How much one person may say in a minute, and have stored: refused in words that tell what to do."""

from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from memory import policy
from memory.models import Speaker, Turn

MINUTE = timedelta(minutes=1)


class OverQuota(Exception):
    """No more of this person's is taken now."""


def check(*, person_id: int, now: datetime) -> None:
    """Whether they may say one thing more. Runs inside `acting_as(person)`. Raises OverQuota."""
    ruled = policy.ruled(person_id)
    if ruled.messages_a_minute is not None:
        _check_pace(person_id, now, ruled.messages_a_minute)
    if ruled.most_turns is not None:
        check_room(person_id=person_id, most=ruled.most_turns)


def _check_pace(person_id: int, now: datetime, most: int) -> None:
    lately = Turn.objects.of(person_id).filter(speaker=Speaker.PERSON, said_at__gt=now - MINUTE, said_at__lte=now)
    if lately.count() >= most:
        told = ngettext(
            "Here one message a minute is taken. Wait a moment, then try again.",
            "Here %(count)s messages a minute are taken. Wait a moment, then try again.",
            most,
        )
        raise OverQuota(told % {"count": most})


def stored(*, person_id: int) -> int:
    """How many turns are stored of a person, their companions' among them, and what can still be taken back.

    Runs inside `acting_as(person)`.
    """
    return Turn.objects.of(person_id).count()


def check_room(*, person_id: int, most: int, more: int = 1) -> None:
    """Whether so many more turns fit. Runs inside `acting_as(person)`. Raises OverQuota."""
    if stored(person_id=person_id) + more > most:
        told = gettext(
            "Here %(count)s turns are kept of one person at most. Delete a conversation or have something forgotten, "
            "then try again."
        )
        raise OverQuota(told % {"count": f"{most:,}"})
