"""Made-up talk: sentences from templates whose words are drawn by rank, the k-th about 1/k as often as the first.

The same seed makes the same talk. It means nothing; its lengths and its spread of words are those of a chat.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from memory.history.told import History, Told

NAMES = 4_000  # made-up names of people and places: the long tail of a life's words
SENTENCES = (0.35, 0.3, 0.2, 0.1, 0.05)  # how often a turn has one, two, … of them
SESSION = 20  # turns
START = datetime(2025, 1, 6, 18, 0, tzinfo=UTC)

TEMPLATES = (
    """
I {did} {thing} with {name} {when}.|We {did} {thing} near {name}, and it was {how}.|{name} {did} {thing} {when}.
Did {name} ever tell you about {thing}?|The {noun} at {name} was {how}, so I {did} {thing} instead.
{when} I want to see {name} and bring {thing}.|My {noun} is {how} again; {name} says it will pass.
What would you do about {thing}, if {name} were {how}?|I keep thinking of {thing} that {name} {did} {when}.
It feels {how} to be back at {name} with {thing} and a {noun}.
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
QUESTIONS = (
    """
When did I see {name} and {thing}?|What did I do with {thing}?|What did {name} say about {thing}?
Where is {thing} now?|Which {noun} was {how}?|Who {did} {thing} last summer?|Do you remember {name} and the {noun}?
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
DID = """
bought sold fixed painted cooked found lost borrowed carried cleaned planted watched finished started missed shared
repaired wrapped measured promised cancelled postponed photographed recorded sketched opened packed returned
""".split()
NOUNS = """
garden kitchen bicycle guitar notebook dentist meeting train sister brother neighbour recipe holiday concert exam
painting camera window library doctor contract interview bakery river mountain wedding birthday puppy cat piano novel
lecture project budget suitcase passport ticket umbrella lantern ceramic vase orchard market hospital museum theatre
marathon canoe tent stove blanket telescope harbour ferry island bridge tunnel workshop choir quilt chess
""".split()
HOW = """
lovely tiring strange quiet expensive cheap broken warm cold late early crowded empty bright dark noisy easy hard
honest funny sad proud nervous calm grateful curious stubborn careful brave lonely
""".split()
WHEN = (
    """
yesterday|today|last week|on Sunday|this morning|two days ago|in the spring|before the holidays|after work|tomorrow
next month|at noon|last summer|on my birthday|when it rained
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
SYLLABLES = (
    "ba bel cor da del el fa fen gar hol ina jo ka lin lo ma mir na nor or pa quin ra ros sel ta tor ul va wen yl zo"
)


class Talk:
    """An endless supply of turns."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        syllables = SYLLABLES.split()
        made = ("".join(self._dice.choice(syllables, size=self._dice.integers(2, 5))) for _ in range(NAMES))
        self._names = [name.capitalize() for name in made]

    def text(self) -> str:
        """One turn of one to five sentences."""
        return " ".join(self._sentence() for _ in range(1 + int(self._dice.choice(len(SENTENCES), p=SENTENCES))))

    def name(self) -> str:
        """Somebody or some place."""
        return self._pick(self._names)

    def question(self) -> str:
        """What a person may ask of all this."""
        return self._filled(QUESTIONS[self._dice.integers(len(QUESTIONS))], self.name())

    def sentence(self, name: str) -> str:
        """One sentence, about this somebody where it names any."""
        return self._filled(TEMPLATES[self._dice.integers(len(TEMPLATES))], name)

    def _sentence(self) -> str:
        return self.sentence(self.name())

    def _filled(self, template: str, name: str) -> str:
        thing = f"the {self._pick(HOW)} {self._pick(NOUNS)}"
        words = {"did": DID, "noun": NOUNS, "how": HOW, "when": WHEN}
        made = template.format(name=name, thing=thing, **{word: self._pick(words[word]) for word in words})
        return made[0].upper() + made[1:]

    def _pick(self, choices: list[str]) -> str:
        """The k-th with a chance of about 1/k: a log-uniform rank."""
        return choices[int(len(choices) ** self._dice.random()) - 1]


def history(talk: Talk, *, turns: int, first: int = 0) -> History:
    """So many turns of one conversation, person and companion by turns, in sessions a day apart."""
    return History(source="made up", total=turns, entries=_entries(talk, range(first, first + turns)))


def _entries(talk: Talk, numbers: range) -> Iterator[Told]:
    for number in numbers:
        day, place = divmod(number, SESSION)
        said_at = START + timedelta(days=day, minutes=place)
        who: Literal["person", "companion"] = "person" if place % 2 == 0 else "companion"
        yield Told(str(number), "Made-up talk", f"day {day}", who, talk.text(), said_at)
