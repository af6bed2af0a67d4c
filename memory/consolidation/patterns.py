"""Facts without an engine: what plain English frames find, in the person's own words (memory/conflicts.py)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from memory import conflicts
from memory.conflicts import CLAUSE_ENDS, FRAMES, Claim
from memory.consolidation import own_words
from memory.models import Memory
from memory.temporal import DateRange, told_dates

PLANNED = re.compile(
    r"^(?:I|[Ww]e|[Mm]y [a-z]+)(?: am| are| is|['’]m|['’]re|['’]s)? ?(?:going to (?!the\b|a\b|my\b)|gonna|will|['’]ll|"
    r"plan(?:s|ning)? (?:to|on)|intends? to|hoping to|hopes? to|booked|flying|moving|starting|travell?ing|leaving|"
    r"visiting)\b"
)
DROPPED = re.compile(
    r"\b(?:was|were|been|is|are|got|had to|have to|we|I)\b.*\b(?:cancel(?:l?ed)?|called? off)\b|"
    r"\bfell through\b|\b(?:I|[Ww]e)\b[^,;]*(?:n['’]t|\bnot)\b.*\bafter all\b"
)
DENIED = "not"
LEAD = re.compile(
    r"(?:please |and |so |well,? |oh,? )*(?:remember|don['’]t forget|keep in mind|note|by the way|you know|in fact)"
    r"(?: this| that)?[,:]? ",
    re.IGNORECASE,
)
BEING = re.compile(r"(?:I|we)(?: am| are|['’]m|['’]re)\b|(?:my|our) [a-z]+(?: [a-z]+)? (?:is|are)\b", re.IGNORECASE)
OWN = re.compile(r"(?:i|my .+|our .+)$")
COUNTED = frozenset("have has am is are own weigh cost pay earn speak teach drink smoke sleep work".split())


@dataclass(frozen=True)
class Pattern:
    """A fact found in a stretch of a turn."""

    start: int
    end: int
    told: str
    claim: Claim | None


def found(text: str, *, said_at: datetime) -> Iterator[Pattern]:
    """What the frames find in a turn, at most one of a clause; `said_at` stands on the person's clock."""
    for start, end in own_words.sentences(text):
        if not own_words.why_not(text, start, end):
            yield from _in_sentence(text, start, end, said_at)


def claims_in(sentence: str, *, said_at: datetime) -> list[Claim]:
    """What a sentence claims to be so. A day gone by in it hides nothing that is so since: “I moved in March”."""
    times = told_dates(sentence, said_at=said_at)
    if any(when.start > said_at.date() and not _is_frame_of_time(sentence) for when in times):
        return []
    return list(conflicts.claims(_without_times(sentence, times, said_at)) or conflicts.claims(sentence))


def _in_sentence(text: str, start: int, end: int, said_at: datetime) -> Iterator[Pattern]:
    if lead := LEAD.match(text, start, end):
        start = lead.end()
    sentence = text[start:end]
    if DROPPED.search(sentence):
        yield Pattern(start, end, Memory.Told.DROPPED, None)
    elif PLANNED.match(sentence):
        if any(when.end >= said_at.date() for when in told_dates(sentence, said_at=said_at)):
            yield Pattern(start, end, Memory.Told.PLAN, None)
    else:
        yield from _states(text, start, end, said_at)


def _states(text: str, start: int, end: int, said_at: datetime) -> Iterator[Pattern]:
    """A claim for each clause that makes one; the whole sentence for one that no clause makes alone."""
    claimed = claims_in(text[start:end], said_at=said_at)
    for first, last in _clauses(text, start, end):
        clause = text[first:last]
        made = [claim for claim in claims_in(clause, said_at=said_at) if claim in claimed]
        if lasting := [claim for claim in made if _lasts(claim, clause)]:
            yield Pattern(first, last, Memory.Told.STATE, lasting[0])
        claimed = [claim for claim in claimed if claim not in made]
    surest = [claim for claim in claimed if claim.frame in FRAMES]
    if surest:
        yield Pattern(start, end, Memory.Told.STATE, surest[0])


def _lasts(claim: Claim, clause: str) -> bool:
    """Less than what memory/conflicts.py compares: “I eat meat” may be today's lunch, and “Third floor” has no verb."""
    kind, *words = claim.frame.split()
    if claim.frame in FRAMES:
        return True
    if not OWN.match(claim.subject):
        return False
    if kind == "counts":
        return words[0] in COUNTED
    return kind == "likes" or claim.value == DENIED or BEING.match(clause) is not None


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = [start, *(place for match in CLAUSE_ENDS.finditer(text, start, end) for place in match.span()), end]
    for first, last in zip(cuts[::2], cuts[1::2], strict=True):
        if stripped := text[first:last].strip():
            begins = first + text[first:last].index(stripped)
            yield begins, begins + len(stripped)


def _is_frame_of_time(sentence: str) -> bool:
    """“My birthday is in May” names a day that comes again and again."""
    return any(claim.frame in ("is in the month", "is on the day") for claim in conflicts.claims(sentence))


def _without_times(sentence: str, times: list[DateRange], said_at: datetime) -> str:
    """Without the days gone by that it names, and without what led to them."""
    plain = " ".join(sentence.split()).replace("’", "'")
    for when in times:
        if when.end < said_at.date() or when.text.lower().startswith("since"):
            plain = re.sub(rf"(?:\b(?:in|on|since) )?{re.escape(when.text)},?", "", plain, count=1, flags=re.IGNORECASE)
    return " ".join(plain.split()).replace("I have lived", "I live").replace("We have lived", "We live")
