"""Which time a question asks about, and whether it asks for a time (LongMemEval §5.4)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from memory.temporal.ranges import EARLIEST, DateRange, hull
from memory.temporal.reader import OF_QUESTIONS, Reader

NO_ANCHORS: Mapping[str, date] = MappingProxyType({})
LONGEST = 2_000  # characters: a question
NEAR = 3  # times as long as both: so long may the whole be of two times that a question compares
FOUR_DIGITS = re.compile(r"\d{4}")
CLAUSE = re.compile(r"\b(?P<word>since|after|before|until) (?:i|we|he|she|they|you|it|my|our|the)\b[^,.;?!]{0,60}$")
UNITS = r"(?:days|weeks|weekends|months|years|hours|nights)"
SPAN_ASKED = re.compile(  # what is asked is the distance, and a time at one end of it says little of where to look
    rf"\bhow (?:many {UNITS}|much time|long)\b[^.?!]{{0,80}}\b(?:passed|elapsed)\b|"
    rf"\bhow (?:many (?:more )?{UNITS}|much time|long)(?: (?:was it|were there|is it|are there|has it been))?"
    r" (?:ago|before|after|since|until|till|between)\b",
    re.IGNORECASE,
)
ADVICE = re.compile(  # the time is when the advice is for, and no memory is from then
    r"\b(?:can|could|would) you (?:please )?(?:recommend|suggest)|\b(?:should|could) (?:i|we)\b|"
    r"(?:^|[.,;!?] ?|\bdo you have )(?:any|some) (?:\w+ ){0,2}(?:tips|suggestions?|ideas|advice|recommendations?)\b",
    re.IGNORECASE,
)
ASKS_WHEN = re.compile(
    rf"^(?:(?:hey|hi|so|well|and|but|please|okay|ok|remind me|tell me|do you know|do you remember),? )*"
    r"(?:since |until |till |by |from )?when(?:['’](?:s|d|ll)\b| ?(?:\?|$)| (?:exactly )?(?:was|were|is|are|am|"
    r"did|do|does|will|would|can|could|should|have|has|had|shall)\b)|"
    r"\b(?:since|until|till|by) when\b|"
    r"\b(?:know|tell me|remind me|remember|recall|say|sure|forgot|forget|wonder|wondering|mention|mentioned) when\b"
    r"(?! (?:i|we|you) (?:told|said|mentioned|talked|spoke|discussed)\b)|"
    r"\b(?:what|which) (?:exact |other )?(?:dates?|days?|months?|years?|weekday|week|weekend|season|decade)\b|"
    r"\bwhat's the date\b|\bhow long\b|"
    rf"\bhow many {UNITS} (?:ago|passed|had passed|have passed|elapsed|before|after|since|until|between|has it been)\b",
    re.IGNORECASE,
)


def asked_range(question: str, *, moment: datetime, anchors: Mapping[str, date] = NO_ANCHORS) -> DateRange | None:
    """The days that a question asks about, on the clock of the moment of asking; None where it is not sure.

    `anchors` are days that are known by a name ("birthday"); those of the names are read only that stand there.
    """
    question = question[:LONGEST]
    if SPAN_ASKED.search(question) or ADVICE.search(question):
        return None
    reader = Reader(question, moment, OF_QUESTIONS, anchors)
    found = [_after_all(each.when, reader.lowered[: each.begin], moment) for each in reader.times() if each.when]
    return _one_of(found) if found else None


def _after_all(when: DateRange, before: str, moment: datetime) -> DateRange:
    """“since I started again three weeks ago”: the clause is a point, and what is asked lies behind it."""
    said = CLAUSE.search(before)
    if said is None or when.start > moment.date():
        return when
    text = f"{said['word']} {when.text}"
    if said["word"] in ("since", "after"):
        return DateRange(when.start, max(moment.date(), when.end), text=text)
    return DateRange(EARLIEST, when.end, text=text)


def _one_of(found: list[DateRange]) -> DateRange | None:
    """Times within one another: the part they share. Times apart: all of it if near, else the one that is dated."""
    chosen = found[0]
    for each in found[1:]:
        together = _together(chosen, each)
        if together is None:
            return _dated(found)
        chosen = together
    return chosen


def _together(one: DateRange, other: DateRange) -> DateRange | None:
    text = f"{one.text}, {other.text}"
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start <= end:
        return DateRange(start, end, any_year=one.any_year and other.any_year, text=text)
    whole = hull(*sorted((one, other), key=lambda each: each.start))
    if whole is None or whole.days > NEAR * (one.days + other.days):
        return None
    return replace(whole, text=text)


def _dated(found: list[DateRange]) -> DateRange | None:
    """The only one that is written out with its year, if there is one: it is surer than one told from now."""
    dated = [each for each in found if FOUR_DIGITS.search(each.text)]
    return dated[0] if len(dated) == 1 else None


def asks_when(question: str) -> bool:
    """Whether the answer is a time: “when …”, “what day …”, “how long ago …”."""
    return ASKS_WHEN.search(" ".join(question[:LONGEST].split())) is not None
