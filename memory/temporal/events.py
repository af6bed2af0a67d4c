"""The dates of what a turn tells, by the day on which it was said."""

import re
from dataclasses import replace
from datetime import datetime

from memory.temporal.holidays import HOLIDAYS
from memory.temporal.ranges import SEASONS, DateRange
from memory.temporal.reader import OF_TURNS, Reader
from memory.temporal.vocabulary import COUNTED, MONTHS, VERBS_TOO, WEEKDAYS

MOST = 32  # dates of one turn
LONGEST = 8_000  # characters looked at
UNIT = r"(?:day|night|week|weekend|month|year|decade)"
COUNT = rf"(?:a|an|\d+|(?:a |the )?few|several|many|{'|'.join(COUNTED)}|(?:a )?couple(?: of)?)"
SHORT = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|march)\.?"
SEASON = "|".join(SEASONS)
FEASTS = "|".join(each.pattern for each in HOLIDAYS)
TIME_WORDS = re.compile(
    rf"\b(?:ago|yesterday|today|tonight|tomorrow|{'|'.join(set(MONTHS) - VERBS_TOO)}|(?:{'|'.join(WEEKDAYS)})s?|"
    rf"{FEASTS}|(?:last|past|next|this|coming|previous|every) (?:{COUNT} )?"
    rf"(?:{UNIT}s?|{SEASON}|morning|afternoon|evening|march|may|mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun)|"
    rf"the (?:other|following) {UNIT}|{UNIT} (?:before|after|of)|"
    rf"(?:in|over|during|for|since|by) the (?:{SEASON}|weekend)|"
    rf"(?:{SEASON}) (?:of )?\d{{4}}|on the \d\d?(?:st|nd|rd|th)|the (?:early |mid |late )?'?\d0s|"
    rf"{COUNT} {UNIT}s? (?:now|from now|later)|"
    rf"(?:for|in|about|after|over) {COUNT} {UNIT}s?|(?:in|on|since|by|until|of|late|early|mid) (?:march|may)|"
    rf"{SHORT} \d\d?|\d\d?(?:st|nd|rd|th)?(?: of)? {SHORT}|(?:19[3-9]|20[0-4])\d(?:-\d\d?-\d\d?|s)?|"
    r"\d\d?[/.]\d\d?[/.]\d{2,4})\b"
)


def told_dates(text: str, *, said_at: datetime) -> list[DateRange]:
    """The days of what is told, resolved on the clock of the saying: “last Friday”, “in May”, “for five years now”.

    A month without a year is the likeliest one here: what was told has happened, or will, in some year.
    """
    found: list[DateRange] = []
    for each in Reader(text, said_at, OF_TURNS).times():
        if each.when is None:
            continue
        when = replace(each.when, any_year=False)
        if all((when.start, when.end) != (other.start, other.end) for other in found):
            found.append(when)
        if len(found) == MOST:
            break
    return found


def has_time_words(text: str) -> bool:
    """Whether a text says a time in any way, resolved or not."""
    return TIME_WORDS.search(text[:LONGEST].lower()) is not None
