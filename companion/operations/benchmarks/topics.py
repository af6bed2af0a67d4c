"""Topic cuts: neighbouring sessions of LoCoMo joined into one, and how near its cuts lie to where they were joined."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray

from companion.operations.benchmarks.telling import Telling
from memory import encoder, topics
from memory.encoder import Encoder
from memory.history import locomo
from memory.history.told import Told, Unreadable
from memory.pieces import last_words, pieces

PRICES = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


@dataclass(frozen=True)
class Talk:
    """Sessions that were joined into one."""

    vectors: NDArray[np.float32]  # one row a turn, as its keys hold it
    eased: list[float]  # what the words of each turn take off the price of a cut before it
    whole: list[bool]  # whether a turn belongs with the one before it
    seams: list[int]  # the rows with which its further sessions begin

    def __len__(self) -> int:
        return len(self.vectors)


Cutter = Callable[[Talk], Sequence[int]]


def add_arguments(parser: ArgumentParser) -> None:
    """The data, and how many sessions are joined."""
    parser.add_argument("data", type=Path, metavar="DATA.json", help="a LoCoMo file")
    parser.add_argument("--joined", type=int, default=4, help="neighbouring sessions made one (default: %(default)s)")


def run(*, tell: Telling, data: Path, joined: int, **_: Any) -> dict[str, Any]:
    """Choose the price of a stretch on every other conversation, and measure on those between; no database is used."""
    try:
        names = [name for name, _ in locomo.samples(data)]
    except Unreadable as problem:
        raise CommandError(str(problem)) from problem
    with tell.progress() as progress:
        lives = [
            _joined(data, name, joined, encoder.current())
            for name in progress.track(names, description="conversations")
        ]
    chosen_on = [talk for life in lives[0::2] for talk in life]
    measured_on = [talk for life in lives[1::2] for talk in life]
    by_price = {price: measure(chosen_on, _at_price(price))["f1_within_2"] for price in PRICES}
    alone = {price: measure(chosen_on, _at_price(price, words=False))["f1_within_2"] for price in PRICES}
    best, best_alone = (max(each, key=lambda price: each[price]) for each in (by_price, alone))
    ways: dict[str, Cutter] = {
        "even distances, told how many": _evenly,
        f"vectors alone, price {best_alone}": _at_price(best_alone, words=False),
        f"with greetings and farewells, price {best}": _at_price(best),
    }
    rows = [{"way": name, **measure(measured_on, way)} for name, way in ways.items()]
    tell.table(
        "F1 within two turns by price, where it is chosen", [_named("with words", by_price), _named("alone", alone)]
    )
    tell.table(f"{len(measured_on)} talks of {joined} sessions, of the other half", rows)
    return {"joined": joined, "chosen": best, "by_price": by_price, "by_price_alone": alone, "ways": rows}


def _joined(data: Path, name: str, joined: int, reader: Encoder) -> list[Talk]:
    """A conversation as talks of so many neighbouring sessions; a session that is left over alone is none."""
    told = [entry for entry in locomo.read(data, zone="UTC", sample=name).entries if isinstance(entry, Told)]
    vectors = _read(told, reader)
    begins = [row for row in range(len(told)) if not row or told[row].session != told[row - 1].session]
    talks = []
    for first in range(0, len(begins) - 1, joined):
        start, end = begins[first], [*begins, len(told)][min(first + joined, len(begins))]
        seams = [row - start for row in begins if start < row < end]
        whole = [place > 0 and turn.speaker == "companion" for place, turn in enumerate(told[start:end])]
        if seams:
            eased = topics.eased_by_words([turn.text for turn in told[start:end]])
            talks.append(Talk(vectors[start:end], eased, whole, seams))
    return talks


def _read(told: Sequence[Told], reader: Encoder) -> NDArray[np.float32]:
    """As indexing reads them: each piece, the first after the end of the turn before it; a turn is their mean."""
    texts, rows = [], []
    for row, turn in enumerate(told):
        for number, piece in enumerate(pieces(turn.text)):
            before = last_words(told[row - 1].text) if row and not number else ""
            texts.append(f"{before}\n{piece}" if before else piece)
            rows.append(row)
    read = reader.encode(texts)
    sums = np.zeros((len(told), read.shape[1]), dtype=np.float32)
    np.add.at(sums, rows, read)
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    return sums


def _at_price(price: float, *, words: bool = True) -> Cutter:
    return lambda talk: topics.turning_points(
        talk.vectors, whole=talk.whole, eased=talk.eased if words else None, price=price
    )


def _named(way: str, by_price: dict[float, float]) -> dict[str, Any]:
    return {"way": way} | {str(price): figure for price, figure in by_price.items()}


def _evenly(talk: Talk) -> list[int]:
    """As many cuts as there are seams, at even distances: it is told what the other ways must find out."""
    stretches = len(talk.seams) + 1
    return [round(len(talk) * number / stretches) for number in range(1, stretches)]


def measure(talks: Sequence[Talk], cutter: Cutter) -> dict[str, float]:
    """Precision, recall and F1 of cuts within one and two turns of a seam, WindowDiff and Pk, a talk counting once."""
    cuts = [cutter(talk) for talk in talks]
    made, seams = sum(map(len, cuts)), sum(len(talk.seams) for talk in talks)
    figures: dict[str, float] = {"cuts": made, "seams": seams}
    for within in (1, 2):
        right = sum(hits(each, talk.seams, within) for each, talk in zip(cuts, talks, strict=True))
        figures[f"precision_within_{within}"] = round(right / made, 3) if made else 0.0
        figures[f"recall_within_{within}"] = round(right / seams, 3)
        figures[f"f1_within_{within}"] = round(2 * right / (made + seams), 3)
    errors = [window_errors(each, talk.seams, len(talk)) for each, talk in zip(cuts, talks, strict=True)]
    figures["window_diff"], figures["pk"] = (round(float(mean), 3) for mean in np.mean(errors, axis=0))
    return figures


def hits(cuts: Sequence[int], seams: Sequence[int], within: int) -> int:
    """Cuts that lie so near to a seam; each seam counts for one."""
    left = list(seams)
    for place in cuts:
        nearest = min(left, key=lambda seam: abs(seam - place), default=None)
        if nearest is not None and abs(nearest - place) <= within:
            left.remove(nearest)
    return len(seams) - len(left)


def window_errors(cuts: Sequence[int], seams: Sequence[int], turns: int) -> tuple[float, float]:
    """WindowDiff (Pevzner and Hearst 2002) and Pk (Beeferman et al. 1999), 0-1; a window of half a session's turns.

    The share of windows that hold another number of cuts than of seams, and of those where one has none and the other
    has.
    """
    width = max(round(turns / (len(seams) + 1) / 2), 2)
    found, true = (_in_windows(places, turns, width) for places in (cuts, seams))
    return float(np.mean(found != true)), float(np.mean((found > 0) != (true > 0)))


def _in_windows(places: Sequence[int], turns: int, width: int) -> NDArray[np.int64]:
    """How many of these places each window of so many turns holds."""
    counted = np.cumsum(np.isin(np.arange(turns), places))
    windows: NDArray[np.int64] = counted[width:] - counted[:-width]
    return windows
