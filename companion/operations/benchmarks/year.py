"""A made-up year of a person's talk: what they tell, day by day, and what they ask for again.

On a day they talk with a chance of TALKS, and then tell one to three things. Each thing is of its own: somebody whose
name comes up but once, and something that they gave, mended, lost or praised. On a day with talk they ask, with a
chance of ASKS, for one earlier thing. Which one is drawn by rank of age, the k-th latest about 1/k as often as the
latest, so most questions are about the last weeks and a few about what is long past. One thing in FAVOURITE is a
favourite: every FAVOURITE_DAYS all of these are asked for instead, where there is talk on that day. The same seed makes
the same year.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from companion.operations.benchmarks.synthetic import HOW, NOUNS, Talk

TALKS = 0.7
ASKS = 0.5
FAVOURITE = 30  # things told, of which one is a favourite
FAVOURITE_DAYS = 20
FORMS = (
    ("{name} gave me {thing} as a present.", "What did {name} give me?"),
    ("I mended {thing} that belongs to {name}.", "What of {name}'s did I mend?"),
    ("{name} lost {thing} on the way home.", "What did {name} lose?"),
    ("{name} praised {thing} all evening.", "What did {name} praise?"),
    ("I lent {thing} to {name} for a while.", "What did I lend to {name}?"),
    ("{name} taught me how to care for {thing}.", "What did {name} teach me to care for?"),
)


@dataclass(frozen=True)
class Thing:
    """Something told once, and the question that only it answers."""

    number: int
    told: str
    question: str


@dataclass(frozen=True)
class Day:
    """What happens on one day, 0 being the first."""

    number: int
    tells: list[Thing]
    asks: list[Thing]


@dataclass
class Year:
    """Days of talk, one after the other."""

    seed: int = 0
    things: list[Thing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = np.random.default_rng(self.seed)
        self._talk = Talk(self.seed)
        self._names: set[str] = set()

    def days(self, count: int) -> Iterator[Day]:
        """So many days, with or without talk."""
        for number in range(count):
            if self._dice.random() >= TALKS:
                yield Day(number, [], [])
                continue
            asks = self._asked(number) if self.things and self._dice.random() < ASKS else []
            tells = [self._thing() for _ in range(self._dice.integers(1, 4))]
            yield Day(number, tells, asks)

    def _thing(self) -> Thing:
        told, question = FORMS[self._dice.integers(len(FORMS))]
        name = self._new_name()
        thing = f"the {HOW[self._dice.integers(len(HOW))]} {NOUNS[self._dice.integers(len(NOUNS))]}"
        made = Thing(len(self.things), _sentence(told, name, thing), _sentence(question, name, thing))
        self.things.append(made)
        return made

    def _new_name(self) -> str:
        while (name := self._talk.name()) in self._names:
            pass
        self._names.add(name)
        return name

    def _asked(self, day: int) -> list[Thing]:
        if day % FAVOURITE_DAYS == 0 and (favourites := self.things[::FAVOURITE]):
            return favourites
        rank = int(len(self.things) ** self._dice.random())
        return [self.things[-rank]]


def _sentence(template: str, name: str, thing: str) -> str:
    made = template.format(name=name, thing=thing)
    return made[0].upper() + made[1:]
