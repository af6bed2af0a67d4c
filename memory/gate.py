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

COVERED = 0.5  # share of the question's words that one turn should hold
NEAR = 0.5  # or the cosine with it that says the same in other words


def needs_memory(text: str, *, companion: str = "") -> bool:
    """Small talk needs no memory and gets none; greeting the companion by name is small talk too."""
    words = [word.lower() for word in WORD.findall(text)]
    known = SMALL_TALK | {word.lower() for word in WORD.findall(companion)}
    return len(words) > MOST_WORDS or not known.issuperset(words)


def is_sufficient(scores: list[dict[str, float]]) -> bool:
    """Whether the best memory is near enough, in words or in meaning, to hold an answer."""
    return any(score["lexical"] >= COVERED or score["dense"] >= NEAR for score in scores[:3])
