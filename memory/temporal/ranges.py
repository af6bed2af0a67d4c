"""A stretch of days, and the stretches that a calendar has names for."""

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)  # what a person's memory can speak of; "before May" opens here
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # first month, on the northern half
SATURDAY = 5
YEAR = 366  # days: a stretch this long meets every day of the year


@dataclass(frozen=True)
class DateRange:
    """From a day to a day, both included, on the person's own clock."""

    start: date
    end: date
    any_year: bool = False  # "in May": that month of any year; start and end stand in the likeliest one
    text: str = ""  # the words it was read from

    def overlaps(self, start: date, end: date, *, padding: int = 0) -> bool:
        """Whether it shares a day with another stretch, each end of it moved out by `padding` days."""
        first, last = start.toordinal() - padding, end.toordinal() + padding
        if not self.any_year:
            return self.start.toordinal() <= last and first <= self.end.toordinal()
        if last - first >= YEAR:
            return True
        years = range(start.year - 2, end.year + 3)
        return any(_day_in(self.start, year) <= last and first <= self._end_in(year) for year in years)

    def in_year(self, year: int) -> tuple[date, date]:
        """The same stretch, begun in another year."""
        return date.fromordinal(_day_in(self.start, year)), date.fromordinal(self._end_in(year))

    def _end_in(self, year: int) -> int:
        """The last day (proleptic ordinal) of the same stretch, begun in another year."""
        return _day_in(self.end, year + self.end.year - self.start.year, last=True)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1


def _day_in(day: date, year: int, *, last: bool = False) -> int:
    """The ordinal of the same day of another year; where February ends, it ends there in every year."""
    year = min(max(year, date.min.year), date.max.year)
    length = month_length(year, day.month)
    ends_february = last and (day.month, day.day) in ((2, 28), (2, 29))
    return date(year, day.month, length if ends_february else min(day.day, length)).toordinal()


def month_length(year: int, month: int) -> int:
    """How many days the month has."""
    return calendar.monthrange(year, month)[1]


def one_day(day: date) -> DateRange:
    """That day alone."""
    return DateRange(day, day)


def around(day: date, margin: int) -> DateRange:
    """The day and `margin` days to both its sides."""
    return DateRange(day - timedelta(margin), day + timedelta(margin))


def week_of(day: date) -> DateRange:
    """Monday to Sunday."""
    monday = day - timedelta(day.weekday())
    return DateRange(monday, monday + timedelta(6))


def weekend_of(day: date) -> DateRange:
    """The Saturday and Sunday that end the day's week."""
    saturday = week_of(day).start + timedelta(SATURDAY)
    return DateRange(saturday, saturday + timedelta(1))


def weekend_nearest(day: date) -> DateRange:
    """The Saturday and Sunday closest to a day."""
    return weekend_of(day - timedelta(7) if day.weekday() < 2 else day)


def month_of(year: int, month: int) -> DateRange:
    """From the first to the last."""
    return DateRange(date(year, month, 1), date(year, month, month_length(year, month)))


def months_from(year: int, month: int, count: int) -> DateRange:
    """So many whole months, the first of them named."""
    last = add_months(date(year, month, 1), count - 1)
    return DateRange(date(year, month, 1), month_of(last.year, last.month).end)


def quarter_of(day: date) -> DateRange:
    """The three months of the calendar's quarter that a day is in."""
    return months_from(day.year, 3 * ((day.month - 1) // 3) + 1, 3)


def year_of(year: int) -> DateRange:
    """From New Year's Day to New Year's Eve."""
    return DateRange(date(year, 1, 1), date(year, 12, 31))


def season_of(name: str, year: int) -> DateRange:
    """The three months of a season that begins in that year; a winter ends in the next."""
    return months_from(year, SEASONS[name], 3)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The first (1), second … Monday (0) … of a month; nth = -1 is its last."""
    if nth < 0:
        last = month_of(year, month).end
        return last - timedelta((last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def add_months(day: date, months: int) -> date:
    """The same day of a month before or after, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, month_length(year, month + 1)))


def thirds(whole: DateRange) -> tuple[DateRange, DateRange, DateRange]:
    """Early, mid and late of it."""
    third = max(whole.days // 3, 1)
    first = min(whole.start + timedelta(third - 1), whole.end)
    last = max(whole.end - timedelta(third - 1), whole.start)
    middle = (min(first + timedelta(1), last), max(last - timedelta(1), first))
    return (
        replace(whole, end=first),
        replace(whole, start=min(middle), end=max(middle)),
        replace(whole, start=last),
    )


def hull(first: DateRange, last: DateRange) -> DateRange | None:
    """From the beginning of the one to the end of the other, a missing year taken from the one that has it.

    “Between August 11 and August 15 2023”, “from November to February”. None where it would run backwards.
    """
    start, end = first.start, last.end
    if first.any_year and not last.any_year:
        start = _same_day(start, end.year if _same_day(start, end.year) <= end else end.year - 1)
    elif last.any_year and not first.any_year:
        end = _same_day(end, start.year if _same_day(end, start.year) >= start else start.year + 1)
    elif first.any_year and start > end:
        start = _same_day(start, start.year - 1)
    return DateRange(start, end, any_year=first.any_year and last.any_year) if start <= end else None


def _same_day(day: date, year: int) -> date:
    return date(year, day.month, min(day.day, month_length(year, day.month)))
