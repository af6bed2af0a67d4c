"""How much of a prompt a server's prefix cache covers: what a prompt shares with the one before it, from its start."""

from collections.abc import Callable, Sequence
from itertools import pairwise, takewhile

from memory.budget import estimate_tokens
from memory.engine import Message

Tokens = Callable[[str], int]


def shared_prefix(previous: Sequence[Message], current: Sequence[Message], tokens: Tokens = estimate_tokens) -> float:
    """The share of the current prompt's tokens, 0-1, that stand at the start of the previous prompt as well."""
    return _shared(previous, current, tokens) / max(_length(current, tokens), 1)


def prefix_share(prompts: Sequence[Sequence[Message]], tokens: Tokens = estimate_tokens) -> float:
    """The share of all prompts' tokens, 0-1, that the prompt before each covers. The first has none before it."""
    covered = sum(_shared(before, after, tokens) for before, after in pairwise(prompts))
    return covered / max(sum(_length(prompt, tokens) for prompt in prompts), 1)


def _shared(previous: Sequence[Message], current: Sequence[Message], tokens: Tokens) -> int:
    """Whole messages as long as they are equal, then the common beginning of the first that differs."""
    shared = 0
    for before, after in zip(previous, current, strict=False):
        if before["role"] != after["role"]:
            break
        if before != after:
            begin = _common(before["content"], after["content"])
            return shared + (tokens(begin) if begin else 0)
        shared += tokens(after["content"])
    return shared


def _common(one: str, other: str) -> str:
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _length(messages: Sequence[Message], tokens: Tokens) -> int:
    return sum(tokens(message["content"]) for message in messages)
