"""Is memory needed at all (SCM, Adapt-LLM)? And does what came to mind hold the answer?"""

import re

SMALL_TALK = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|good (?:morning|evening|afternoon|night|day)|thanks?(?: you)?(?: so much| a lot)?|"
    r"thank you|bye|goodbye|see you(?: later| tomorrow| soon)?|ok(?:ay)?|cool|great|nice|lovely|yes|no|yep|nope|sure|"
    r"got it|i see|ha(?:ha)*|lol|wow|how are you(?: today| doing)?|what'?s up|sleep well|you too)"
    r"(?:\s+(?:there|rosemary|again|everyone|dear))?[\s,.!?…:)❤️🙂😀👋]*)+$",
    re.IGNORECASE,
)

COVERED = 0.5  # share of the question's words that one turn should hold
NEAR = 0.5  # or the cosine with it that says the same in other words


def needs_memory(text: str) -> bool:
    """Small talk needs no memory and gets none."""
    return SMALL_TALK.match(text.strip()) is None


def is_sufficient(scores: list[dict[str, float]]) -> bool:
    """Whether the best memory is near enough, in words or in meaning, to hold an answer."""
    return any(score["lexical"] >= COVERED or score["dense"] >= NEAR for score in scores[:3])
