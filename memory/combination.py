"""From the keys' figures to one score a turn: named parts, and the one table that weighs them.

The weights stand in weights.json, with the command that fits them: the log-likelihood of the turns that hold the answer
under a softmax over all that came to mind, ridge-regularised (docs/benchmarks.md).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory import late
from memory.search import COLUMNS, Keys

Weights = dict[str, float]
TokensOf = Callable[[Sequence[int]], list[tuple[int, bytes]]]
TABLE: dict[str, Weights] = json.loads((Path(__file__).parent / "weights.json").read_text(encoding="utf-8"))

PARTS = (*COLUMNS, "session_dense", "session_lexical", "neighbour", "speaker", "tokens")
READ_CLOSELY = 100  # turns whose tokens are compared one by one
TIE_BREAK = 0.05  # at most so much is retention worth, in a question that was asked
ECHO = 1  # words more than the question's has a turn at most that only asks the same: a name, perhaps
BEST_OF_SESSION = 3  # turns that tell how near a session is


@dataclass(frozen=True)
class Turns:
    """Turns that came to mind; every array has one row a turn, `parts` one column a name of PARTS."""

    turn: NDArray[np.int64]
    memory: NDArray[np.int64]
    said_by_person: NDArray[np.bool_]
    parts: NDArray[np.float64]
    retention: NDArray[np.float64]
    sensitivity: NDArray[np.float64]

    def part(self, name: str) -> NDArray[np.float64]:
        """One column."""
        return np.asarray(self.parts[:, PARTS.index(name)])

    def __len__(self) -> int:
        return len(self.turn)


NOTHING = Turns(
    turn=np.zeros(0, np.int64),
    memory=np.zeros(0, np.int64),
    said_by_person=np.zeros(0, bool),
    parts=np.zeros((0, len(PARTS))),
    retention=np.zeros(0),
    sensitivity=np.zeros(0),
)


def without_echoes(keys: Keys) -> Keys:
    """The keys but for turns in which the person only asked the same: a question is no answer to itself.

    What the companion asked may have been answered since.
    """
    terms = keys.by_term.shape[1]
    if not len(keys) or not terms:
        return keys
    asks, length = (keys.figures[:, COLUMNS.index(name)] for name in ("asks", "length"))
    echo = keys.said_by_person & (asks > 0) & (keys.by_term > 0).all(axis=1) & (length <= terms + ECHO)
    return replace(keys, **{field.name: getattr(keys, field.name)[~echo] for field in fields(Keys)})


def turns(keys: Keys, *, speaker: str | None, when: bool) -> Turns:
    """The figures of each turn: the best of its pieces and facts, and what its session and its neighbours add.

    `speaker` is the one asked about; words that tell a time count only where the question asks `when`.
    """
    told = keys.turn > 0
    ids, first, of = np.unique(keys.turn[told], return_index=True, return_inverse=True)
    figures = np.full((len(ids), len(COLUMNS)), -np.inf)
    np.maximum.at(figures, of, keys.figures[told])
    session, place = keys.session[told][first], keys.place[told][first]
    dense, window = figures[:, COLUMNS.index("dense")], figures[:, COLUMNS.index("lexical_window")]
    figures[:, COLUMNS.index("length")] = np.log1p(figures[:, COLUMNS.index("length")]) / 4
    figures[:, COLUMNS.index("timely")] *= when
    spoke = keys.said_by_person[told][first]
    parts = np.column_stack(
        [
            figures,
            _session_dense(session, dense, keys),
            _session_lexical(session, keys),
            _neighbour(session, place, dense + window),
            _spoken_by(spoke, speaker),
            np.zeros(len(ids)),
        ]
    )
    return Turns(
        ids, keys.memory[told][first], spoke, parts, keys.retention[told][first], keys.sensitivity[told][first]
    )


def read_closely(turns: Turns, tokens_of: TokensOf, question: NDArray[np.float32]) -> Turns:
    """The same turns, the most promising of them compared token by token; to the others the least of these is given.

    `tokens_of` looks up (turn, signs) of given turns; `question` holds the vectors of the question's tokens.
    """
    near = turns.part("dense") + turns.part("lexical_before") + 0.3 * turns.part("said_then")
    closely = np.argsort(-near)[:READ_CLOSELY]
    found = tokens_of(turns.turn[closely].tolist())
    sims = late.max_sim(question, [signs for _, signs in found])
    if not len(sims):
        return turns
    column = np.full(len(turns), float(sims.min()))
    np.maximum.at(column, np.searchsorted(turns.turn, [turn for turn, _ in found]), sims)
    parts = turns.parts.copy()
    parts[:, PARTS.index("tokens")] = column
    return replace(turns, parts=parts)


def _session_dense(session: NDArray[np.int64], dense: NDArray[np.float64], keys: Keys) -> NDArray[np.float64]:
    """How near the session as a whole is: the mean of its three nearest turns, or its summary if that is nearer."""
    names, of, size = np.unique(session, return_inverse=True, return_counts=True)
    order = np.lexsort((-dense, of))
    place = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
    best = order[place < BEST_OF_SESSION]
    near = np.bincount(of[best], weights=dense[best]) / np.minimum(size, BEST_OF_SESSION)
    summed = (keys.turn == 0) & np.isin(keys.session, names)
    np.maximum.at(near, np.searchsorted(names, keys.session[summed]), keys.figures[summed, 0])
    return np.asarray(near[of])


def _session_lexical(session: NDArray[np.int64], keys: Keys) -> NDArray[np.float64]:
    """Which share of the question's words the session's turns cover together (0-1)."""
    if keys.by_term.shape[1] == 0:
        return np.zeros(len(session))
    names, of = np.unique(keys.session, return_inverse=True)
    covered = np.zeros((len(names), keys.by_term.shape[1]))
    np.maximum.at(covered, of, keys.by_term)
    highest = np.maximum(keys.by_term.max(axis=0), 1e-9)
    idf = highest / highest.sum()
    share = (covered / highest) @ idf
    return np.asarray(share[np.searchsorted(names, session)])


def _neighbour(
    session: NDArray[np.int64], place: NDArray[np.int64], nearness: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How near the turn just before or after is; one that did not come to mind counts as 0, or the least that did."""
    least = nearness.min(initial=0.0)
    by_place = dict(zip(zip(session.tolist(), place.tolist(), strict=True), nearness.tolist(), strict=True))
    return np.array(
        [
            max(by_place.get((s, p - 1), least), by_place.get((s, p + 1), least))
            for s, p in zip(session.tolist(), place.tolist(), strict=True)
        ],
        dtype=np.float64,
    )


def _spoken_by(said_by_person: NDArray[np.bool_], speaker: str | None) -> NDArray[np.float64]:
    """Half a point for the one asked about, half a point off for the other: a soft prior in both directions."""
    if speaker is None:
        return np.zeros(len(said_by_person))
    return np.where(said_by_person == (speaker == "person"), 0.5, -0.5)


def weigh(parts: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """The weighted sum (log-odds up to a constant); parts without a weight count nothing."""
    return np.asarray(parts @ np.array([weights.get(name, 0.0) for name in PARTS]))


def likelihood(score: Any, weights: Weights) -> Any:
    """How likely a turn with this weighted sum is to be evidence, 0-1."""
    return 1 / (1 + np.exp(-np.clip(weights["scale"] * score + weights["offset"], -50, 50)))
