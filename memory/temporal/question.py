"""Which time a question asks about, and whether it asks for a time (LongMemEval §5.4)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from memory.temporal.ranges import DateRange, hull
from memory.temporal.reader import OF_QUESTIONS, Reader

NO_ANCHORS: Mapping[str, date] = MappingProxyType({})
LONGEST = 2_000  # characters: a question
WITHIN = 3  # times as long as its parts: so long may a hull be of two times that a question compares
UNITS = r"(?:days|weeks|weekends|months|years|hours|nights)"
SPAN_ASKED = re.compile(  # what is asked is the distance, and a time at one end of it says little of where to look
    rf"\bhow (?:many|much|long)\b[^.?!]{{0,80}}\b(?:ago|passed|elapsed)\b|"
    rf"\bhow (?:many (?:more )?{UNITS}|much time|long)(?: (?:was it|were there|is it|are there|has it been))?"
    r" (?:ago|before|after|since|until|till|between)\b",
    re.IGNORECASE,
)
ADVICE = re.compile(  # the time is when the advice is for, and no memory is from then
    r"\b(?:can|could|would) you (?:please )?(?:recommend|suggest)|\b(?:any|some) (?:\w+ ){0,3}"
    r"(?:tips|suggestions?|ideas|advice|recommendations?)\b|\b(?:should|could) (?:i|we)\b|\bsuggestions\?|"
    r"\b(?:do|got) you have (?:any )?(?:tips|suggestions?|ideas)",
    re.IGNORECASE,
)
ASKS_WHEN = re.compile(
    rf"^(?:(?:hey|hi|so|well|and|but|please|okay|ok|remind me|tell me|do you know|do you remember),? )*"
    r"(?:since |until |till |by |from )?when(?:'s|'d|'ll)? ?(?:exactly |was|were|is|are|am|did|do|does|will|would|can|"
    r"could|should|have|has|had|shall|\?|$)|"
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
    found = [each.when for each in Reader(question, moment, OF_QUESTIONS, anchors).times() if each.when is not None]
    return _one_of(found) if found else None


def _one_of(found: list[DateRange]) -> DateRange | None:
    """Times within one another: the part they share. Times apart: all of it if near, none if far."""
    chosen = found[0]
    for each in found[1:]:
        together = _together(chosen, each)
        if together is None:
            return None
        chosen = together
    return chosen


def _together(one: DateRange, other: DateRange) -> DateRange | None:
    text = f"{one.text}, {other.text}"
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start <= end:
        return DateRange(start, end, any_year=one.any_year and other.any_year, text=text)
    whole = hull(*sorted((one, other), key=lambda each: each.start))
    if whole is None or whole.days > WITHIN * (one.days + other.days):
        return None
    return replace(whole, text=text)


def asks_when(question: str) -> bool:
    """Whether the answer is a time: “when …”, “what day …”, “how long ago …”."""
    return ASKS_WHEN.search(" ".join(question[:LONGEST].split())) is not None
