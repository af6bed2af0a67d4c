"""Dates as people say them, on the person's own clock."""

from datetime import date, datetime

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def day_in_words(day: date, *, today: date) -> str:
    """“Tuesday 5 May”, with the year where it is not this one."""
    words = f"{day:%A} {day.day} {day:%B}"
    return words if day.year == today.year else f"{words} {day.year}"


def range_in_words(first: date, last: date) -> str:
    """“1 March to 31 May 2026”; a single day is “Tuesday 5 May 2026”."""
    if first == last:
        return f"{first:%A} {first.day} {first:%B} {first.year}"
    began = f"{first.day} {first:%B} {first.year}"
    if first.year == last.year:
        began = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
    return f"{began} to {last.day} {last:%B} {last.year}"


def ago_in_words(day: date, *, today: date) -> str:
    """“today”, “yesterday”, “six months ago”; a date to come is “in three days”."""
    days = (today - day).days
    if days in (0, 1):
        return ("today", "yesterday")[days]
    return f"in {_span(-days)}" if days < 0 else f"{_span(days)} ago"


def _span(days: int) -> str:
    for unit, length in (("year", 365.25), ("month", 30.44), ("week", 7)):
        count = int(days / length + 0.1)  # eleven months and three weeks are a year to anybody who tells it
        if count >= (2 if unit == "week" else 1):
            return _counted(count, unit)
    return _counted(days, "day")


def _counted(count: int, unit: str) -> str:
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {unit}" if count == 1 else f"{number} {unit}s"


def when_in_words(said_at: datetime, *, moment: datetime) -> str:
    """“Tuesday 5 May, six months ago”. Both moments stand on the person's clock."""
    day, today = said_at.date(), moment.date()
    return f"{day_in_words(day, today=today)}, {ago_in_words(day, today=today)}"
