"""Time as people speak of it: dates in words, dates in questions, dates of what is told.

The grammar is our own and abstains when unsure: LongMemEval §5.4 found a time range read out of the question to help,
and wrong ranges of weak extractors to cost more than missing ones.
"""

from memory.temporal.events import has_time_words, told_dates
from memory.temporal.question import asked_range, asks_when
from memory.temporal.ranges import DateRange
from memory.temporal.words import ago_in_words, day_in_words, range_in_words, when_in_words

__all__ = [
    "DateRange",
    "ago_in_words",
    "asked_range",
    "asks_when",
    "day_in_words",
    "has_time_words",
    "range_in_words",
    "told_dates",
    "when_in_words",
]
