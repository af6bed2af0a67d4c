"""What the pages of memories say in words, all in one place."""

from datetime import date, datetime

from django.utils.translation import gettext, gettext_lazy

from memory import clock
from memory.models import Memory
from memory.temporal import day_in_words, range_in_words

TOLD = {
    Memory.Told.STATE: gettext_lazy("Fact"),
    Memory.Told.EVENT: gettext_lazy("Event"),
    Memory.Told.PLAN: gettext_lazy("Plan"),
    Memory.Told.DROPPED: gettext_lazy("Plan that was dropped"),
    "": gettext_lazy("Fact"),
}
NO_SUCH = gettext_lazy("There is no such memory. It may have been forgotten meanwhile.")
NO_SUCH_ERASURE = gettext_lazy("There is nothing to take back any more: it is erased.")
NOTHING_TO_FORGET = gettext_lazy("It is being forgotten already.")
NOT_FORGETTABLE = gettext_lazy("This sums up everything. Forget the memories or conversations that it should not hold.")
BY_WORDS_ALONE = gettext_lazy("Searched by words alone, for nothing could search by meaning: {}")
SMALL_TALK = gettext_lazy("Searched by words alone: this asks nothing that memory could mean.")


def label(memory: Memory, *, today: date) -> str:
    """What sort of memory it is."""
    match memory.kind:
        case Memory.Kind.FACT:
            told = TOLD[memory.told]
            return gettext("%(kind)s, corrected") % {"kind": told} if memory.by_hand else str(told)
        case Memory.Kind.SESSION_SUMMARY:
            return gettext("Summary of a conversation")
        case Memory.Kind.DAY_SUMMARY:
            day = memory.period.day if memory.period else None
            if day is None:
                return gettext("Summary of a day")
            return gettext("Summary of %(day)s") % {"day": day_in_words(day, today=today)}
        case Memory.Kind.ACQUAINTANCE:
            return gettext("Summary of all we talked about")
        case _:
            return gettext("Said")


def validity(memory: Memory, *, zone: str, today: date) -> str:
    """Since when and until when it held; empty for what has no time of its own."""
    if memory.kind != Memory.Kind.FACT:
        return ""
    of_days = memory.told == Memory.Told.PLAN and memory.happened_from is not None and memory.valid_to is None
    if of_days or memory.told in (Memory.Told.EVENT, Memory.Told.DROPPED) or memory.valid_from is None:
        return happened(memory, zone=zone)
    began = day_in_words(clock.local(memory.valid_from, zone).date(), today=today)
    if memory.valid_to is None:
        return gettext("so since %(day)s, as far as I know") % {"day": began}
    if memory.valid_to <= memory.valid_from:
        return gettext("never so: noted by mistake")
    ended = day_in_words(clock.local(memory.valid_to, zone).date(), today=today)
    return gettext("from %(first)s until %(last)s") % {"first": began, "last": ended}


def happened(memory: Memory, *, zone: str) -> str:
    """The days of what it tells, where it names some."""
    if memory.happened_from is None:
        return ""
    first = clock.local(memory.happened_from, zone).date()
    last = clock.local(memory.happened_to or memory.happened_from, zone).date()
    return range_in_words(first, last)


def said(moment: datetime, *, zone: str, today: date) -> str:
    """“Thursday 5 November”, on the person's clock."""
    return day_in_words(clock.local(moment, zone).date(), today=today)
