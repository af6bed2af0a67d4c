"""Reads a text from left to right and finds the times that are named in it.

What a word may begin is looked up by the word, so a text without time words costs no more than being split. An
expression is a form ("last Friday"), a form made sure by a preposition ("in May"), or one put together from others
("two weeks before Easter", "from May to July", "the first week of June").
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from memory.temporal import absolute, composed, relative
from memory.temporal.anchors import anchored
from memory.temporal.composed import Composed
from memory.temporal.forms import Form, table
from memory.temporal.ranges import EARLIEST, LATEST, DateRange, hull
from memory.temporal.vantage import Leaning, Vantage
from memory.temporal.vocabulary import CLAUSE_ENDS, PEOPLE_TOO, WEEKDAY, WEEKDAY_NUMBER

LONGEST = 8_000  # characters of a text that are read: a person's turn, or a long letter of theirs
DEEPEST = 4  # expressions within one another: "the week before the day after Easter"
WORD = re.compile(r"[^\W_]+")
LEADING = re.compile(r"the |this |my |our ")
TIGHT = frozenset({"in", "during", "over", "throughout", "of"})  # after these a month is no person
ALLOWED = {  # what makes an unsure form sure
    word: frozenset(kinds.split())
    for word, kinds in {
        "in": "month season year decade quarter",
        "during": "month season year decade feast quarter weekend",
        "over": "season feast weekend month",
        "throughout": "month season year decade",
        "around": "month season year feast anchor",
        "on": "weekday feast numbered anchor weekend slashed",
        "at": "feast weekend",
        "for": "feast season month anchor weekend weekday",
        "of": "month year",  # "the month of February", "as of 2023"
    }.items()
}
OF_WHAT = re.compile(r"\b(?:month|as|year) $")
AFTER_A_HEAD = frozenset().union(*ALLOWED.values())  # what may follow "since", "before", "the end of"
CLOSED = frozenset({"numbered", "anchor"})  # what another word after them would make something else
SPANS = {"between": re.compile(r" and "), "from": re.compile(r" ?[-–—] ?| (?:up )?(?:to|until|till|through) ")}
DASHED = SPANS["from"]
LISTED = re.compile(r" (?:and|or) (?:in |on )?")
NEAR = 7  # times as long as one of them may two times be together that are named side by side
HABIT = re.compile(r"\b(?:usually|typically|normally|always|tradition\w*|(?:every|each) (?:year|summer|winter|time))\b")
WEEKDAY_BEFORE = re.compile(rf"{WEEKDAY},? (?:the )?")


class Found(NamedTuple):
    """A time and the words that name it; without days where they were understood to name none."""

    when: DateRange | None
    begin: int
    end: int


@dataclass(frozen=True)
class Grammar:
    """Forms and beginnings of put-together times, by the word they begin with."""

    forms: dict[str, tuple[Form, ...]]
    heads: dict[str, tuple[Composed, ...]]
    words: frozenset[str]  # all that a time may begin with
    unless_said: Leaning  # which way a sentence looks that has no sign of it

    @classmethod
    def of(cls, forms: tuple[Form, ...], heads: tuple[Composed, ...], unless_said: Leaning) -> "Grammar":
        """From forms and beginnings in the order in which they are tried."""
        words = frozenset().union(*(head.words for head in heads))
        by_word = {word: tuple(head for head in heads if word in head.words) for word in words}
        begun = table(forms)
        return cls(begun, by_word, frozenset({*begun, *by_word, *ALLOWED, *SPANS, *WEEKDAY_NUMBER}), unless_said)


DATES = table(absolute.DATES)
SURE = (*absolute.DATES, *relative.RELATIVE)
UNSURE = table(absolute.UNSURE, relative.NEARBY)
OF_QUESTIONS = Grammar.of(SURE, (*composed.COMPOSED, *composed.ASKED), Leaning.PAST)
OF_TURNS = Grammar.of((*SURE, *relative.TOLD_ONLY), (*composed.COMPOSED, *composed.TOLD), Leaning.UNSAID)


class Reader:
    """One text being read, from one moment."""

    def __init__(
        self, text: str, moment: datetime, grammar: Grammar, anchors: Mapping[str, date] | None = None
    ) -> None:
        self.text = " ".join(text[:LONGEST].split()).replace("’", "'")
        self.lowered = lowered(self.text)
        self.moment, self.grammar = moment, grammar
        self.anchors = table(anchored(anchors)) if anchors else {}

    def times(self) -> Iterator[Found]:
        """Every time that is named, in the order of the text."""
        words, read = self.grammar.words, 0
        if self.anchors:
            words = words | self.anchors.keys()
        for match in WORD.finditer(self.lowered):
            word, begin = match[0], match.start()
            if begin < read or not (word in words or word[0].isdecimal()):
                continue
            found = self.expression(begin)
            if found is not None:
                read = found.end
                if found.when is not None:
                    yield found

    def expression(self, begin: int, depth: int = 0) -> Found | None:
        """The time that begins here, sure by itself or by what stands before it."""
        word = self.word(begin)
        if depth > DEEPEST or not word:
            return None
        return (
            self.spanned(begin, word, depth)
            or self.put_together(begin, word, depth)
            or self.on_a_weekday(begin, word)
            or self.dashed(begin, word)
            or self.read(begin, self.grammar.forms.get(word, ()))
            or self.after_preposition(begin, word, depth)
        )

    def word(self, begin: int) -> str:
        """The word that begins here, "#" for a number, "" for neither."""
        match = WORD.match(self.lowered, begin)
        if match is None:
            return "#" if self.lowered.startswith("'", begin) else ""
        return "#" if match[0][0].isdecimal() else match[0]

    def read(self, begin: int, forms: tuple[Form, ...], kinds: frozenset[str] = frozenset({""})) -> Found | None:
        """By the first form that reads here and has days; else one that reads and has none."""
        none = None
        for each in forms:
            match = each.pattern.match(self.lowered, begin) if each.kind in kinds else None
            if match is None or (each.kind in CLOSED and not self.closes(match.end())):
                continue
            when = self.resolved(each.days, match, begin, match.end())
            if when is not None:
                return Found(when, begin, match.end())
            none = none or Found(None, begin, match.end())
        return none

    def closes(self, end: int) -> bool:
        """Whether the clause may end here, so that the next word is not part of the name."""
        return CLAUSE_ENDS.match(self.lowered, end) is not None

    def resolved(
        self, days: Callable[..., DateRange | None], head: re.Match[str], begin: int, end: int, *points: DateRange
    ) -> DateRange | None:
        """The days that are meant, with their words; None where no calendar has them."""
        try:
            found = days(head, *points, self.vantage(begin, end))
        except (ValueError, OverflowError):  # 30 February, year 0, 999 centuries ago
            return None
        if found is None or not EARLIEST <= found.start <= found.end <= LATEST:
            return None
        return replace(found, text=self.text[begin:end])

    def vantage(self, begin: int, end: int) -> Vantage:
        """From where an expression of these places is read."""
        return Vantage(self.moment, self.text, self.lowered, begin, end, self.grammar.unless_said)

    def after_preposition(self, begin: int, word: str, depth: int) -> Found | None:
        """“in May”, “over the summer”, “on Monday”."""
        kinds = ALLOWED.get(word)
        if kinds is None or (word == "of" and not OF_WHAT.search(self.lowered, max(begin - 6, 0), begin)):
            return None
        found = self.named(begin + len(word) + 1, kinds, depth, loose=word not in TIGHT)
        if found is None or found.when is None:
            return found
        if self.is_habit(begin, found.end):
            return Found(None, begin, found.end)
        return self.listed(found, kinds, depth)._replace(begin=begin)

    def is_habit(self, begin: int, end: int) -> bool:
        """Whether a turn tells of what is so each time: “in the summer we usually swim”."""
        told = self.grammar.unless_said is Leaning.UNSAID
        return told and HABIT.search("".join(self.vantage(begin, end).sentence)) is not None

    def listed(self, first: Found, kinds: frozenset[str], depth: int) -> Found:
        """“in January and February”: both, where they are near each other."""
        joint = LISTED.match(self.lowered, first.end)
        last = self.named(joint.end(), kinds, depth, loose=True) if joint else None
        both = self.hulled(first, last, first.begin) if last else None
        near = both and both.when and first.when and both.when.days <= NEAR * first.when.days
        return both if both and near else first

    def named(self, begin: int, kinds: frozenset[str], depth: int, *, loose: bool) -> Found | None:
        """A time after a word that makes it sure, with or without its article."""
        article = LEADING.match(self.lowered, begin)
        for start in (begin, article.end()) if article else (begin,):
            word = self.word(start)
            found = self.expression(start, depth + 1)
            found = found or self.read(start, (*UNSURE.get(word, ()), *self.anchors.get(word, ())), kinds)
            if found is not None:
                return None if loose and word in PEOPLE_TOO and not self.closes(found.end) else found
        return None

    def operand(self, begin: int, depth: int, *, of_this: bool = False) -> Found | None:
        """The time that follows a beginning such as “since”; it must have days."""
        found = self.named(begin, AFTER_A_HEAD | {"unit"} if of_this else AFTER_A_HEAD, depth, loose=True)
        return found if found and found.when else None

    def put_together(self, begin: int, word: str, depth: int) -> Found | None:
        """“two weeks before Easter”, “since March”, “early May”."""
        for each in self.grammar.heads.get(word, ()):
            head = each.head.match(self.lowered, begin)
            point = self.operand(head.end(), depth, of_this=each.of_this) if head else None
            if head and point and point.when:
                return Found(self.resolved(each.days, head, begin, point.end, point.when), begin, point.end)
        return None

    def spanned(self, begin: int, word: str, depth: int) -> Found | None:
        """“between March and May”, “from 3 May to 5 June”."""
        if word not in SPANS:
            return None
        first = self.operand(begin + len(word) + 1, depth)
        return self.joined(first, begin, SPANS[word], depth) if first else None

    def dashed(self, begin: int, word: str) -> Found | None:
        """A date of the calendar, or one with another after it: “May 28 – June 3”."""
        first = self.read(begin, DATES.get(word, ()))
        if first is None or first.when is None:
            return first
        joint = DASHED.match(self.lowered, first.end)
        last = self.read(joint.end(), DATES.get(self.word(joint.end()), ())) if joint else None
        return self.hulled(first, last, begin) or first if last else first

    def joined(self, first: Found, begin: int, joint: re.Pattern[str], depth: int) -> Found | None:
        """From the first to what follows the joint."""
        match = joint.match(self.lowered, first.end)
        last = self.operand(match.end(), depth) if match else None
        return self.hulled(first, last, begin) if last else None

    def hulled(self, first: Found, last: Found, begin: int) -> Found | None:
        """From the one to the other."""
        if first.when is None or last.when is None:
            return None
        try:
            when = hull(first.when, last.when)
        except ValueError:
            return None
        text = self.text[begin : last.end]
        return Found(replace(when, text=text) if when else None, begin, last.end)

    def on_a_weekday(self, begin: int, word: str) -> Found | None:
        """“Monday, May 8”: the date says it."""
        match = WEEKDAY_BEFORE.match(self.lowered, begin) if word in WEEKDAY_NUMBER else None
        found = self.dashed(match.end(), self.word(match.end())) if match else None
        return found._replace(begin=begin) if found else None


def lowered(text: str) -> str:
    """In lower case, letter by letter, so that places stay where they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(map(_lowered, text))


def _lowered(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter
