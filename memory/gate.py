"""Is memory needed at all (SCM, Adapt-LLM)? And does what came to mind hold the answer?"""

from memory.lexicon import WORD

SMALL_TALK = frozenset(
    """
    hi hello hey hiya good morning evening afternoon night day thanks thank you so much a lot very bye goodbye see later
    tomorrow soon ok okay cool great nice lovely yes no yep nope sure got it i ha haha lol wow how are doing sleep well
    too there again everyone dear
    """.split()
)
MOST_WORDS = 8  # a longer text says something, whatever its words

# Half-way between the words that a memory shares with a question and its nearness in meaning. Questions about another
# pair of people's lives stay below it six times in seven, questions that memory can answer reach it nine times in ten.
SUFFICIENT = 0.31


def needs_memory(text: str, *, companion: str = "") -> bool:
    """Small talk needs no memory and gets none; greeting the companion by name is small talk too."""
    words = [word.lower() for word in WORD.findall(text)]
    known = SMALL_TALK | {word.lower() for word in WORD.findall(companion)}
    return len(words) > MOST_WORDS or not known.issuperset(words)


def is_sufficient(scores: list[dict[str, float]]) -> bool:
    """Whether one of the best three memories is near enough, in words and in meaning, to hold an answer."""
    return any((score["lexical"] + score["dense"]) / 2 >= SUFFICIENT for score in scores[:3])
