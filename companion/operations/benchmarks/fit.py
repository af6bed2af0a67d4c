"""Fit the weights of recall on conversations whose answers are known, and tell what they reach on the one left out."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray

from companion.operations.benchmarks import beam, locomo, madial
from companion.operations.benchmarks.asking import Asked, Life, _lived
from companion.operations.benchmarks.scratch import scratch_database
from companion.operations.benchmarks.telling import Telling
from memory import combination, encoder, gate
from memory.combination import PARTS, Turns
from memory.isolation import acting_as
from memory.models import Turn
from memory.recall import come_to_mind

ASKED = PARTS
UNASKED = ("dense", "dense_as_asked", "lexical_turn", "tokens")
RIDGE = 1e-3
MADE_BY = "manage.py bench fit --locomo FILE --beam DIR --madial DIR --out memory/weights.json"


@dataclass(frozen=True)
class Case:
    """One question with the turns that came to mind, and which of them hold the answer."""

    life: str
    turns: Turns
    gold: NDArray[np.bool_]
    all_gold: int  # how many turns hold it in all, found or not
    answerable: bool
    speaker: str | None

    @property
    def teaches(self) -> bool:
        """Whether a right turn was among those that came to mind."""
        return bool(self.gold.any())


def add_arguments(parser: ArgumentParser) -> None:
    """The data sets, each optional but the first, and where the table goes."""
    parser.add_argument("--locomo", type=Path, required=True, metavar="DATA.json")
    parser.add_argument("--beam", type=Path, metavar="DIR")
    parser.add_argument("--madial", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="weights.json")


def run(*, tell: Telling, locomo: Path, beam: Path | None, madial: Path | None, out: Path, **_: Any) -> dict[str, Any]:
    """Collect, fit leaving one conversation out, then on all of it, and write the table."""
    sets = collect(tell=tell, locomo=locomo, beam=beam, madial=madial)
    asked = [*sets["locomo"], *sets.get("beam", [])]
    rows = [{"set": name, **left_out(sets[name], asked, ASKED)} for name in ("locomo", "beam") if name in sets]
    if "madial" in sets:
        rows.append({"set": "madial", **by_fifths(sets["madial"], UNASKED)})
    tell.table("Left out", rows)
    table = fitted(asked, sets.get("madial", []))
    out.write_text(json.dumps({"made_by": MADE_BY, **table}, indent=2) + "\n", encoding="utf-8")
    return {"benchmark": "fit", "left_out": rows, "out": str(out)}


def collect(*, tell: Telling, locomo: Path, beam: Path | None, madial: Path | None) -> dict[str, list[Case]]:
    """Every question of every set, with what came to mind."""
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))
    sets: list[tuple[str, list[Life], dict[str, tuple[set[str], bool]], bool | None]] = [
        ("locomo", _locomo_lives(locomo), _locomo_gold(locomo), None)
    ]
    if beam is not None:
        sets.append(("beam", _beam_lives(beam), _beam_gold(beam), None))
    if madial is not None:
        sets.append(("madial", [_madial_life(madial)], _madial_gold(madial), False))
    found: dict[str, list[Case]] = {}
    with scratch_database(), tell.progress() as bar:
        for name, lives, gold, asked in sets:
            work = bar.add_task(name, total=sum(life.history.total + len(life.questions) for life in lives))
            for number, life in enumerate(lives):
                cases = _cases(f"{name}-{number}", life, gold, asked, lambda n, work=work: bar.advance(work, n))
                found.setdefault(name, []).extend(cases)
    return found


def _cases(
    name: str,
    life: Life,
    gold: dict[str, tuple[set[str], bool]],
    asked: bool | None,
    progress: Callable[[int], None],
) -> list[Case]:
    companion, person, moment = _lived(name, life, Asked(), progress)
    with acting_as(person.pk):
        origins = dict(Turn.objects.of(person.pk).values_list("pk", "origin"))
    cases = []
    for question in life.questions:
        with acting_as(person.pk):
            remembering, turns = come_to_mind(
                companion=companion,
                person=person.called,
                question=question.text,
                moment=moment,
                encoder=encoder.current(),
                asked=asked,
            )
        right, answerable = gold[question.id]
        mask = np.array([origins[turn] in right for turn in turns.turn.tolist()], dtype=bool)
        cases.append(Case(name, turns, mask, len(right), answerable, remembering.speaker))
        progress(1)
    return cases


def left_out(cases: Sequence[Case], teachers: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """What the weights reach on each conversation when they were fitted on all the others."""
    reached, sure = [], []
    for life in dict.fromkeys(case.life for case in cases):
        others = [case for case in teachers if case.life != life]
        weights = softmax_fit(others, names)
        verdict = logistic_fit(*_signs(others, weights))
        for case in (case for case in cases if case.life == life):
            if case.answerable and case.all_gold:
                reached.append(measured(case, weights))
            sure.append((_sureness(case, weights, verdict), case.answerable))
    return {**_means(reached), "auc": auc(sure)}


def by_fifths(cases: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """The same for one pool: every fifth question is left out in turn."""
    reached = []
    for part in range(5):
        weights = softmax_fit([case for place, case in enumerate(cases) if place % 5 != part], names)
        reached += [measured(case, weights) for case in cases[part::5] if case.all_gold]
    return _means(reached)


def fitted(asked: Sequence[Case], unasked: Sequence[Case]) -> dict[str, dict[str, float]]:
    """The whole table."""
    weights = softmax_fit(asked, ASKED)
    table = {"asked": weights, "evidence": evidence_fit(asked, weights)}
    table["answerable"] = logistic_fit(*_signs(asked, weights))
    if unasked:
        table["unasked"] = softmax_fit(unasked, UNASKED)
        table["welcome"] = evidence_fit(unasked, table["unasked"])
    else:
        table |= {name: combination.TABLE[name] for name in ("unasked", "welcome")}
    return {name: {part: round(weight, 4) for part, weight in row.items()} for name, row in table.items()}


def softmax_fit(cases: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """Weights under which the right turns are the likeliest of all that came to mind; every set counts alike."""
    from scipy.optimize import minimize

    taught = [case for case in cases if case.teaches]
    columns = [PARTS.index(name) for name in names]
    parts = [case.turns.parts[:, columns] for case in taught]
    scale = np.concatenate([each - each.mean(axis=0) for each in parts]).std(axis=0) + 1e-9
    parts = [each / scale for each in parts]
    shares = _shares(taught)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = 0.0, np.zeros_like(weights)
        for case, each, share in zip(taught, parts, shares, strict=True):
            odds = each @ weights
            chance = np.exp(odds - odds.max())
            chance /= chance.sum()
            right = chance[case.gold].sum() + 1e-12
            pull = chance.copy()
            pull[case.gold] -= chance[case.gold] / right
            total -= share * float(np.log(right))
            slope += share * (each.T @ pull)
        return total + RIDGE * float(weights @ weights), slope + 2 * RIDGE * weights

    found = minimize(loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return dict(zip(names, (found.x / scale).tolist(), strict=True))


def _shares(cases: Sequence[Case]) -> NDArray[np.float64]:
    """How much each question counts: the sets together, each of them as much by the root of its size."""
    kinds = [case.life.split("-")[0] for case in cases]
    size = {kind: kinds.count(kind) for kind in kinds}
    shares = np.array([size[kind] ** -0.5 for kind in kinds])
    return np.asarray(shares / shares.sum())


def _signs(cases: Sequence[Case], weights: dict[str, float]) -> tuple[list[dict[str, float]], NDArray[np.float64]]:
    asked = [case for case in cases if len(case.turns)]
    figures = [gate.signs(case.turns, weights, speaker=case.speaker) for case in asked]
    return figures, np.array([float(case.answerable) for case in asked])


def logistic_fit(figures: Sequence[dict[str, float]], truth: NDArray[np.float64]) -> dict[str, float]:
    """A logistic regression on named figures, with an offset; ridge-regularised on standardised figures."""
    from scipy.optimize import minimize

    names = list(figures[0])
    table = np.array([[row[name] for name in names] for row in figures])
    mean, scale = table.mean(axis=0), table.std(axis=0) + 1e-9
    known = np.column_stack([(table - mean) / scale, np.ones(len(table))])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = known @ weights
        value = float(np.mean(np.logaddexp(0, odds) - truth * odds)) + RIDGE * float(weights[:-1] @ weights[:-1])
        slope = known.T @ (1 / (1 + np.exp(-odds)) - truth) / len(truth)
        slope[:-1] += 2 * RIDGE * weights[:-1]
        return value, slope

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x
    plain = found[:-1] / scale
    return {**dict(zip(names, plain.tolist(), strict=True)), "offset": float(found[-1] - plain @ mean)}


def evidence_fit(cases: Sequence[Case], weights: dict[str, float]) -> dict[str, float]:
    """How a weighted sum becomes the chance that a turn is evidence."""
    scores = [combination.weigh(case.turns.parts, weights) for case in cases]
    truth = np.concatenate([case.gold & case.answerable for case in cases]).astype(float)
    fit = logistic_fit([{"scale": score} for score in np.concatenate(scores).tolist()], truth)
    return {"scale": fit["scale"], "offset": fit["offset"]}


def _sureness(case: Case, weights: dict[str, float], verdict: dict[str, float]) -> float:
    if not len(case.turns):
        return 0.0
    figures = gate.signs(case.turns, weights, speaker=case.speaker)
    return verdict["offset"] + sum(verdict[name] * figure for name, figure in figures.items())


def measured(case: Case, weights: dict[str, float]) -> dict[str, float]:
    """Recall, NDCG and success of one question, 0-1."""
    order = np.argsort(-combination.weigh(case.turns.parts, weights), kind="stable")
    hits = case.gold[order]
    ideal = sum(1 / np.log2(place + 2) for place in range(min(case.all_gold, 10)))
    return {
        "R@5": hits[:5].sum() / case.all_gold,
        "R@10": hits[:10].sum() / case.all_gold,
        "NDCG@10": sum(1 / np.log2(place + 2) for place in np.flatnonzero(hits[:10])) / ideal,
        "S@5": float(hits[:5].any()),
    }


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(100 * float(np.mean([row[name] for row in rows])), 1) for name in rows[0]} if rows else {}


def auc(sure: Iterable[tuple[float, bool]]) -> float:
    """The chance that a question that can be answered is held for surer than one that can't."""
    pairs = list(sure)
    yes = np.array([score for score, truth in pairs if truth])
    no = np.array([score for score, truth in pairs if not truth])
    if not len(yes) or not len(no):
        return float("nan")
    above = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
    return round(float(above), 3)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON.") from error


def _locomo_lives(path: Path) -> list[Life]:
    return locomo.lives(path)


def _beam_lives(path: Path) -> list[Life]:
    return beam.lives(path)


def _madial_life(path: Path) -> Life:
    return madial.life(path)


def _locomo_gold(path: Path) -> dict[str, tuple[set[str], bool]]:
    """By question: the turns that answer it, and whether memory can (category 5 asks about the wrong person)."""
    told = _read(path)
    return {
        f"{sample['sample_id']}:{place}": (locomo.evidence(qa), qa.get("category") != 5)
        for sample in (told if isinstance(told, list) else [told])
        for place, qa in enumerate(sample["qa"])
    }


def _beam_gold(path: Path) -> dict[str, tuple[set[str], bool]]:
    gold = {}
    for life in beam.lives(path):
        for kind, rows in _read(path / life.name / beam.QUESTIONS).items():
            for place, row in enumerate(rows):
                right = {str(number) for number in _numbers(row.get("source_chat_ids"))}
                none = kind == "abstention"
                gold[f"{life.name}:{kind}:{place}"] = (set() if none else right, not none)
    return gold


def _numbers(told: Any) -> Iterable[int]:
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for each in told:
            yield from _numbers(each)
    elif isinstance(told, int) or (isinstance(told, str) and told.strip().isdigit()):
        yield int(told)


def _madial_gold(path: Path) -> dict[str, tuple[set[str], bool]]:
    return {
        f"{place}:{turn}": ({str(number) for number in row["relevant-id"]}, True)
        for place, row in enumerate(_read(path / madial.DIALOGUES))
        for turn in row["test-turn"]
    }
