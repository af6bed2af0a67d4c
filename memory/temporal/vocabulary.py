"""The words of the grammar, and the pieces of pattern that its forms are put together from.

Everything is matched against text in lower case with single spaces and straight apostrophes.
"""

import re
from datetime import timedelta
from typing import NamedTuple

from memory.temporal.ranges import SEASONS

MONTHS = (
    "january february march april may june july august september october november december".split()  # 1 … 12
)
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # 0 … 6
WEEKDAY_NUMBER = {name: index for index, name in enumerate(WEEKDAYS)} | {
    short: index
    for index, names in enumerate("mon|tue tues|wed weds|thu thur thurs|fri|sat|sun".split("|"))
    for short in names.split()
}
SHORT_MONTHS = {
    short: index for index, short in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
MONTH_NUMBER = {name: index for index, name in enumerate(MONTHS, 1)} | SHORT_MONTHS | {"sept": 9}
ORDINALS = {
    word: index
    for index, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
COUNTED = {
    word: index
    for index, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        1,
    )
}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
VAGUE = {"couple": (2, 3), "few": (2, 4), "several": (3, 7)}  # between how many and how many
PEOPLE_TOO = frozenset("april may june august jan".split())  # months that are also what somebody is called
VERBS_TOO = frozenset("may march".split())

MONTH = r"(?P<month>" + "|".join(sorted(MONTH_NUMBER, key=len, reverse=True)) + r")\b\.?"
SEASON = r"(?P<season>" + "|".join(SEASONS) + r")\b"
WEEKDAY = r"(?P<weekday>" + "|".join(sorted(WEEKDAY_NUMBER, key=len, reverse=True)) + r")\b(?!\.\w)"
YEAR = r"(?P<year>\d{4}\b|'\d\d\b)(?![-/.,]\d|%|:\d)"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
LAST_DAY = r"(?P<last_day>\d{1,2})(?:st|nd|rd|th)?\b"
ORDINAL = r"(?P<ordinal>" + "|".join(ORDINALS) + r"|\d{1,2}(?:st|nd|rd|th))\b"
PART_OF_DAY = r"(?: (?:early |late )?(?:morning|afternoon|evening|night|noon)\b)?"
NUMBER = (
    r"(?P<number>\d{1,4}|(?:a )?couple(?: of)?|(?:a )?few|several|(?:twenty|thirty|forty|fifty)"
    r"(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|an?|" + "|".join(COUNTED) + r")\b"
)
NUMBER_WORDS = frozenset({"a", "an", "couple", "few", "several", *COUNTED, *TENS})
UNIT = r"(?P<unit>day|week|month|year|weekend)s?\b"
NOT_A_DAY = (  # "april 3 days ago", "march 20 miles", "may 5 people", "june 8:30", "july 4,000"
    r"(?! ?(?:%|[ap]\.?m\b|o'clock)|[:.,](?!\d{4}\b)\d|[/'])"
    r"(?![-– ]+(?:second|minute|hour|day|week|month|year|night|time|mile|"
    r"people|person|kilo|km|kg|pound|lb|dollar|euro|degree|percent|kid|friend|hundred|thousand|million)s?\b)"
)
CLAUSE_ENDS = re.compile(
    r"$|[.,;:!?)\"'–—-]|\.\.\.| (?:[(–—-]|(?:and|or|but|we|i|you|he|she|they|it|the|my|our|to|until|till|through|last|"
    r"this|next|at|on|for|in|when|because|so|of|with|did|do|does)\b)"
)


class Count(NamedTuple):
    """So many of a unit, where the number may be vague: at least and at most."""

    least: float
    most: float


def count_in(number: str) -> Count:
    """“three”, “21”, “a couple of”, “twenty-five” as numbers."""
    for word, (least, most) in VAGUE.items():
        if word in number:
            return Count(least, most)
    if number.isdigit():
        return Count(int(number), int(number))
    tens, _, ones = number.replace("-", " ").partition(" ")
    value = TENS[tens] + COUNTED[ones] if ones else TENS.get(tens) or COUNTED.get(tens, 1)
    return Count(value, value)


def ordinal_in(words: str) -> int:
    """“first” or “1st” as 1."""
    return ORDINALS.get(words) or int(words.rstrip("stndrh"))


def year_in(words: str) -> int:
    """“2019” or “'19”: two digits mean the last hundred years."""
    if not words.startswith("'"):
        return int(words)
    return int(words[1:]) + (2000 if int(words[1:]) < 50 else 1900)


HALF = {  # half of a unit, in days: how far off "three weeks ago" may be
    "day": 0,
    "week": 3,
    "weekend": 3,
    "month": 15,
    "year": 182,
}
HOURLY = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
