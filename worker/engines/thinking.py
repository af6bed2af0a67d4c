"""What a model thinks to itself between <think> marks is not said aloud."""

from collections.abc import Iterable, Iterator

OPENS, CLOSES = "<think>", "</think>"


def spoken(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without thoughts, wherever the marks are cut; a thought that never ends is never told."""
    held, thinking, begun = "", False, False
    for piece in pieces:
        held += piece
        while held:
            mark = CLOSES if thinking else OPENS
            before, found, after = held.partition(mark)
            if found:
                told, held = ("" if thinking else before), after
            else:
                kept = _may_begin(held, mark)
                told, held = ("" if thinking else held[: len(held) - kept]), held[len(held) - kept :]
            if told and not begun:
                told = told.lstrip()
            begun = begun or bool(told)
            if told:
                yield told
            if not found:
                break
            thinking = not thinking
    if held and not thinking:
        yield held


def _may_begin(text: str, mark: str) -> int:
    """How many characters at the end of the text may be the beginning of a mark."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if mark.startswith(text[-size:])), 0)
