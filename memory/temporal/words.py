"""Dates as people say them, on the person's own clock and in the language that is active."""

from datetime import date, datetime

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext, ngettext_lazy, pgettext, pgettext_lazy

NUMBERS = [
    pgettext_lazy("number", "no"),
    pgettext_lazy("number", "one"),
    pgettext_lazy("number", "two"),
    pgettext_lazy("number", "three"),
    pgettext_lazy("number", "four"),
    pgettext_lazy("number", "five"),
    pgettext_lazy("number", "six"),
    pgettext_lazy("number", "seven"),
    pgettext_lazy("number", "eight"),
    pgettext_lazy("number", "nine"),
    pgettext_lazy("number", "ten"),
    pgettext_lazy("number", "eleven"),
    pgettext_lazy("number", "twelve"),
]
AGO = {
    "year": ngettext_lazy("%(number)s year ago", "%(number)s years ago", "count"),
    "month": ngettext_lazy("%(number)s month ago", "%(number)s months ago", "count"),
    "week": ngettext_lazy("%(number)s week ago", "%(number)s weeks ago", "count"),
    "day": ngettext_lazy("%(number)s day ago", "%(number)s days ago", "count"),
}
AHEAD = {
    "year": ngettext_lazy("in %(number)s year", "in %(number)s years", "count"),
    "month": ngettext_lazy("in %(number)s month", "in %(number)s months", "count"),
    "week": ngettext_lazy("in %(number)s week", "in %(number)s weeks", "count"),
    "day": ngettext_lazy("in %(number)s day", "in %(number)s days", "count"),
}


def day_in_words(day: date, *, today: date) -> str:
    """“Tuesday 5 May”, with the year where it is not this one."""
    this_year = day.year == today.year
    return date_format(day, pgettext("date format", "l j F") if this_year else pgettext("date format", "l j F Y"))


def range_in_words(first: date, last: date) -> str:
    """“1 March to 31 May 2026”; a single day is “Tuesday 5 May 2026”."""
    if first == last:
        return date_format(first, pgettext("date format", "l j F Y"))
    if first.year != last.year:
        begins = ends = pgettext("date format", "j F Y")
    elif first.month != last.month:
        begins = pgettext("date format, first day of a range within a year", "j F")
        ends = pgettext("date format, last day of a range within a year", "j F Y")
    else:
        begins = pgettext("date format, first day of a range within a month", "j")
        ends = pgettext("date format, last day of a range within a month", "j F Y")
    return gettext("%(first)s to %(last)s") % {"first": date_format(first, begins), "last": date_format(last, ends)}


def ago_in_words(day: date, *, today: date) -> str:
    """“today”, “yesterday”, “six months ago”; a date to come is “in three days”."""
    days = (today - day).days
    if days in (0, 1):
        return (gettext("today"), gettext("yesterday"))[days]
    count, unit = _span(abs(days))
    number = str(NUMBERS[count]) if count < len(NUMBERS) else str(count)
    return (AHEAD if days < 0 else AGO)[unit] % {"count": count, "number": number}


def _span(days: int) -> tuple[int, str]:
    for unit, length in (("year", 365.25), ("month", 30.44), ("week", 7)):
        count = int(days / length + 0.1)  # eleven months and three weeks are a year to anybody who tells it
        if count >= (2 if unit == "week" else 1):
            return count, unit
    return days, "day"


def when_in_words(said_at: datetime, *, moment: datetime) -> str:
    """“Tuesday 5 May, six months ago”. Both moments stand on the person's clock."""
    day, today = said_at.date(), moment.date()
    told = {"day": day_in_words(day, today=today), "ago": ago_in_words(day, today=today)}
    return gettext("%(day)s, %(ago)s") % told
