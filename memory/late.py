"""Late interaction: how well a question's tokens are met by a text's (ColBERT, Khattab & Zaharia 2020).

A text's tokens are kept as signs alone, a bit a dimension: 48 bytes a token instead of 1,536, and nothing is lost by it
(docs/benchmarks.md). They come from the same pass that makes the text's vector, read after what was said before it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def signs(tokens: NDArray[np.float32]) -> bytes:
    """The signs of token vectors (tokens, dimension), packed."""
    return np.packbits(tokens > 0, axis=1).tobytes()


def max_sim(question: NDArray[np.float32], texts: Sequence[bytes | None]) -> NDArray[np.float64]:
    """For each text the mean over the question's tokens of the best cosine with one of its own (about 0-1).

    Texts whose tokens are not known get NaN.
    """
    known = [place for place, text in enumerate(texts) if text]
    found = np.full(len(texts), np.nan)
    if not known or not len(question):
        return found
    width = -(-question.shape[1] // 8)
    lengths = [len(texts[place] or b"") // width for place in known]
    packed = np.frombuffer(b"".join(texts[place] or b"" for place in known), dtype=np.uint8).reshape(-1, width)
    bits = np.unpackbits(packed, axis=1, count=question.shape[1])
    # With bits b in {0, 1} the signs are 2b - 1, so their product is twice the bits' less the vector's own sum.
    products = (2 * (bits.astype(np.float32) @ question.T) - question.sum(axis=1)) / np.sqrt(question.shape[1])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    found[known] = np.maximum.reduceat(products, starts, axis=0).mean(axis=1)
    return found
