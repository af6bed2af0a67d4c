"""From candidates to notes: what is worth reading, quoted and dated, in time order (LongMemEval §5.5).

What was said more than once is told once, in its newest words, with the days of the others; what seems to disagree is
told with both. A question, a reply, or an answer that says little alone brings its neighbour along, for `prompt` to
show from what room is left.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import override

from memory import clock, conflicts, lexicon
from memory.engine import Neighbour, Note
from memory.engine import Speaker as Said
from memory.gate import needs_memory
from memory.models import Correction, Speaker, Turn
from memory.question import ends_in_question
from memory.recall import Candidate, Remembering
from memory.temporal import when_in_words

MOST_NOTES = 8
MOST_READ = 3 * MOST_NOTES  # candidates, of which the notes are chosen
MOST_UNASKED = 4  # where nothing is asked, a few are enough to know what it goes with
WORTH_READING = 0.1  # of the best candidate's chance to be evidence; the rest is noise beside it
FLOOR = 0.001  # chance below which nothing is worth reading at all, where something is asked
FLOOR_UNASKED = 0.01  # and where nothing is: there, silence is better than a guess
LONGEST_QUOTE = 600  # characters of one note
LONGEST_NEIGHBOUR = 200  # characters of the turn beside it
LOOKED_AT = 2000  # characters of a turn, or of the question, that are compared
SAYS_LITTLE = 4  # stems: an answer of fewer is understood only after its question
SHOWN = 0.6  # share of a note's own words that a reply must hold to count as having used it
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")

DENIES = re.compile(r"n['’]t\b|\b(?:not|no|never|nor|none|nothing|without|stopped|quit)\b", re.IGNORECASE)
DIGITS = re.compile(r"\d+")


class PassedOver(StrEnum):
    """Why a candidate became no note."""

    UNLIKELY = "too unlikely beside the best"
    BEYOND = "beyond the most that is read"
    GONE = "forgotten a moment ago"
    TELLS_NOTHING = "small talk, or the companion’s own words where the person’s are asked for"
    SAID_AGAIN = "another note says the same"
    ECHO = "the companion says again what the person’s note says"


@dataclass(frozen=True)
class Chosen:
    """What was read of one recall, and of what was not, why (by turn)."""

    notes: list[Note]
    passed_over: dict[int, PassedOver]


def choose(remembering: Remembering, *, zone: str) -> list[Note]:
    """The notes of one recall, in time order; small talk never. `zone` is the person's own."""
    return read(remembering, zone=zone).notes


@override("en")  # as an engine reads them, whatever the person's language
def read(remembering: Remembering, *, zone: str) -> Chosen:
    """The notes that `choose` gives, and why every other candidate became none."""
    told, passed = _told(remembering)
    most = MOST_NOTES if remembering.asked else MOST_UNASKED
    passed |= dict.fromkeys((telling.turn.pk for telling in told[most:]), PassedOver.BEYOND)
    told = told[:most]
    asked = frozenset(lexicon.stems(remembering.question[:LOOKED_AT]))
    moment = clock.local(remembering.moment, zone)
    notes = [_note(telling, asked, zone, moment) for telling in told]
    notes.sort(key=lambda note: note.said_at)
    put_right = {telling.turn.pk: telling.put_right for telling in told}
    notes = _with_whom(_with_conflicts(notes, put_right), remembering.beside_others)
    return Chosen(_with_neighbours(notes, told), passed)


@dataclass
class _Telling:
    """A turn that is worth reading, and the same said earlier."""

    turn: Turn
    candidate: Candidate
    score: float
    stems: list[str]
    before: list[datetime] = field(default_factory=list)
    put_right: Sequence[int] = ()  # the turns whose words it corrects by hand

    @cached_property
    def plain(self) -> str:
        """Its words without case and punctuation."""
        return " ".join(lexicon.WORD.findall(lexicon.folded(self.turn.text)))


def _told(remembering: Remembering) -> tuple[list[_Telling], dict[int, PassedOver]]:
    """The worthy turns, best first, each thing once; and why the others are not among them."""
    worthy = _worth_reading(remembering.candidates, FLOOR if remembering.asked else FLOOR_UNASKED)
    passed = _unworthy(remembering.candidates, worthy)
    wrong = Correction.objects.filter(memory__sources__turn=OuterRef("pk")).values("turn")
    shown = Turn.objects.shown().annotate(put_right=ArraySubquery(wrong))
    turns = shown.in_bulk([candidate.turn_id for candidate in worthy])
    told: list[_Telling] = []
    for candidate in worthy:
        turn = turns.get(candidate.turn_id)
        if turn is None or not _is_telling(turn, remembering):
            passed[candidate.turn_id] = PassedOver.GONE if turn is None else PassedOver.TELLS_NOTHING
            continue
        stems = lexicon.stems(turn.text[:LOOKED_AT])
        righted = turn.put_right  # type: ignore[attr-defined]  # annotated
        telling = _Telling(turn, candidate, candidate.scores["total"], stems, put_right=righted)
        known = next((place for place, other in enumerate(told) if _says_the_same(telling, other)), None)
        if known is None:
            told.append(telling)
        else:
            pair = {telling.turn.pk, told[known].turn.pk}
            told[known] = _merged(told[known], telling)
            passed |= dict.fromkeys(pair - {told[known].turn.pk}, PassedOver.SAID_AGAIN)
    echoes = {telling.turn.pk for telling in told if _echoes(telling, told)}
    passed |= dict.fromkeys(echoes, PassedOver.ECHO)
    return [telling for telling in told if telling.turn.pk not in echoes], passed


def _worth_reading(candidates: Sequence[Candidate], floor: float) -> list[Candidate]:
    if not candidates:
        return []
    least = max(floor, WORTH_READING * candidates[0].scores["total"])
    return [c for c in candidates[:MOST_READ] if c.scores["total"] >= least]


def _unworthy(candidates: Sequence[Candidate], worthy: Sequence[Candidate]) -> dict[int, PassedOver]:
    why = {c.turn_id: PassedOver.UNLIKELY for c in candidates[:MOST_READ]}
    why |= {c.turn_id: PassedOver.BEYOND for c in candidates[MOST_READ:]}
    read = {candidate.turn_id for candidate in worthy}
    return {turn: reason for turn, reason in why.items() if turn not in read}


def _is_telling(turn: Turn, remembering: Remembering) -> bool:
    """Small talk tells nothing; and where memory holds a person's own words, the companion's are only an echo.

    Where it does not, what the other one said is told with who said it: nothing else shows who was mistaken for whom.
    """
    echo = remembering.speaker == Speaker.PERSON and turn.speaker == Speaker.COMPANION
    return needs_memory(turn.text) and not (echo and remembering.sufficient)


def _says_the_same(one: _Telling, other: _Telling) -> bool:
    """The same words of the same speaker but for case, punctuation, and a word or two in a longer one."""
    if one.turn.speaker != other.turn.speaker:
        return False
    shorter, longer = sorted((one.stems, other.stems), key=len)
    room = 0 if len(shorter) < 5 else 1 if len(shorter) < 8 else 2
    if not longer or not _in_order(shorter, longer) or _kinds_more(longer, shorter) > room:
        return one.plain == other.plain
    return _said_alike(one.turn.text, other.turn.text)


def _kinds_more(longer: Sequence[str], shorter: Sequence[str]) -> int:
    """How many stems the longer has that the shorter lacks, or has oftener than it."""
    return len(Counter(longer) - Counter(shorter))


def _said_alike(one: str, other: str) -> bool:
    """No number and no denial tells them apart, nor does a question mark."""
    return (
        DIGITS.findall(one) == DIGITS.findall(other)
        and len(DENIES.findall(one)) == len(DENIES.findall(other))
        and ends_in_question(one) == ends_in_question(other)
    )


def _in_order(part: Sequence[str], whole: Iterable[str]) -> bool:
    rest = iter(whole)
    return all(stem in rest for stem in part)


def _merged(one: _Telling, other: _Telling) -> _Telling:
    """The newer of two, with the better score of both and the days of the older ones."""
    older, newer = sorted((one, other), key=lambda telling: telling.turn.said_at)
    newer.before = sorted({*older.before, *newer.before, older.turn.said_at})
    newer.score = max(one.score, other.score)
    return newer


def _echoes(telling: _Telling, told: list[_Telling]) -> bool:
    """Whether the companion only says again what the person's own note says already."""
    if telling.turn.speaker != Speaker.COMPANION:
        return False
    mine = (other for other in told if other.turn.speaker == Speaker.PERSON and len(other.stems) > 2)
    return any(other.plain in telling.plain for other in mine)


def _note(telling: _Telling, asked: frozenset[str], zone: str, moment: datetime) -> Note:
    turn, said_at = telling.turn, clock.local(telling.turn.said_at, zone)
    return Note(
        memory=telling.candidate.memory_id,
        turn=turn.pk,
        speaker=cast(Said, turn.speaker),
        quote=passage(turn.text, asked),
        said_at=said_at,
        when=when_in_words(said_at, moment=moment),
        score=telling.score,
        said_before=tuple(clock.local(at, zone) for at in telling.before),
    )


def _with_whom(notes: list[Note], companion: int | None) -> list[Note]:
    """Each note with the companion it was said to, where that is another than this one."""
    if companion is None or not notes:
        return notes
    elsewhere = Turn.objects.filter(pk__in=[note.turn for note in notes]).exclude(conversation__companion=companion)
    names = dict(elsewhere.values_list("pk", "conversation__companion__name"))
    return [replace(note, told_to=names.get(note.turn or 0, "")) for note in notes]


def _with_conflicts(notes: list[Note], put_right: Mapping[int, Sequence[int]]) -> list[Note]:
    """Each note with the latest earlier one that it puts right, or seems to disagree with. In time order."""
    return [
        replace(note, contradicts=_contradicted(note, notes[:place], put_right.get(note.turn or 0, ())))
        for place, note in enumerate(notes)
    ]


def _contradicted(note: Note, earlier: Sequence[Note], put_right: Sequence[int]) -> int | None:
    for other in reversed(earlier):
        if other.turn in put_right:
            return other.turn
        apart = (note.said_at - other.said_at) / timedelta(days=1)
        if other.speaker == note.speaker and conflicts.disagree(note.quote, other.quote, days_apart=apart):
            return other.turn
    return None


def _with_neighbours(notes: list[Note], told: Sequence[_Telling]) -> list[Note]:
    """A reply and a short answer get what they answer, a question the answer after it; all in one query."""
    turns = {telling.turn.pk: telling for telling in told}
    wanted = {pk: (t.turn.session_id, t.turn.number + step) for pk, t in turns.items() if (step := _looks_at(t))}
    if not wanted:
        return notes
    sessions, numbers = zip(*wanted.values(), strict=True)
    near = Turn.objects.shown().remembered().filter(session_id__in=set(sessions), number__in=set(numbers))
    found = {(turn.session_id, turn.number): turn for turn in near.defer("client_id", "origin")}
    beside = {pk: found[place] for pk, place in wanted.items() if place in found}
    return [_beside(note, turns[note.turn].turn, beside.get(note.turn)) if note.turn else note for note in notes]


def _looks_at(telling: _Telling) -> int:
    """Which turn makes this one understandable: 1 the next, -1 the one before, 0 none.

    The companion's words are about what the person said just before.
    """
    if telling.turn.text.rstrip(" \n\"”’'").endswith(("?", "？")):
        return 1
    return -1 if len(telling.stems) < SAYS_LITTLE or telling.turn.speaker == Speaker.COMPANION else 0


def _beside(note: Note, turn: Turn, other: Turn | None) -> Note:
    if other is None or other.speaker == turn.speaker:
        return note
    neighbour = Neighbour(other.pk, cast(Said, other.speaker), excerpt(other.text, LONGEST_NEIGHBOUR))
    return replace(note, before=neighbour) if other.number < turn.number else replace(note, after=neighbour)


def passage(text: str, asked: frozenset[str]) -> str:
    """The words as they were said; of a long text the stretch that holds most of what is asked for, cuts marked."""
    text = text.strip()
    if len(text) <= LONGEST_QUOTE:
        return text
    hits = [match.start() for match in lexicon.WORD.finditer(text) if asked.intersection(lexicon.stems(match[0]))]
    start = _densest(hits, LONGEST_QUOTE * 3 // 4)
    start = 0 if start < LONGEST_QUOTE // 2 else text.rfind(" ", 0, start - LONGEST_QUOTE // 8) + 1
    cut = text[start : start + LONGEST_QUOTE]
    if start + LONGEST_QUOTE < len(text) and " " in cut:
        cut = cut.rsplit(" ", 1)[0] + " …"
    return f"… {cut}" if start else cut


def _densest(places: Sequence[int], width: int) -> int:
    """Where a window of `width` that holds the most of the places begins; the first such."""
    best, most, first = 0, 0, 0
    for last, place in enumerate(places):
        while place - places[first] > width:
            first += 1
        if last - first + 1 > most:
            best, most = places[first], last - first + 1
    return best


def excerpt(text: str, longest: int = LONGEST_QUOTE) -> str:
    """The text on one line, cut at a word's end where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0] + " …"


def used(notes: Sequence[Note], *, question: str, reply: str, summaries: Mapping[int, str] | None = None) -> set[int]:
    """The memories that a reply shows: quoted in full, or most of their own words stand in it.

    A note's own words are those that the question did not bring already. A summary, by its memory's id, is shown where
    one of its sentences is; a sentence of few words says what many replies say, and does not count.
    """
    asked, told = set(lexicon.stems(question)), set(lexicon.stems(reply))
    flat = " ".join(reply.split())
    quoted = {note.memory for note in notes if " ".join(note.quote.split()) in flat}
    shown = {note.memory for note in notes if _shows(note.quote, asked, told)}
    summed = {
        memory
        for memory, text in (summaries or {}).items()
        if any(_shows(sentence, asked, told, least=SAYS_LITTLE) for sentence in SENTENCE_END.split(text))
    }
    return quoted | shown | summed


def _shows(words: str, asked: set[str], told: set[str], *, least: int = 2) -> bool:
    own = set(lexicon.stems(words)) - asked
    return len(own) >= least and len(own & told) / len(own) >= SHOWN
