"""Moods: feeling words with what they deny, by day. The words are a small lexicon of our own."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from memory.consolidation.own_sentences import Sentence
from memory.consolidation.signs.sign import SHOWN, Sign
from memory.models import PortraitLine

FEELINGS = {  # what one feels: how good it is, -1 to 1, and the words that tell it
    "happy": (1.0, "happy glad joyful delighted cheerful thrilled overjoyed elated wonderful fantastic"),
    "grateful": (0.8, "grateful thankful blessed moved touched"),
    "proud": (0.8, "proud accomplished triumphant fulfilled"),
    "excited": (0.7, "excited eager enthusiastic inspired energetic motivated"),
    "calm": (0.6, "calm relaxed peaceful content serene relieved rested comfortable"),
    "hopeful": (0.6, "hopeful optimistic confident"),
    "tired": (-0.4, "tired exhausted drained sleepy weary worn burnt burned-out burnout"),
    "bored": (-0.4, "bored listless unmotivated"),
    "lonely": (-0.7, "lonely alone isolated left-out homesick"),
    "anxious": (-0.7, "anxious nervous worried afraid scared frightened uneasy stressed tense overwhelmed pressure"),
    "ashamed": (-0.7, "ashamed embarrassed guilty humiliated"),
    "angry": (-0.7, "angry furious annoyed irritated frustrated mad upset resentful"),
    "sad": (-0.9, "sad unhappy depressed miserable down gloomy heartbroken melancholy disappointed hopeless low"),
}  # fmt: skip
FEELING_OF = {word: (feeling, value) for feeling, (value, words) in FEELINGS.items() for word in words.split()}
TELLING = rf"\m({'|'.join(sorted(FEELING_OF))})\M"  # by which PostgreSQL finds turns that may tell one
WORDS = re.compile(r"[a-z]+(?:['-][a-z]+)*")
DENIALS = frozenset(
    "not no never without isn't wasn't don't didn't aren't weren't can't hardly neither nor cannot".split()
)
REACH = 3  # words over which a denial reaches
ONLY_FELT = frozenset(
    "down low alone mad moved touched worn content pressure comfortable burnt rested wonderful".split()
)
FEELS = frozenset(
    "i'm am feel feeling felt feels was been me under so too".split()
)  # before those that have other senses


@dataclass(frozen=True)
class DayMood:
    """How a day was felt: the mean over the sentences that tell a feeling, -1 to 1, and how many they are."""

    day: date
    valence: float
    sentences: int


def moods(sentences: Iterable[Sentence]) -> Iterator[Sign]:
    """What the person often feels."""
    for sentence in sentences:
        for feeling, _, denied in _told(sentence):
            if not denied:
                text = f"often feels {feeling}"
                yield Sign(PortraitLine.Aspect.MOOD, text, text, sentence, weight=SHOWN)


def by_day(sentences: Iterable[Sentence]) -> list[DayMood]:
    """The days on which a feeling was told, in order, for a chart over time. Made when asked for, kept nowhere."""
    days: dict[date, list[float]] = defaultdict(list)
    for sentence in sentences:
        if values := [-value / 2 if denied else value for _, value, denied in _told(sentence)]:
            days[sentence.day].append(sum(values) / len(values))
    return [DayMood(day, round(sum(told) / len(told), 3), len(told)) for day, told in sorted(days.items())]


def _told(sentence: Sentence) -> Iterator[tuple[str, float, bool]]:
    """Each feeling that a sentence about oneself tells, its value, and whether it is denied."""
    if sentence.flaw or not sentence.of_oneself:
        return
    words = WORDS.findall(sentence.plain.lower())
    for place, word in enumerate(words):
        before = words[max(place - REACH, 0) : place]
        if word in FEELING_OF and (word not in ONLY_FELT or not FEELS.isdisjoint(before)):
            yield *FEELING_OF[word], not DENIALS.isdisjoint(before)
