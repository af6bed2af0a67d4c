"""Times that are told from now: yesterday, two weeks ago, last Tuesday, the past few months."""

import re
from datetime import date, timedelta

from memory.temporal import ranges
from memory.temporal.forms import Form, form
from memory.temporal.ranges import DateRange, add_months, one_day
from memory.temporal.vantage import Leaning, Vantage
from memory.temporal.vocabulary import (
    HALF,
    HOURLY,
    NUMBER,
    NUMBER_WORDS,
    PART_OF_DAY,
    UNIT,
    WEEKDAY,
    WEEKDAY_NUMBER,
    count_in,
)

WEEK = timedelta(7)
NAMED_DAYS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
OWN = re.compile(r"(?:\b(?:my|his|her|their|our|your)|'s) $")  # "my last year there" is told from somewhere else
LIKE = re.compile(r"\b(?:like|as if)(?: (?:it|this|that) (?:was|were))?(?: only| just)? $")
OF_SOME = re.compile(r"\b(?:every|each|most|some|a|an|any|our|my|the) $")
OVER_THE = re.compile(r"\b(?:over|within|in|for|during) the $")
TOLD_FROM_ELSEWHERE = re.compile(r"\bthe $")  # "the next day", "the last week of it"
STRETCH = r"(?P<unit>week|month|year|weekend|quarter)\b"


def moved(day: date, count: float, unit: str) -> date:
    """A day so many units later, or earlier where the count is negative."""
    if unit in ("month", "year"):
        months = count * (12 if unit == "year" else 1)
        whole = int(months)
        return add_months(day, whole) + timedelta(round((months - whole) * 30))
    return day + timedelta(round(count * (1 if unit == "day" else 7)))


def measured(match: re.Match[str], day: date, sign: int) -> DateRange:
    """So many units from a day, give or take half a unit: nobody counts the days of “three months ago”."""
    unit, count = match["unit"], count_in(match["number"])
    said = match.groupdict()
    extra = 0.5 if said.get("half") or said.get("more") else 0.0
    ends = sorted(moved(day, sign * (number + extra), unit) for number in count)
    margin = timedelta(max(HALF[unit], int(count.most) // 7 if unit == "day" else 0))
    found = DateRange(ends[0] - margin, ends[1] + margin)
    if unit != "weekend":
        return found
    return ranges.weekend_nearest(day + sign * int(count.least) * WEEK)


def ago(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“two weeks ago”, “a couple of months ago”, “a year and a half ago”."""
    return measured(match, at.today, -1)


def hours_ago(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“three hours ago” may have been yesterday."""
    hours = int(count_in(match["number"]).least)
    return one_day((at.moment.replace(tzinfo=None) - hours * HOURLY[match["hourly"]]).date())


def from_now(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“two weeks from now”, “a week from today”."""
    day = at.today + timedelta(1 if match["whence"] == "tomorrow" else 0)
    return measured(match, day, 1)


def in_time(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in two weeks”, where the sentence looks ahead; else it is how long something took."""
    return measured(match, at.today, 1) if at.looks_ahead else None


def week_from(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“a week from Friday”, “two weeks from Monday”."""
    day = next_weekday(match["weekday"], at.today) + int(count_in(match["number"]).least) * WEEK
    return one_day(day)


def named_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“yesterday morning”, “tonight”; not “as if it were yesterday”."""
    if LIKE.search(at.lowered, max(at.begin - 30, 0), at.begin):
        return None
    return one_day(at.today + timedelta(NAMED_DAYS[match["named"]]))


def day_beyond(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the day before yesterday”, “the day after tomorrow”."""
    return one_day(at.today + timedelta(-2 if match["yester"] else 2))


def this_part(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“this morning”, “earlier today”."""
    return one_day(at.today)


def last_night(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last night”, and “the night before last”."""
    if TOLD_FROM_ELSEWHERE.search(at.lowered, max(at.begin - 8, 0), at.begin):
        return None
    return one_day(at.today - timedelta(2 if match[0].endswith("last") else 1))


def other_day(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the other day”: within a week."""
    return DateRange(at.today - WEEK, at.today - timedelta(1))


def whole(unit: str, day: date) -> DateRange:
    """The week, weekend, month, quarter or year that a day is in."""
    if unit == "week":
        return ranges.week_of(day)
    if unit == "weekend":
        return ranges.weekend_of(day)
    if unit == "month":
        return ranges.month_of(day.year, day.month)
    return ranges.quarter_of(day) if unit == "quarter" else ranges.year_of(day.year)


def stretch(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last week”, “next month”, “this year”: by the calendar; “over the last week”: back from today."""
    which, unit = match["which"], match["unit"]
    if which != "this" and OWN.search(at.lowered, max(at.begin - 8, 0), at.begin):
        return None
    from_elsewhere = TOLD_FROM_ELSEWHERE.search(at.lowered, max(at.begin - 8, 0), at.begin)
    if which in ("last", "past", "next") and unit != "weekend" and from_elsewhere:
        return _rolled(which, unit, at)
    return _calendar(which, unit, at)


def _rolled(which: str, unit: str, at: Vantage) -> DateRange | None:
    """“the last month” ends today, “over the next month” begins today; “the next month” alone is of a story."""
    if which != "next":
        return _back(1, unit, at)
    if OVER_THE.search(at.lowered, max(at.begin - 12, 0), at.begin) is None:
        return None
    return DateRange(at.today, moved(at.today, 3 if unit == "quarter" else 1, "month" if unit == "quarter" else unit))


def _back(count: float, unit: str, at: Vantage) -> DateRange:
    start = moved(at.today, -count * (3 if unit == "quarter" else 1), "month" if unit == "quarter" else unit)
    return DateRange(start, at.today)


def _calendar(which: str, unit: str, at: Vantage) -> DateRange:
    if unit == "weekend":
        return weekend(which, at)
    steps = {"last": -1, "past": -1, "this past": -1, "this": 0, "next": 1, "coming": 1}[which]
    if which in ("past", "this past") and unit == "week":
        return _back(1, unit, at)
    if unit == "quarter":
        return whole(unit, add_months(at.today.replace(day=1), 3 * steps))
    first = whole(unit, at.today).start
    return whole(unit, moved(first, steps, unit))


def weekend(which: str, at: Vantage) -> DateRange:
    """“last” is the last that is over, “next” next week's, “this” the nearer by the sentence's tense."""
    mine = ranges.weekend_of(at.today)
    if which in ("last", "past", "this past"):
        return ranges.weekend_of(mine.start - WEEK)
    if which in ("next", "coming"):
        return ranges.weekend_of(at.today + (WEEK if which == "next" else timedelta(0)))
    early = at.today < mine.start and at.cue is Leaning.PAST and at.today.weekday() < 3
    return ranges.weekend_of(at.today - WEEK) if early else mine


def over_the_weekend(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“over the weekend”: the last that has begun, or the coming one."""
    mine = ranges.weekend_of(at.today)
    return mine if at.looks_ahead or at.today >= mine.start else ranges.weekend_of(at.today - WEEK)


def this_one(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the end of the month”: of this one."""
    return whole(match["unit"], at.today)


def before_last(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the week before last”, “the weekend before last”."""
    if match["unit"] == "weekend":
        return ranges.weekend_of(at.today - 2 * WEEK)
    return whole(match["unit"], moved(whole(match["unit"], at.today).start, -2, match["unit"]))


def part_of_this(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“earlier this week”, “later this year”."""
    found = whole(match["unit"], at.today)
    if match["side"] == "later":
        return DateRange(at.today, max(found.end, at.today))
    return DateRange(min(found.start, at.today), at.today)


def rolling(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the past two months”, “the next few days”."""
    if OWN.search(at.lowered, max(at.begin - 8, 0), at.begin):
        return None
    count = count_in(match["number"]).most
    sign = 1 if match["which"] in ("next", "coming") else -1
    far = moved(at.today, sign * count, match["unit"])
    return DateRange(min(at.today, far), max(at.today, far))


def last_hours(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“in the past 24 hours”."""
    since = at.moment.replace(tzinfo=None) - timedelta(hours=count_in(match["number"]).most)
    return DateRange(since.date(), at.today)


def previous_weekday(weekday: str, day: date) -> date:
    """The last of that name before a day."""
    return day - timedelta((day.weekday() - WEEKDAY_NUMBER[weekday] - 1) % 7 + 1)


def next_weekday(weekday: str, day: date) -> date:
    """The first of that name after a day."""
    return day + timedelta((WEEKDAY_NUMBER[weekday] - day.weekday() - 1) % 7 + 1)


def _is_written_out(match: re.Match[str], at: Vantage) -> bool:
    """“Sat” and “Sun” are days only with a capital."""
    return match["weekday"].endswith("day") or at.text[match.start("weekday")].isupper()


def weekday_with_part(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“Friday night we …”; “every Friday night” is none."""
    return None if OF_SOME.search(at.lowered, max(at.begin - 8, 0), at.begin) else bare_weekday(match, at)


def weekday_ago(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“the Wednesday two months ago”: the nearest to that day, or a week beside it where months were counted."""
    if match["unit"] not in ("week", "month"):
        return None
    day = moved(at.today, -count_in(match["number"]).least, match["unit"])
    nearest = previous_weekday(match["weekday"], day + timedelta(4))
    return ranges.around(nearest, 0 if match["unit"] == "week" else 7)


def bare_weekday(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“on Monday”: the last before today, the next where the sentence looks ahead, none where it does not say."""
    if at.leaning is Leaning.UNSAID or not _is_written_out(match, at):
        return None
    return one_day((next_weekday if at.looks_ahead else previous_weekday)(match["weekday"], at.today))


def chosen_weekday(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“last Tuesday”, “next Friday”, “this Sunday”."""
    name, which = match["weekday"], match["which"]
    if not _is_written_out(match, at):
        return None
    if which in ("last", "past", "this past"):
        return one_day(previous_weekday(name, at.today))
    if which in ("next", "coming", "this coming"):
        return one_day(next_weekday(name, at.today))
    if at.cue is Leaning.PAST:
        return one_day(previous_weekday(name, at.today + timedelta(1)))
    return one_day(next_weekday(name, at.today - timedelta(1)))


def weekday_of_week(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“Tuesday last week”, “Friday of next week”."""
    monday = ranges.week_of(at.today).start + {"last": -1, "this": 0, "next": 1}[match["which"]] * WEEK
    return one_day(monday + timedelta(WEEKDAY_NUMBER[match["weekday"]]))


def started_ago(match: re.Match[str], at: Vantage) -> DateRange | None:
    """“for five years now”, “I've known her for two months”: when it began."""
    perfect = match["now"] or PERFECT.search(at.sentence[0])
    return measured(match, at.today, -1) if perfect and not at.looks_ahead else None


PERFECT = re.compile(
    r"(?:\b(?:have|has)|'ve|'s)(?: \w+){0,2} (?:been|known|had|lived|worked|owned|played|loved|wanted|used|kept|done|"
    r"practiced|practised|studied|dated|trained)\b[^,;]{0,60}$"
)
BACK = r"back(?!-| (?:to|at|in|on|from|home|here|there)\b)"  # "a year back", not "three days back at work"
AND_A_HALF = r"(?P<half> and a half)?"
REST_OF_PHRASE = r"(?! of\b)"  # "last week of June" is read elsewhere, "last year of college" not at all
CHOICE = r"(?P<which>this past|this coming|last|this|next|past|coming)"
CHOOSING = ("last", "this", "next", "past", "coming")
RELATIVE: tuple[Form, ...] = (
    form(NAMED_DAYS, rf"(?P<named>{'|'.join(NAMED_DAYS)})\b(?![(_]){PART_OF_DAY}", named_day),
    form(["the", "day"], r"(?:the )?day (?:before (?P<yester>yesterday)|after tomorrow)\b", day_beyond),
    form(["the"], r"the night before last\b", last_night),
    form(["last"], r"last (?:night|evening)\b(?! of\b)", last_night),
    form(["this"], r"this (?:very )?(?:morning|afternoon|evening)\b", this_part),
    form(["the"], r"the other (?:day|night|morning|evening)\b", other_day),
    form(["the"], r"the (?P<unit>week|weekend|month|year) before last\b", before_last),
    form(["earlier", "later"], r"(?P<side>earlier|later) (?:on )?this (?P<unit>week|month|year)\b", part_of_this),
    form(CHOOSING, rf"(?P<which>last|past|next|coming) {NUMBER}{AND_A_HALF} {UNIT}{REST_OF_PHRASE}", rolling),
    form(["last", "past"], rf"(?:last|past) {NUMBER} hours?\b", last_hours),
    form(CHOOSING, r"(?P<which>this past|last|this|next|past|coming) " + STRETCH + REST_OF_PHRASE, stretch),
    form(CHOOSING, rf"{CHOICE} {WEEKDAY}{PART_OF_DAY}", chosen_weekday),
    form(WEEKDAY_NUMBER, rf"{WEEKDAY}{PART_OF_DAY},? (?:of )?(?P<which>last|this|next) week\b", weekday_of_week),
    form(WEEKDAY_NUMBER, rf"{WEEKDAY}{PART_OF_DAY},? (?:about )?{NUMBER} {UNIT} ago\b", weekday_ago),
    form(
        {*NUMBER_WORDS, "#"},
        rf"{NUMBER}{AND_A_HALF} {UNIT}(?P<more> and a half)? (?:ago|{BACK})\b",
        ago,
    ),
    form({*NUMBER_WORDS, "#"}, rf"{NUMBER} (?P<hourly>hour|minute)s? ago\b", hours_ago),
    form({*NUMBER_WORDS, "#"}, rf"{NUMBER} {UNIT} from (?P<whence>now|today|tomorrow)\b", from_now),
    form({*NUMBER_WORDS, "#"}, rf"{NUMBER} weeks? from {WEEKDAY}", week_from),
    form(["in"], rf"in (?:about |around |just )?{NUMBER} {UNIT}(?:' time)?(?! (?:of|ago|before|after)\b)", in_time),
)
ABOUT = r"(?:(?:about|around|over|almost|nearly|like|just|under|well|some|roughly|only) ){0,3}"
TOLD_ONLY: tuple[Form, ...] = (
    form(["for"], rf"for {ABOUT}{NUMBER} {UNIT}(?P<now> now\b)?", started_ago),
    form({*NUMBER_WORDS, "#"}, rf"{NUMBER} {UNIT}(?P<now> (?:now|already))\b", started_ago),
    form(WEEKDAY_NUMBER, rf"{WEEKDAY} (?:morning|afternoon|evening|night)\b", weekday_with_part),
)
NEARBY: tuple[Form, ...] = (  # only after a word that goes with the kind
    form(
        WEEKDAY_NUMBER,
        rf"{WEEKDAY}{PART_OF_DAY}(?!s\b| (?:mornings|afternoons|evenings|nights)\b)",
        bare_weekday,
        kind="weekday",
    ),
    form(["weekend"], r"weekend\b", over_the_weekend, kind="weekend"),
    form(["week", "month", "year", "quarter"], r"(?P<unit>week|month|year|quarter)\b(?! of\b)", this_one, kind="unit"),
)
