"""What one form of the grammar is, and the choice of a year where none was said."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from memory.temporal.ranges import DateRange
from memory.temporal.vantage import Leaning, Vantage

Built = Callable[[int], DateRange]  # the stretch as it stands in a year; ValueError where that year has none
LEAP = 8  # years from one 29 February to the next, at most


class Form(NamedTuple):
    """A way of naming a time: the words it may begin with, how it reads, and which days it means.

    `kind` is empty where the words are sure by themselves; else it says what must stand before them ("on Monday").
    """

    kind: str
    words: frozenset[str]
    pattern: re.Pattern[str]
    days: Callable[[re.Match[str], Vantage], DateRange | None]


def form(
    words: Iterable[str], pattern: str, days: Callable[[re.Match[str], Vantage], DateRange | None], *, kind: str = ""
) -> Form:
    """A form; words are in lower case, and "#" stands for any digits."""
    return Form(kind, frozenset(words), re.compile(pattern), days)


def table(*groups: Iterable[Form]) -> dict[str, tuple[Form, ...]]:
    """Forms by the word that each may begin with."""
    found: dict[str, tuple[Form, ...]] = {}
    for each in (each for group in groups for each in group):
        for word in each.words:
            found[word] = (*found.get(word, ()), each)
    return found


def likeliest(built: Built, at: Vantage) -> DateRange | None:
    """The last that has begun, or where the sentence looks ahead, the next that is not over; unsaid, the nearer."""
    if at.looks_ahead:
        return _ahead(built, at.today)
    behind = _first(built, range(at.today.year, at.today.year - LEAP - 1, -1), lambda found: found.start <= at.today)
    ahead = _ahead(built, at.today) if at.leaning is Leaning.UNSAID else None
    nearer = ahead and (behind is None or ahead.start - at.today < at.today - behind.end)
    return ahead if nearer else behind


def _ahead(built: Built, today: date) -> DateRange | None:
    return _first(built, range(today.year - 1, today.year + LEAP + 1), lambda found: found.end >= today)


def last(built: Built, at: Vantage) -> DateRange | None:
    """The last that is over."""
    return _first(built, range(at.today.year, at.today.year - LEAP - 1, -1), lambda found: found.end < at.today)


def coming(built: Built, at: Vantage) -> DateRange | None:
    """The first that has not begun."""
    return _first(built, range(at.today.year, at.today.year + LEAP + 1), lambda found: found.start > at.today)


def this_years(built: Built, at: Vantage) -> DateRange | None:
    """The one that is now, else the one of this year."""
    years = (at.today.year - 1, at.today.year)
    now = _first(built, years, lambda found: found.start <= at.today <= found.end)
    return now or _first(built, years[1:], lambda _: True)


def by_choice(which: str, built: Built, at: Vantage) -> DateRange | None:
    """“last”, “this”, “next”, or "" for the likeliest of any year."""
    if not which:
        found = likeliest(built, at)
        return replace(found, any_year=True) if found else None
    choice = {"last": last, "past": last, "next": coming, "coming": coming, "this": this_years}[which]
    return choice(built, at)


def _first(built: Built, years: Iterable[int], fits: Callable[[DateRange], bool]) -> DateRange | None:
    for year in years:
        if (found := _built(built, year)) is not None and fits(found):
            return found
    return None


def _built(built: Built, year: int) -> DateRange | None:
    try:
        return built(year)
    except ValueError:  # 29 February of a year that has none
        return None


def year_named(words: str, today: date) -> int:
    """“last year”, “this year”, “next year” as a number."""
    return today.year + {"last": -1, "this": 0, "next": 1}[words]
