"""Times put together from others: “two weeks before Easter”, “since March”, “the first week of June”."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from memory.temporal import ranges
from memory.temporal.ranges import EARLIEST, LATEST, DateRange, add_months, one_day
from memory.temporal.relative import measured, moved, next_weekday, previous_weekday
from memory.temporal.vantage import Leaning, Vantage
from memory.temporal.vocabulary import (
    NUMBER,
    NUMBER_WORDS,
    ORDINAL,
    ORDINALS,
    UNIT,
    WEEKDAY,
    WEEKDAY_NUMBER,
    WEEKDAYS,
    count_in,
    ordinal_in,
)

DAY = timedelta(1)


class Composed(NamedTuple):
    """A beginning ("two weeks before"), to be followed by a time, and what the two mean together."""

    words: frozenset[str]
    head: re.Pattern[str]
    days: Callable[[re.Match[str], DateRange, Vantage], DateRange | None]
    of_this: bool  # whether "the month" after it is the present one: "the end of the month"


def composed(
    words: Iterable[str],
    head: str,
    days: Callable[[re.Match[str], DateRange, Vantage], DateRange | None],
    *,
    of_this: bool = False,
) -> Composed:
    """Words as in a form; the head ends with the space before the time that follows."""
    return Composed(frozenset(words), re.compile(head), days, of_this)


def measured_from(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“two weeks before my birthday”, “a few days after Christmas”."""
    before = head["side"] != "after"
    found = measured(head, point.start if before else point.end, -1 if before else 1)
    return replace(found, any_year=point.any_year)


def beside(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“the day before Easter”, “the weekend after 4 July”, “the week of June 5”."""
    found = {"before": _just_before, "after": _just_after, "of": _about}[head["side"]](head["unit"], point)
    return replace(found, any_year=point.any_year) if found else None


def _just_before(unit: str, point: DateRange) -> DateRange:
    if unit in WEEKDAY_NUMBER:
        return one_day(previous_weekday(unit, point.start))
    if unit == "weekend":
        return ranges.weekend_of(point.start - timedelta(7))
    return DateRange(moved(point.start, -1, _plain(unit)), point.start - DAY)


def _just_after(unit: str, point: DateRange) -> DateRange:
    if unit in WEEKDAY_NUMBER:
        return one_day(next_weekday(unit, point.end))
    if unit == "weekend":
        return ranges.weekend_of(ranges.week_of(point.end + 2 * DAY).start)
    return DateRange(point.end + DAY, moved(point.end, 1, _plain(unit)))


def _about(unit: str, point: DateRange) -> DateRange | None:
    if unit == "weekend":
        return ranges.weekend_nearest(point.start)
    if unit == "week":
        return DateRange(ranges.week_of(point.start).start, ranges.week_of(point.end).end) if point.days < 7 else None
    return point


def _plain(unit: str) -> str:
    return unit if unit in ("week", "month", "year") else "day"


def part(head: re.Match[str], whole: DateRange, at: Vantage) -> DateRange | None:
    """“early May”, “mid-2019”, “the end of last month”."""
    early, middle, late = ranges.thirds(whole)
    word = head["part"]
    if word.startswith(("early", "beginning", "start")):
        return early
    return middle if word.startswith("mid") else late


def half(head: re.Match[str], whole: DateRange, at: Vantage) -> DateRange | None:
    """“the first half of September”."""
    middle = whole.start + timedelta(whole.days // 2)
    return replace(whole, end=middle - DAY) if head["half"] == "first" else replace(whole, start=middle)


def nth(head: re.Match[str], whole: DateRange, at: Vantage) -> DateRange | None:
    """“the first week of June”, “the last Friday of May”, “the second weekend of 2023”."""
    count = -1 if head["which"] == "last" else ordinal_in(head["which"])
    unit = head["unit"]
    if unit in WEEKDAY_NUMBER or unit == "weekend":
        found = _nth_weekday("saturday" if unit == "weekend" else unit, count, whole)
        found = replace(found, end=found.end + DAY) if unit == "weekend" else found
    elif unit == "month":
        start = add_months(whole.end + DAY, -1) if count < 0 else add_months(whole.start, count - 1)
        found = DateRange(start, add_months(start, 1) - DAY)
    else:
        length = 7 if unit == "week" else 1
        start = whole.end + DAY - timedelta(length) if count < 0 else whole.start + timedelta(length * (count - 1))
        found = DateRange(start, start + timedelta(length - 1))
    return replace(found, any_year=whole.any_year) if whole.start <= found.start <= whole.end else None


def _nth_weekday(name: str, count: int, whole: DateRange) -> DateRange:
    if count < 0:
        return one_day(previous_weekday(name, whole.end + DAY))
    return one_day(next_weekday(name, whole.start - DAY) + timedelta(7 * (count - 1)))


def first_few(head: re.Match[str], whole: DateRange, at: Vantage) -> DateRange | None:
    """“the first two weeks of June”, “the last few days of the year”."""
    count = count_in(head["number"]).most
    if head["which"] == "last":
        found = replace(whole, start=moved(whole.end + DAY, -count, head["unit"]))
    else:
        found = replace(whole, end=moved(whole.start, count, head["unit"]) - DAY)
    return found if whole.start <= found.start and found.end <= whole.end else None


def since_asked(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“since March”: from its beginning until now."""
    return DateRange(point.start, at.today) if point.start <= at.today else None


def before_asked(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“before April 2023”; before now is always, and says nothing."""
    if point.end >= at.today:
        return None
    return DateRange(EARLIEST, point.start - DAY)


def after_asked(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“after April 2023”: until now, or where the question looks ahead, without end."""
    if at.looks_ahead:
        return DateRange(point.end + DAY, LATEST)
    return DateRange(point.end + DAY, at.today) if point.end < at.today else None


def until_asked(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“by July 10”, “until last spring”."""
    if point.start <= at.today <= point.end:
        return None
    return DateRange(EARLIEST, point.end) if point.end < at.today else DateRange(at.today, point.end)


def itself(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“by Friday” tells of Friday."""
    return point


def since_told(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“since 2016” tells of when it began, and that is never to come."""
    if point.start <= at.today:
        return point
    return (
        replace(point, start=add_months(point.start, -12), end=add_months(point.end, -12)) if point.any_year else None
    )


def until_told(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“I'm here until June”: from now, to the next June where the year is open."""
    if point.any_year and point.end < at.today and at.cue is not Leaning.PAST:
        point = replace(point, end=add_months(point.end, 12))
    return DateRange(at.today, point.end) if point.end > at.today else point


def nothing(head: re.Match[str], point: DateRange, at: Vantage) -> DateRange | None:
    """“before 2019 I lived in Rome” dates nothing that is told."""
    return None


UNITS = ("day", "night", "evening", "morning", "week", "weekend", "month", "year", *WEEKDAYS)
NTH = r"(?:the )?(?P<which>last|final|" + ORDINAL.removeprefix("(?P<ordinal>")
COMPOSED: tuple[Composed, ...] = (
    composed(
        {*NUMBER_WORDS, "#"}, rf"{NUMBER} {UNIT} (?P<side>before|after|prior to) (?!yesterday|tomorrow)", measured_from
    ),
    composed(
        ("early", "mid", "late", "beginning", "start", "middle", "end", "earlier", "later"),
        r"(?P<part>(?:early|late)(?: in| on)? |mid[- ]|(?:beginning|start|middle|end) of )",
        part,
        of_this=True,
    ),
    composed(("first", "second"), r"(?P<half>first|second) half of ", half, of_this=True),
    composed(
        ("the", "last", *ORDINALS, "#"),
        rf"{NTH} (?P<unit>day|week|weekend|month|{'|'.join(WEEKDAYS)}) (?:of|in) ",
        nth,
        of_this=True,
    ),
    composed(
        ("the", "last", *UNITS),
        rf"(?:the )?(?:last )?(?!{WEEKDAY} of)(?P<unit>{'|'.join(UNITS)}) (?:right |just )?(?P<side>before|after|of) ",
        beside,
    ),
    composed(("first", "last"), rf"(?P<which>first|last) {NUMBER} {UNIT} (?:of|in) ", first_few, of_this=True),
)
ASKED: tuple[Composed, ...] = (
    composed(["since"], "since (?:about |around )?", since_asked),
    composed(["before"], "before ", before_asked),
    composed(["after"], "after ", after_asked),
    composed(["by", "until", "till"], "(?:by|until|till) ", until_asked),
)
TOLD: tuple[Composed, ...] = (
    composed(["since"], "since (?:about |around )?", since_told),
    composed(["by"], rf"by (?:about |around )?(?!{'|'.join(ranges.SEASONS)})", itself),  # "inspired by autumn"
    composed(["until", "till"], "(?:until|till) ", until_told),
    composed(["before", "after"], "(?:before|after) ", nothing),
)
