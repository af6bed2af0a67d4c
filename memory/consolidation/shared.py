"""What two facts have in common, in words: whom they are about, a name, their days, or a word that is seldom said."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from memory import lexicon
from memory.models import Lexicon, Memory

CAPITALS = re.compile(r"\b[A-Z][^\W_]+(?:[’'-][^\W_]+)*(?: [A-Z][^\W_]+)*")
BEGINS = re.compile(r"(?:^|[.!?…:\n])[\s“”\"'(]*$")
NO_NAME = frozenset(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
    September October November December Christmas Easter I'm I've I'd I'll I’m I’ve I’d I’ll
    """.split()
)
SELDOM = 0.01  # share of the person's turns: a word that is said oftener joins nothing
SELDOM_AT_LEAST = 3  # turns in which a word may stand however few turns there are
SHORTEST_WORD = 4  # characters of a word that can join
ONE_OCCASION = timedelta(days=14)  # a longer stretch of days is no occasion


@dataclass(frozen=True)
class SharedThings:
    """Looks for what facts share; knows how often the person says each word."""

    most: float  # turns in which a word may stand that joins
    frequency: dict[int, int] = field(default_factory=dict)  # by term id

    @classmethod
    def among(cls, person_id: int, pairs: Iterable[tuple[Memory, Memory]]) -> "SharedThings":
        """For these pairs. Runs inside `acting_as(person)`."""
        shared = {term for one, other in pairs for term in _stems(one).keys() & _stems(other).keys()}
        ids = [lexicon.term_id(term) for term in shared]
        known = dict(Lexicon.objects.of(person_id).filter(term__in=ids).values_list("term", "frequency"))
        return cls(max(SELDOM * lexicon.collection(person_id).turns, SELDOM_AT_LEAST), known)

    def by(self, one: Memory, other: Memory) -> str:
        """What joins the two, in words; empty where nothing does."""
        if name := _name(one.text, other.text):
            return f"both about {name}"
        if one.subject == other.subject != "i":
            return f"both about {one.subject}"
        if _same_days(one, other):
            return "on the same days"
        if word := self._seldom(one, other):
            return f"both about {word}"
        return ""

    def _seldom(self, one: Memory, other: Memory) -> str:
        """The rarest word that both hold, as the first of the two has it."""
        words = _stems(one)
        rare = [
            (self.frequency.get(lexicon.term_id(stem), 0), words[stem])
            for stem in words.keys() & _stems(other).keys()
            if len(words[stem]) >= SHORTEST_WORD
        ]
        frequency, word = min(rare, default=(0, ""))
        return word if frequency <= self.most else ""


def _stems(memory: Memory) -> dict[str, str]:
    """The words that carry meaning, by their stems."""
    return {stem: word for word in lexicon.words(memory.text) for stem in lexicon.stems(word)}


def _name(one: str, other: str) -> str:
    """The longest name in both; in one of the two it must stand within a sentence, where only names have capitals."""
    shared = _capitals(one) & _capitals(other) & (_names(one) | _names(other))
    return min(shared, key=lambda name: (-len(name), name), default="")


def _capitals(text: str) -> set[str]:
    return {match[0] for match in CAPITALS.finditer(text)} - NO_NAME


def _names(text: str) -> set[str]:
    return {match[0] for match in CAPITALS.finditer(text) if not BEGINS.search(text[: match.start()])}


def _same_days(one: Memory, other: Memory) -> bool:
    if not (one.happened_from and one.happened_to and other.happened_from and other.happened_to):
        return False
    if max(one.happened_to - one.happened_from, other.happened_to - other.happened_from) > ONE_OCCASION:
        return False
    return one.happened_from <= other.happened_to and other.happened_from <= one.happened_to
