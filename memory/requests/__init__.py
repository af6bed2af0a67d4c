"""What a person asks of memory in plain words: remember this, forget what I said of that, what do you know of me?

A small grammar of its own for each language, which abstains when unsure: a message is a request only if all of it is
one. Questions (“do you remember that…?”), reminiscence and idioms are none. Another language is a file with a `read`,
and its name here.
"""

from memory.requests import chinese, english
from memory.requests.asked import Asked

__all__ = ["Asked", "read"]

LONGEST = 600  # characters: whoever pastes a text asks for something else
MOST_LINE_ENDS = 2
LANGUAGES = (english, chinese)


def read(text: str) -> Asked | None:
    """The request that a message is; None where it is none, or may be something else."""
    if len(text) > LONGEST or text.count("\n") > MOST_LINE_ENDS:
        return None
    return next((asked for language in LANGUAGES if (asked := language.read(text))), None)
