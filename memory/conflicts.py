"""Do two things that the same person said disagree? Plain English frames; where none fits, nothing is claimed.

A conflict is found where both say the same of the same subject (where they live, work or come from, a favourite, a
name, a colour, a number, a day), with another value, or where one denies what the other states. What is asked,
supposed, planned, told of the past or of one day is no claim. Better one missed than one made up: a model that reads
both, dated, finds the rest by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from memory import lexicon

LOOKED_AT = 1000  # characters of one text
MOST_SENTENCES = 12  # of one text that are looked at
SAME_OCCASION = 7  # days: "the concert is on Friday" and "… on Saturday" a month apart are two concerts

SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
CLAUSE_ENDS = re.compile(r"[,;:()“”\"]+|\s[-–—]\s|\b(?:and|but|so|because|although|though)\b", re.IGNORECASE)
NO_CLAIM = frozenset(
    """
    if when while would could should might maybe perhaps probably will shall wish want hope plan going gonna think
    thinking thought guess suppose imagine dream consider considering almost nearly used was were had did ago once
    before until originally then today tonight yesterday tomorrow next sometimes say says said told ask asks asked heard
    """.split()
)
NO_CLAIM_PHRASES = (
    "as a child|as a kid|this week|this month|this morning|this weekend|this time|this year|like i ".split("|")
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
FILLERS = frozenset(
    """
    now currently still actually really just also definitely finally already nowadays anymore well oh yes anyway ever
    always recently very
    """.split()
)
FILLING_PHRASES = re.compile(
    r"\b(?:these days|at the moment|any more|at all|by the way|so much|no(?! longer\b))(?=\s|$)", re.IGNORECASE
)
FILLING = frozenset("days moment more all way much no".split())  # without one of these there is no such phrase
LETTERS = re.compile(r"[a-z]+")
CONTRACTIONS = [
    (re.compile(r"\bcan't\b", re.IGNORECASE), "can not"),
    (re.compile(r"\bwon't\b", re.IGNORECASE), "will not"),
    (re.compile(r"n't\b", re.IGNORECASE), " not"),
    (re.compile(r"\bcannot\b", re.IGNORECASE), "can not"),
    (re.compile(r"'m\b", re.IGNORECASE), " am"),
    (re.compile(r"'re\b", re.IGNORECASE), " are"),
    (re.compile(r"'ve\b", re.IGNORECASE), " have"),
    (re.compile(r"'ll\b", re.IGNORECASE), " will"),
    (re.compile(r"\b(favou?rite)\b", re.IGNORECASE), "favourite"),
]

NAMES = r"(?P<value>[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,2})"
NOT_OF = r"(?!\w*(?:ish|ese|an|ic|ench|utch|eek|wiss|zech|lim|indu)\b)"  # German, Catholic: what one is, beside a name
SUBJECT = r"(?P<subject>(?i:i|we|(?:my|our|the)(?: [a-z'-]+){1,2}?)|[A-Z][a-z]+)"
BE = r"(?i:am|is|are)"
COLOURS = "red orange yellow green blue purple violet pink brown black white grey gray beige turquoise golden silver"
DAYS = "monday tuesday wednesday thursday friday saturday sunday"
MONTHS = "january february march april may june july august september october november december"
ONLY_ONE = (
    "name boss manager supervisor employer company landlord husband wife partner girlfriend boyfriend fiancé fiancée "
    "hometown birthplace address doctor dentist therapist school university college major nickname team password"
)


def _any(words: str) -> str:
    return "(?i:" + "|".join(re.escape(word) for word in words.split()) + ")"


FRAMES = {  # what is said of the subject; two values of one frame can't both hold
    "lives in": rf"{SUBJECT} (?i:lives?|{BE} living|(?:(?:have|has) )?moved) (?i:in|to|into) {NAMES}",
    "comes from": rf"{SUBJECT} (?i:am|is|are|comes?) from {NAMES}",
    "works at": rf"{SUBJECT} (?i:works?|{BE} working) (?i:at|for) {NAMES}",
    "works at the": rf"{SUBJECT} (?i:works?|{BE} working) (?i:at|for|in) (?i:the|a|an) (?P<value>[a-z]+)$",
    "works as": rf"{SUBJECT} (?i:works?|{BE} working) as an? (?P<value>[a-z]+(?: [a-z]+)?)$",
    "is called": rf"{SUBJECT} {BE} (?i:called|named) {NAMES}",
    "is married to": rf"{SUBJECT} {BE} (?i:married|engaged) to {NAMES}",
    "is the one": rf"(?P<subject>(?i:my|our)(?: [\w'-]+)?? {_any(ONLY_ONE)}) is {NOT_OF}{NAMES}$",
    "favourite": r"(?P<subject>(?i:my favourite(?: [a-z]+){1,2}?)) (?:is|are) (?P<value>(?:[\w'-]+ ?){1,3})$",
    "has the colour": rf"{SUBJECT} {BE} (?:painted )?(?P<value>{_any(COLOURS)})$",
    "is on the day": rf"{SUBJECT} (?i:is|starts?|begins?|leaves?|opens?) on (?P<value>{_any(DAYS)})$",
    "is in the month": rf"{SUBJECT} (?i:is|starts?|begins?) in (?P<value>{_any(MONTHS)})$",
}
COMPILED = {name: re.compile(frame) for name, frame in FRAMES.items()}
COUNTED = re.compile(
    rf"{SUBJECT} (?P<verb>(?i:have|has|am|is|are|weighs?|costs?|pays?|earns?|needs?|takes?|owns?|drinks?|smokes?|"
    r"sleeps?|speaks?|teaches|teach|works?|wakes? up|gets? up|starts?|leaves?)) (?P<rest>.+)$"
)
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: str(number) for number, word in enumerate(NUMBER_WORDS.split(), start=2)}
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)?(?![\w.])")
DENIED = re.compile(rf"{SUBJECT} (?:(?i:do|does|can|am|is|are) (?i:not|never)|(?i:never|no longer)) (?P<rest>.+)$")
GIVEN_UP = re.compile(rf"{SUBJECT} (?i:(?:have |has )?(?:stopped|quit|given up|gave up)) (?P<rest>[a-z]+ing\b.*)$")
STATED = re.compile(rf"{SUBJECT} (?:(?i:can|am|is|are) )?(?P<rest>.+)$")
LIKING = re.compile(
    rf"{SUBJECT} (?P<verb>(?i:likes?|loves?|enjoys?|adores?|hates?|dislikes?|detests?|can not stand)) (?P<rest>.+)$"
)
DISLIKING = re.compile(r"hate|dislike|detest|can not", re.IGNORECASE)
LASTING = frozenset("vegetarian vegan married single engaged pregnant divorced retired allergic religious".split())
PASSING = frozenset(
    """
    know think mind care worry remember understand believe feel want mean see need get hope guess recall say find seem
    sleep time idea clue minute problem choice doubt headache cold fever meeting appointment it that this them him her
    anything something much many there here
    """.split()
)
COUNTRIES = frozenset(
    """
    america argentina australia austria belgium brazil britain canada chile china colombia croatia cuba denmark egypt
    england europe finland france germany greece hungary iceland india indonesia iran iraq ireland israel italy japan
    kenya korea malaysia mexico morocco netherlands nigeria norway pakistan peru philippines poland portugal romania
    russia scotland serbia singapore spain sweden switzerland syria taiwan thailand tunisia turkey uk ukraine us usa
    vietnam wales
    """.split()
)


@dataclass(frozen=True)
class Claim:
    """What a clause says: of whom, what, and with which value. A denial has the same frame and the value "not"."""

    subject: str
    frame: str
    value: str


def disagree(one: str, other: str, *, days_apart: float) -> bool:
    """Whether two texts of one speaker are likely to contradict each other."""
    against = claims(other)
    return any(contradict(claim, each, days_apart) for claim in claims(one) for each in against)


def contradict(one: Claim, other: Claim, days_apart: float) -> bool:
    """Whether two claims of one speaker can't both hold."""
    if (one.subject, one.frame) != (other.subject, other.frame) or same_value(one.value, other.value):
        return False
    if one.frame in ("lives in", "comes from"):
        return (one.value in COUNTRIES) == (other.value in COUNTRIES)
    if one.frame == "is on the day" or ":" in one.value + other.value:
        return days_apart <= SAME_OCCASION
    return not _grown(one, other, days_apart)


def same_value(one: str, other: str) -> bool:
    """Equal, or one only says it at greater length: Porto, Porto Alegre."""
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return set(shorter) <= set(longer)


def _grown(one: Claim, other: Claim, days_apart: float) -> bool:
    """Ages differ because time goes by."""
    if "year" not in one.frame or not (one.value + other.value).isdigit():
        return False
    return abs(abs(int(one.value) - int(other.value)) - days_apart / 365.25) <= 1


@lru_cache(maxsize=256)
def claims(text: str) -> tuple[Claim, ...]:
    """What a text claims, by the frames; the surest frames of a clause first."""
    return tuple(claim for clause in _clauses(text) for claim in _claims_of(clause))


def _clauses(text: str) -> Iterator[str]:
    """The parts of a text that claim something, their contractions written out and fillers left out."""
    for sentence in SENTENCE.findall(text[:LOOKED_AT].replace("’", "'"))[:MOST_SENTENCES]:
        if sentence.endswith(("?", "？")):
            continue
        plain = _written_out(sentence.rstrip(".!… "))
        lowered = plain.lower()
        words = frozenset(LETTERS.findall(lowered))
        if not NO_CLAIM.isdisjoint(words) or YEAR.search(plain) or any(said in lowered for said in NO_CLAIM_PHRASES):
            continue
        if not FILLING.isdisjoint(words):
            plain = FILLING_PHRASES.sub("", plain)
        for clause in CLAUSE_ENDS.split(plain):
            if told := " ".join(word for word in clause.split() if word.lower() not in FILLERS):
                yield told


def _written_out(sentence: str) -> str:
    """I'm as “I am”, can't as “can not”."""
    if "'" in sentence or "cannot" in sentence or "favorite" in sentence:
        for pattern, plain in CONTRACTIONS:
            sentence = pattern.sub(plain, sentence)
    return sentence


def _claims_of(clause: str) -> Iterator[Claim]:
    for frame, pattern in COMPILED.items():
        if match := pattern.match(clause):
            yield Claim(_subject(match), frame, match["value"].strip().lower())
    yield from _counted(clause)
    yield from _liked(clause)
    yield from _stated_or_denied(clause)


def _subject(match: re.Match[str]) -> str:
    subject = match["subject"].lower()
    return "i" if subject == "we" else " ".join(lexicon.stem(word) for word in subject.split())


def _counted(clause: str) -> Iterator[Claim]:
    """A number that belongs to something that lasts: the words around it are the frame."""
    match = COUNTED.match(clause)
    if match is None:
        return
    rest = " ".join(NUMBERS.get(word, word) for word in match["rest"].lower().split())
    if len(numbers := NUMBER.findall(rest)) == 1 and _subject(match) + rest != numbers[0]:
        frame = " ".join(lexicon.stem(word) for word in f"{match['verb']} {NUMBER.sub('#', rest)}".lower().split())
        yield Claim(_subject(match), f"counts {frame}", numbers[0])


def _liked(clause: str) -> Iterator[Claim]:
    if match := LIKING.match(clause):
        what = " ".join(lexicon.stems(match["rest"]))
        if what and PASSING.isdisjoint(match["rest"].lower().split()):
            yield Claim(_subject(match), f"likes {what}", "not" if DISLIKING.match(match["verb"]) else "does")


def _stated_or_denied(clause: str) -> Iterator[Claim]:
    """“I eat meat”, “I don’t eat meat any more”, “I gave up eating meat”: one frame, stated or denied."""
    denied = DENIED.match(clause) or GIVEN_UP.match(clause)
    match = denied or STATED.match(clause)
    if match is None or not _lasts(match, clause):
        return
    stems = lexicon.stems(match["rest"])
    if stems:
        liking = stems[0] in ("like", "love", "enjoy") and len(stems) > 1
        frame = f"likes {' '.join(stems[1:])}" if liking else f"states {' '.join(stems)}"
        yield Claim(_subject(match), frame, "not" if denied else "does")


def _lasts(match: re.Match[str], clause: str) -> bool:
    """Whether it is a state or a habit, no mood and nothing past; of what one *is*, only what is known to last."""
    words = match["rest"].lower().split()
    if not PASSING.isdisjoint(words) or not 1 <= len(words) <= 6:
        return False
    is_state = re.match(rf"{SUBJECT} {BE}\b", clause) is not None
    return words[0] in LASTING or words[0] in ("a", "an") if is_state else not words[0].endswith("ed")
