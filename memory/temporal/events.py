"""The dates of what a turn tells, by the day on which it was said."""

import re
from dataclasses import replace
from datetime import datetime

from memory.temporal.ranges import SEASONS, DateRange
from memory.temporal.reader import OF_TURNS, Reader
from memory.temporal.vocabulary import COUNTED, MONTHS, VERBS_TOO, WEEKDAYS

MOST = 32  # dates of one turn
LONGEST = 20_000  # characters looked at
MONTH = "|".join(name for name in MONTHS if name not in VERBS_TOO)
UNIT = r"(?:day|night|week|weekend|month|year|hour|minute|decade)"
TIME_WORDS = re.compile(
    rf"\b(?:ago|yesterday|today|tonight|tomorrow|{MONTH}|(?:{'|'.join(WEEKDAYS)})s?|christmas|easter|thanksgiving|"
    rf"halloween|new year'?s|(?:last|past|next|this|coming|previous|every) (?:\w+ )?(?:{UNIT}s?|{'|'.join(SEASONS)}|"
    rf"morning|afternoon|evening|march|may)|the (?:other|following) (?:day|week|month|year)|"
    rf"(?:in|over|during|for) the (?:summer|winter|spring|autumn|fall|weekend)|"
    rf"(?:summer|winter|spring|autumn|fall) (?:of )?\d{{4}}|"
    rf"(?:for|in|about|after|over) (?:the )?(?:a|an|\d+|a few|several|many|{'|'.join(COUNTED)}|a couple of) {UNIT}s?|"
    rf"(?:in|on|since|by|until|of|late|early|mid) (?:march|may)\b|(?:march|may) \d|"
    rf"\d(?:st|nd|rd|th)? (?:of )?(?:march|may)|"
    rf"(?:19[3-9]|20[0-4])\d(?:s|-\d\d?-\d\d?)?|(?:19|20)\d\d|\d\d?[/.]\d\d?[/.]\d{{2,4}}|"
    rf"\d\d?(?:st|nd|rd|th) of)\b"
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
