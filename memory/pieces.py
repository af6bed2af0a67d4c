"""Long texts in pieces that an encoder of 256 tokens can read to their end; one that is short enough stays whole."""

import re
from collections.abc import Iterator

ROOM = 170  # tokens of a piece, at most, as estimated: MiniLM reads 256, and a piece is read after what came before
CONTEXT = 40  # words of the turn before (or after) that a piece is read with
CONTEXT_ROOM = 70  # tokens of them, at most, as estimated
LONGEST_WORD = 80  # characters after which a "word" is cut: scripts without blanks, addresses, pasted blobs
MOST_PIECES = 400  # of one turn: what a pasted book holds beyond is kept, but not found by its words

WORD = re.compile(rf"\S{{1,{LONGEST_WORD}}}\s*")


def pieces(text: str) -> list[str]:
    """The text in its order, each piece of about 120 English words or 170 characters of a script without blanks."""
    if cost(text) <= ROOM * 1.3:  # a last piece of a few words would say little alone
        return [text]
    return [piece for _, piece in zip(range(MOST_PIECES), _cut(text), strict=False)]


def _cut(text: str) -> Iterator[str]:
    piece, spent = "", 0.0
    for word in WORD.findall(text):
        price = cost(word)
        if piece and spent + price > ROOM:
            yield piece.strip()
            piece, spent = "", 0.0
        piece, spent = piece + word, spent + price
    if piece:
        yield piece.strip()


def cost(text: str) -> float:
    """Tokens that an encoder of English word pieces makes of a text, roughly: one for five letters, one a character
    of other scripts, one for a word's end."""
    plain = len(text.encode("ascii", "ignore"))
    return plain / 5 + 0.4 * (text.count(" ") + 1) + (len(text) - plain)


def last_words(text: str) -> str:
    """The end of what came before: enough to say what a turn answers."""
    return first_words(text[::-1])[::-1]


def first_words(text: str) -> str:
    """The beginning of what comes after."""
    words = text[: CONTEXT * LONGEST_WORD].split()[:CONTEXT]
    while len(words) > 1 and cost(" ".join(words)) > CONTEXT_ROOM:
        words = words[:-1]
    return " ".join(words) if cost(" ".join(words)) <= CONTEXT_ROOM else words[0][:CONTEXT_ROOM]
