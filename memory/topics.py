"""Where the topic of a talk turns: the parting of its turns into contiguous stretches, each near to itself in meaning.

EM-LLM (Fountas et al. 2024, §3) parts a text where it surprises, and moves each boundary until what lies within an
event is as alike, and what lies in two as unlike, as can be. Here no language model reads along, so surprise is the
distance of embeddings, and the best parting is found exactly, as for any sum over contiguous stretches (Utiyama and
Isahara 2001, “A statistical model for domain-independent text segmentation”): the least scatter around the stretches'
own means, with a price for each stretch. A stretch that begins with a greeting, or after a farewell, costs less.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# In scatters of one turn; chosen on half of LoCoMo's conversations (`manage.py bench topics`, docs/benchmarks.md).
PRICE = 6.0  # of a stretch
GREETING = 4.0  # less for one that begins with a greeting
FAREWELL = 3.0  # less for one that comes after a farewell
FEWEST = 12  # turns of a stretch
MOST = 160  # turns of a stretch: a longer one is parted where it costs least
APART = 3  # turns, after which the vectors share no words: each is read after the end of the turn before it
LAST_TURNS = 2  # in which a farewell is looked for

GREETS = re.compile(
    r"^\W*(?:hey|hi|hiya|hello|howdy|good (?:morning|afternoon|evening)|long time no|what's up)\b", re.IGNORECASE
)
BIDS_FAREWELL = re.compile(
    r"\b(?:bye|goodbye|see you|see ya|talk (?:to you )?(?:soon|later)|chat (?:soon|later)|take care|catch you|"
    r"good ?night|have a (?:great|good|nice)|until next|(?:gotta|got to) go)\b|\blater!",
    re.IGNORECASE,
)


def turning_points(
    vectors: NDArray[np.float32],
    *,
    whole: Sequence[bool] | None = None,
    eased: Sequence[float] | None = None,
    price: float = PRICE,
    fewest: int = FEWEST,
    most: int = MOST,
) -> list[int]:
    """The rows with which a new stretch begins, in order; none where the talk keeps to its topic.

    `vectors` is one row a turn, of unit length. `whole[i]` says that row i belongs together with the one before it (an
    answer with what it answers) and begins no stretch; `eased[i]` how much cheaper one is that begins there, in
    scatters of one turn, as the price is.
    """
    rows = len(vectors)
    if rows < 2 * fewest or rows <= APART:
        return []
    starts = [row for row in range(rows) if not (row and whole and whole[row])]
    one = _scatter_of_one(vectors)
    prices = one * (price - np.array(eased if eased is not None else [0.0] * rows))
    return _cheapest(_Scatter(vectors), starts, prices, fewest, most)


def eased_by_words(texts: Sequence[str]) -> list[float]:
    """How much cheaper a stretch is that begins with each of these turns: after a farewell, or with a greeting.

    The words are English; in other languages the vectors decide alone.
    """
    texts = [text.replace("’", "'") for text in texts]
    leaving = [BIDS_FAREWELL.search(text) is not None for text in texts]
    return [
        GREETING * (GREETS.search(text) is not None) + FAREWELL * any(leaving[max(place - LAST_TURNS, 0) : place])
        for place, text in enumerate(texts)
    ]


def _scatter_of_one(vectors: NDArray[np.float32]) -> float:
    """How far a turn lies from its topic: half the squared distance of turns near by, which are mostly of the same."""
    steps = vectors[APART:].astype(np.float64) - vectors[:-APART]
    return float((steps**2).sum(axis=1).mean()) / 2


class _Scatter:
    """Squared distances of contiguous rows from their mean, summed, for any stretch at once."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        rows = vectors.astype(np.float64)
        self._sums = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
        self._squares = np.concatenate([[0.0], np.cumsum((rows**2).sum(axis=1))])
        self.rows = len(rows)

    def of(self, starts: NDArray[np.int64], end: int) -> NDArray[np.float64]:
        """Of the stretches from each of these rows to before `end`."""
        sums = self._sums[end] - self._sums[starts]
        within: NDArray[np.float64] = (
            self._squares[end] - self._squares[starts] - (sums**2).sum(axis=1) / (end - starts)
        )
        return within


def _cheapest(
    scatter: _Scatter, starts: Sequence[int], prices: NDArray[np.float64], fewest: int, most: int
) -> list[int]:
    """The inner boundaries of the cheapest parting, by dynamic programming over where its last stretch begins."""
    cost = np.full(scatter.rows + 1, np.inf)
    begins = np.zeros(scatter.rows + 1, dtype=np.int64)
    cost[0] = 0.0
    at = np.array(starts, dtype=np.int64)
    for end in [*starts[1:], scatter.rows]:
        open_to = at[(at <= end - fewest) & np.isfinite(cost[at])]
        near = open_to[open_to >= end - most]
        candidates = near if len(near) else open_to[-1:]
        if len(candidates):
            total = cost[candidates] + scatter.of(candidates, end) + prices[candidates]
            best = int(total.argmin())
            cost[end], begins[end] = total[best], candidates[best]
    found: list[int] = []
    end = scatter.rows
    while end and np.isfinite(cost[end]) and (end := int(begins[end])):
        found.append(end)
    return found[::-1]
