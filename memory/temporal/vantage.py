"""From where an expression is read: the moment, and whether its sentence looks back or ahead."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property

FURTHEST = 300  # characters of a sentence looked at, to each side
SENTENCE_ENDS = re.compile(r"[.!?;](?= |$)")
ARRANGED = r"(?:re)?scheduled|postponed|booked|reserved|registered|planned|supposed|invited"  # what for, is to come
FELT = r"excited|tired|interested|thrilled|pumped|psyched|stoked"
PAST = (
    rf"(?:(?:was|were|got|been|had)(?! (?:{ARRANGED}))|wasn't|weren't|went|did|didn't|took|made|saw|met|came|bought|"
    r"gave|found|felt|told|said|left|began|won|lost|ate|drove|flew|ran|wrote|spent|thought|became|brought|caught|held|"
    r"kept|knew|paid|sent|sold|used|broke|built|chose|fell|forgot|grew|heard|hit|rode|sang|slept|spoke|swam|taught|"
    rf"wore|done|(?!{ARRANGED}|{FELT}|need)[a-z]{{2,}}[^e\W]ed)"
)
FUTURE = (
    r"(?:will|won't|gonna|going to|about to|plans|plan (?:to|on|for)|planning|can't wait|cannot wait|looking forward|"
    r"upcoming|scheduled|soon|let's|should|shall|might|hope|hoping|want|wanna|need to|have to|has to|must|see you|due|"
    r"appointment|(?:have|has|got) (?:a|an|my|our|the|another)|(?:am|are|is|'m|'re|'s) (?:\w+ )?\w+ing|'ll)"
)
PRESENT = r"(?:is|are|starts|begins|opens|leaves|arrives)"  # of what is to come, where it is told
EITHER = r"(?:do|does) (?:i|you|we|they|he|she|it|my|our|the)"  # of what is always so
CUES = re.compile(rf"(?:\b|(?='))(?:(?P<past>{PAST})|(?P<future>{FUTURE})|(?P<present>{PRESENT})|{EITHER})\b")


class Leaning(Enum):
    """Which way a sentence looks."""

    PAST = "past"
    FUTURE = "future"
    UNSAID = "unsaid"


@dataclass(frozen=True)
class Vantage:
    """The moment of speaking, and the place in the text where the expression stands."""

    moment: datetime
    text: str  # as written
    lowered: str  # the same, letter by letter, in lower case
    begin: int
    end: int
    unless_said: Leaning  # how a sentence is taken that has no cue

    @property
    def today(self) -> date:
        """The day on the speaker's own clock."""
        return self.moment.date()

    @property
    def leaning(self) -> Leaning:
        """Which way the sentence looks, or is taken to look where it has no sign of it."""
        return self.unless_said if self.cue is None else self.cue

    @cached_property
    def cue(self) -> Leaning | None:
        """By the nearest sign before the expression in its sentence, else by the first one after it."""
        before, after = self.sentence
        cues = list(CUES.finditer(before)) or list(CUES.finditer(after))[:1]
        if not cues:
            return None
        if cues[-1]["past"]:
            return Leaning.PAST
        ahead = cues[-1]["future"] or (cues[-1]["present"] and self.unless_said is Leaning.UNSAID)
        return Leaning.FUTURE if ahead else Leaning.UNSAID

    @cached_property
    def sentence(self) -> tuple[str, str]:
        """What stands in the same sentence before and after the expression."""
        before = self.lowered[max(self.begin - FURTHEST, 0) : self.begin]
        after = self.lowered[self.end : self.end + FURTHEST]
        ends = [match.end() for match in SENTENCE_ENDS.finditer(before)]
        ending = SENTENCE_ENDS.search(after)
        return before[ends[-1] if ends else 0 :], after[: ending.start() if ending else len(after)]

    @property
    def looks_ahead(self) -> bool:
        """Whether the sentence speaks of what is to come."""
        return self.leaning is Leaning.FUTURE
