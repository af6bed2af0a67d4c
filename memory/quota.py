"""How much one person may say in a minute, and have stored: refused in words that tell what to do."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_noop, ngettext

from memory import policy
from memory.models import Speaker, Turn
from memory.wording import Worded, Wording

MINUTE = timedelta(minutes=1)


class OverQuota(Worded):
    """No more of this person's is taken now; the wording says what to do."""


def check(*, person_id: int, now: datetime) -> None:
    """Whether they may say one thing more. Runs inside `acting_as(person)`. Raises OverQuota."""
    ruled = policy.ruled(person_id)
    if ruled.messages_a_minute is None and ruled.most_turns is None:
        return
    _count_alone(person_id)
    if ruled.messages_a_minute is not None:
        _check_pace(person_id, now, ruled.messages_a_minute)
    if ruled.most_turns is not None:
        _check_room(person_id, ruled.most_turns)


def _count_alone(person_id: int) -> None:
    """Until this transaction ends whoever else counts the same person's waits, and counts what it kept, too.

    Where nothing is ruled nobody waits. Taken after `tombstone.let_write` and before any row.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('quota'), %s)", [person_id])


def _check_pace(person_id: int, now: datetime, most: int) -> None:
    lately = Turn.objects.of(person_id).filter(speaker=Speaker.PERSON, said_at__gt=now - MINUTE, said_at__lte=now)
    if lately.count() >= most:
        told = ngettext(
            "Here one message a minute is taken. Wait a moment, then try again.",
            "Here %(count)s messages a minute are taken. Wait a moment, then try again.",
            most,
        )
        raise OverQuota(Wording(told % {"count": most}))


def stored(*, person_id: int) -> int:
    """How many turns are stored of a person, their companions' among them, and what can still be taken back.

    Runs inside `acting_as(person)`.
    """
    return Turn.objects.of(person_id).count()


def _check_room(person_id: int, most: int) -> None:
    if stored(person_id=person_id) >= most:
        told = gettext_noop(
            "Here %(count)s turns are kept of one person at most. Delete a conversation or have something forgotten, "
            "then try again."
        )
        raise OverQuota(Wording(told, {"count": f"{most:,}"}))


def room(*, person_id: int) -> int | None:
    """How many more turns fit, None where nothing limits them. Runs inside `acting_as(person)`."""
    most = policy.ruled(person_id).most_turns
    return None if most is None else max(most - stored(person_id=person_id), 0)


def check_history(*, person_id: int, more: int) -> None:
    """Whether a history fits that would add so many turns. Runs inside `acting_as(person)`. Raises OverQuota."""
    fit = room(person_id=person_id)
    if fit is not None and more > fit:
        told = gettext_noop(
            "It would add %(more)s turns, and %(fit)s more fit: here a limit is set to what is kept of one person. "
            "Import a part of it, or delete a conversation or have something forgotten first."
        )
        raise OverQuota(Wording(told, {"more": f"{more:,}", "fit": f"{fit:,}"}))


def check_part(*, person_id: int, more: int) -> None:
    """Whether the next turns of a history still fit: something else may have been said since it began.

    Runs inside `acting_as(person)`. Raises OverQuota.
    """
    if policy.ruled(person_id).most_turns is not None:
        _count_alone(person_id)
    fit = room(person_id=person_id)
    if fit is not None and more > fit:
        told = gettext_noop(
            "The rest does not fit any more: here a limit is set to what is kept of one person. Delete a "
            "conversation or have something forgotten, then import the same file again; nothing comes twice."
        )
        raise OverQuota(Wording(told))
