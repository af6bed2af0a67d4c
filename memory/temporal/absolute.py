"""Times that stand on the calendar: days, months, seasons, quarters, years, decades, feasts."""

import re
from dataclasses import replace
from datetime import date

from memory.temporal import holidays, ranges
from memory.temporal.forms import Built, Form, by_choice, form, year_named
from memory.temporal.ranges import DateRange, add_months, month_of, one_day
from memory.temporal.vantage import Vantage
from memory.temporal.vocabulary import (
    CLAUSE_ENDS,
    DAY,
    LAST_DAY,
    MONTH,
    MONTH_NUMBER,
    MONTHS,
    NOT_A_DAY,
    ORDINAL,
    ORDINALS,
    SEASON,
    VERBS_TOO,
    YEAR,
    ordinal_in,
    year_in,
)

ITS_YEAR = (
    r"(?: (?:of |in )?(?P<which>last|this|next) year\b|"
    rf"(?:,? |, ?| of | in )(?:the year )?{YEAR}|,(?P<tight>\d{{4}})\b)"
)
NO_OTHER_YEAR = r"(?!,? ?\d{4,})"
TO = r"(?: ?[-–—] ?| to | through | until | till )(?:the )?"
DECADES = {"fifties": 1950, "sixties": 1960, "seventies": 1970, "eighties": 1980, "nineties": 1990}
HEAT_OR_SCORE = re.compile(
    r"degree|temperature|temps\b|weather|\bhot\b|humid|fahrenheit|scor|bpm|heart|grade|percent|%"
)
SEASON_OF_SOMETHING = (
    r"(?! (?:of|break|camps?|schools?|rolls?|semester|season|jobs?|intern\w*|clean\w*|collection|coats?|olympics|"
    r"train\w*|games|market|fling|festival|onions?|term|wedding|program\w*|course|class\w*|water|leaves|dress\w*)\b)"
)


def _year(match: re.Match[str], at: Vantage) -> int | None:
    """The year said with a date, or None where none was."""
    said = match.groupdict()
    if said.get("which"):
        return year_named(said["which"], at.today)
    words = said.get("year") or said.get("tight")
    return year_in(words) if words else None


def _placed(built: Built, match: re.Match[str], at: Vantage) -> DateRange | None:
    """In the year that was said, else in any."""
    year = _year(match, at)
    return by_choice("", built, at) if year is None else built(year)


def month_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“May 8, 2023”, “8th of May”, “May 8 – 10”."""
    said = match.groupdict()
    month, first = MONTH_NUMBER[match["month"]], int(said["day"]) if "day" in said else ORDINALS[said["ordinal"]]
    last = int(said.get("last_day") or first)
    if not _month_is_meant(match, at, sure=_year(match, at) is not None or "of" in match[0].split()):
        return None
    return _placed(lambda year: DateRange(date(year, month, first), date(year, month, last)), match, at)


def _month_is_meant(match: re.Match[str], at: Vantage, *, sure: bool) -> bool:
    """Whether “may” and “march” beside a number are months: written large, after “on”, or with a year."""
    where = match.start("month")
    before = at.lowered[max(match.start() - 8, 0) : match.start()]
    return (
        sure
        or match["month"] not in VERBS_TOO
        or at.text[where].isupper()
        or re.search(r"\b(?:on|by|since|until|till|before|after|from|to|and|of)(?: the)? $", before) is not None
    )


def month_year(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“May 2023”, “May of last year”."""
    year = _year(match, at)
    return None if year is None else month_of(year, MONTH_NUMBER[match["month"]])


def bare_month(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in May”."""
    name = match["month"]
    big = at.text[match.start("month")].isupper()
    short = name not in MONTHS
    if (short or name == "may") and not big and (short or not CLAUSE_ENDS.match(at.lowered, match.end())):
        return None
    return by_choice("", lambda year: month_of(year, MONTH_NUMBER[name]), at)


def chosen_month(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last May”, “this coming March”."""
    name = match["month"]
    if name in VERBS_TOO and not at.text[match.start("month")].isupper() and match["which"] in ("this", "next"):
        return None
    return by_choice(match["which"], lambda year: month_of(year, MONTH_NUMBER[name]), at)


def season(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in the spring”, “summer of 2021”, “spring last year”."""
    return _placed(lambda year: ranges.season_of(match["season"], year), match, at)


def chosen_season(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last spring”, “this summer”."""
    return by_choice(match["which"], lambda year: ranges.season_of(match["season"], year), at)


def _feast(match: re.Match[str]) -> Built:
    return holidays.holiday_in(match).days


def feast(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“on Valentine's Day”, “Easter 2022”. A feast that moves stands in its likeliest year only."""
    found = _placed(_feast(match), match, at)
    if found and found.any_year and not holidays.holiday_in(match).fixed:
        return replace(found, any_year=False)
    return found


def chosen_feast(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last Christmas”, “this year's Thanksgiving”."""
    if match["whose"]:
        return _feast(match)(year_named(match["whose"], at.today))
    return by_choice(match["which"], _feast(match), at)


def iso_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“2023-05-08”."""
    return one_day(date(int(match["y"]), int(match["m"]), int(match["d"])))


def slashed_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“5/21/2023”, “21/5/2023”; where both could be the month, it is not guessed."""
    first, second = int(match["a"]), int(match["b"])
    if first <= 12 and second <= 12 and first != second:
        return None
    month, day = (first, second) if first <= 12 else (second, first)
    return one_day(date(int(match["y"]), month, day))


def dotted_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“8.5.2023”, as most of Europe writes it."""
    return one_day(date(int(match["y"]), int(match["m"]), int(match["d"])))


def slashed_month_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“on 7/22”; only where the second cannot be a month."""
    month, day = int(match["m"]), int(match["d"])
    return by_choice("", lambda year: one_day(date(year, month, day)), at) if day > 12 else None


def bare_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“on the 8th”: of this month, or of the last one that had it."""
    day = int(match["day"])
    for months in (0, 1, 2) if at.looks_ahead else (0, -1, -2):
        start = add_months(at.today.replace(day=1), months)
        if day > ranges.month_length(start.year, start.month):
            continue
        found = start.replace(day=day)
        if (found >= at.today) if at.looks_ahead else (found <= at.today):
            return one_day(found)
    return None


def day_of_month_named(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the 8th of last month”."""
    start = add_months(at.today.replace(day=1), {"last": -1, "this": 0, "next": 1}[match["which"]])
    return one_day(start.replace(day=int(match["day"])))


def quarter(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“Q3 2022”, “the first quarter of last year”, “in Q3”."""
    said = match.groupdict()
    number = int(said["quarter"]) if said.get("quarter") else ordinal_in(said["ordinal"])
    return _placed(lambda year: ranges.quarter_of(date(year, 3 * number - 2, 1)), match, at)


def whole_year(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in 2019”."""
    return ranges.year_of(year_in(match["year"]))


def decade(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in the 90s”, “in the 2010s”; the heat and the score of a test are in the nineties too."""
    if HEAT_OR_SCORE.search("".join(at.sentence)):
        return None
    words = match["decade"]
    year = DECADES.get(words) or int(words.strip("'s")) + (1900 if len(words.strip("'s")) == 2 else 0)
    return DateRange(date(year, 1, 1), date(year + 9, 12, 31))


SEASONS = frozenset(ranges.SEASONS)
QUARTERS = ("q1", "q2", "q3", "q4")
NOT_COUNTED = (
    r"(?! (?:words?|steps?|people|dollars?|calories|times|miles|meters|metres|euros?|pounds?|points?|pieces?|items?|"
    r"square|percent|hours?|minutes?|days?|weeks?|months?|years?|different|of)\b)"
)
NOT_A_FRACTION = r"(?! ?(?:of|inch\w*|cups?|tea\w*|table\w*)\b)"
CHOICE = r"(?P<which>last|this|next|past|coming)"
CHOOSING = ("last", "this", "next", "past", "coming")
DATES: tuple[Form, ...] = (
    form(
        MONTH_NUMBER,
        rf"{MONTH},? (?:the )?{DAY}{NOT_A_DAY}(?:{TO}{LAST_DAY}{NOT_A_DAY})?(?:{ITS_YEAR})?{NO_OTHER_YEAR}",
        month_day,
    ),
    form(
        ["#"],
        rf"{DAY}(?:{TO}{LAST_DAY})? (?:of )?{MONTH}(?:{ITS_YEAR})?{NO_OTHER_YEAR}",
        month_day,
    ),
    form(ORDINALS, rf"(?P<ordinal>{'|'.join(ORDINALS)}) (?:day )?of {MONTH}(?:{ITS_YEAR})?{NO_OTHER_YEAR}", month_day),
    form(["#"], r"(?P<y>\d{4})(?P<cut>[-/.])(?P<m>\d\d?)(?P=cut)(?P<d>\d\d?)\b", iso_day),
    form(["#"], r"(?P<a>\d\d?)(?P<cut>[-/])(?P<b>\d\d?)(?P=cut)(?P<y>\d{4})\b", slashed_day),
    form(["#"], r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})\b", dotted_day),
    form(["#"], r"(?P<day>\d{1,2})(?:st|nd|rd|th) of (?P<which>last|this|next) month\b", day_of_month_named),
    form(MONTH_NUMBER, rf"{MONTH}{ITS_YEAR}", month_year),
    form(SEASONS, rf"{SEASON}(?:{ITS_YEAR})", season),
    form(holidays.FIRST_WORDS, rf"(?:{holidays.PATTERN})(?:{ITS_YEAR})", feast),
    form(QUARTERS, rf"q(?P<quarter>[1-4])(?:{ITS_YEAR})", quarter),
    form(ORDINALS, rf"{ORDINAL} quarter(?:{ITS_YEAR})", quarter),
    form(CHOOSING, rf"{CHOICE} (?P<month>{'|'.join(MONTHS)})\b(?! \d)(?!')", chosen_month),
    form(CHOOSING, rf"{CHOICE} {SEASON}{SEASON_OF_SOMETHING}", chosen_season),
    form(
        CHOOSING,
        rf"(?:(?P<whose>last|this|next) year's|{CHOICE}) (?:{holidays.PATTERN})\b",
        chosen_feast,
    ),
)
UNSURE: tuple[Form, ...] = (  # each only after a word that goes with its kind
    form(MONTH_NUMBER, rf"{MONTH}(?! ?\d|'s)", bare_month, kind="month"),
    form(SEASONS, rf"{SEASON}{SEASON_OF_SOMETHING}", season, kind="season"),
    form(["#"], rf"{YEAR}{NOT_COUNTED}", whole_year, kind="year"),
    form(["#"], r"(?P<decade>(?:19[5-9]0|20[012]0|'?[5-9]0)'?s)\b", decade, kind="decade"),
    form(DECADES, rf"(?P<decade>{'|'.join(DECADES)})\b", decade, kind="decade"),
    form(holidays.FIRST_WORDS, rf"(?:{holidays.PATTERN})\b", feast, kind="feast"),
    form(["#"], r"(?P<day>\d{1,2})(?:st|nd|rd|th)\b", bare_day, kind="numbered"),
    form(["#"], rf"(?P<m>\d\d?)/(?P<d>\d\d)\b(?![-/.]\d){NOT_A_FRACTION}", slashed_month_day, kind="slashed"),
    form(QUARTERS, r"q(?P<quarter>[1-4])\b", quarter, kind="quarter"),
)
