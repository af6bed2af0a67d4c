"""Feast days that can be calculated: those of a fixed date, of the nth weekday of a month, and by Easter.

Those that differ between countries stand as in the United States; those by the moon's sighting are left out.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from memory.temporal.ranges import DateRange, nth_weekday, one_day

MONDAY, THURSDAY, SUNDAY = 0, 3, 6


class Holiday(NamedTuple):
    """A feast: how it is written, when it is in a year, and whether its date is the same every year."""

    name: str
    pattern: str
    days: Callable[[int], DateRange]
    fixed: bool


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _fixed(name: str, pattern: str, month: int, day: int, length: int = 1) -> Holiday:
    def days(year: int) -> DateRange:
        return DateRange(date(year, month, day), date(year, month, day) + timedelta(length - 1))

    return Holiday(name, pattern, days, fixed=True)


def _weekday(name: str, pattern: str, month: int, weekday: int, nth: int, after: int = 0) -> Holiday:
    def days(year: int) -> DateRange:
        return one_day(nth_weekday(year, month, weekday, nth) + timedelta(after))

    return Holiday(name, pattern, days, fixed=False)


def _by_easter(name: str, pattern: str, offset: int, length: int = 1) -> Holiday:
    def days(year: int) -> DateRange:
        start = easter(year) + timedelta(offset)
        return DateRange(start, start + timedelta(length - 1))

    return Holiday(name, pattern, days, fixed=False)


HOLIDAYS = (  # a longer name stands before the shorter that begins it
    _fixed("new_years_eve", "new year'?s'? eve", 12, 31),
    _fixed("new_years_day", "new year'?s'? day", 1, 1),
    _fixed("new_years", "new year'?s'?", 12, 31, length=2),
    _fixed("valentines", "(?:st\\.? |saint )?valentine'?s'?(?: day)?", 2, 14),
    _fixed("patricks", "(?:st\\.? |saint )patrick'?s'?(?: day)?", 3, 17),
    _fixed("fools", "april fool'?s'?(?: day)?", 4, 1),
    _fixed("juneteenth", "juneteenth", 6, 19),
    _fixed("independence", "independence day|fourth of july", 7, 4),
    _fixed("halloween", "hallowe'?en", 10, 31),
    _fixed("veterans", "veteran'?s'? day", 11, 11),
    _fixed("christmas_eve", "christmas eve", 12, 24),
    _fixed("christmas_day", "christmas day", 12, 25),
    _fixed("christmas", "christmas|xmas", 12, 24, length=3),
    _fixed("boxing", "boxing day", 12, 26),
    _weekday("king", "(?:martin luther king|mlk)(?: jr\\.?)? day", 1, MONDAY, 3),
    _weekday("presidents", "president'?s'? day", 2, MONDAY, 3),
    _weekday("mothers", "mother'?s'? day", 5, SUNDAY, 2),
    _weekday("memorial", "memorial day", 5, MONDAY, -1),
    _weekday("fathers", "father'?s'? day", 6, SUNDAY, 3),
    _weekday("labor", "labou?r day", 9, MONDAY, 1),
    _weekday("thanksgiving", "thanksgiving(?: day)?", 11, THURSDAY, 4),
    _weekday("black_friday", "black friday", 11, THURSDAY, 4, after=1),
    _weekday("cyber_monday", "cyber monday", 11, THURSDAY, 4, after=4),
    _by_easter("ash_wednesday", "ash wednesday", -46),
    _by_easter("palm_sunday", "palm sunday", -7),
    _by_easter("maundy", "maundy thursday", -3),
    _by_easter("good_friday", "good friday", -2),
    _by_easter("easter_sunday", "easter sunday", 0),
    _by_easter("easter_monday", "easter monday", 1),
    _by_easter("easter", "easter(?: weekend)?", -2, length=4),
)
PATTERN = "|".join(f"(?P<{each.name}>{each.pattern})" for each in HOLIDAYS)
FIRST_WORDS = frozenset(
    "new valentine valentines st saint april juneteenth independence fourth hallowe halloween veteran veterans "
    "christmas xmas boxing martin mlk president presidents mother mothers memorial father fathers labor labour "
    "thanksgiving black cyber ash palm maundy good easter".split()
)


def holiday_in(match: re.Match[str]) -> Holiday:
    """Which feast a match of `PATTERN` names."""
    groups = match.groupdict()
    return next(each for each in HOLIDAYS if groups.get(each.name) is not None)
