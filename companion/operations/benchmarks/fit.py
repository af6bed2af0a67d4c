"""Fit the weights of recall on conversations whose answers are known, and tell what they reach on the one left out."""

import json
import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray
from rich.progress import Progress, TaskID
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from companion.operations.benchmarks import beam as beams
from companion.operations.benchmarks import locomo as locomos
from companion.operations.benchmarks import madial as madials
from companion.operations.benchmarks.asking import Asked, Life, check_output, lived
from companion.operations.benchmarks.scratch import scratch_database
from companion.operations.benchmarks.telling import Telling
from memory import combination, encoder, gate
from memory.combination import PARTS, Turns
from memory.isolation import acting_as
from memory.models import Companion, Turn
from memory.recall import come_to_mind

ASKED = PARTS
UNASKED = ("dense", "dense_as_asked", "lexical_turn", "tokens")
RIDGE = 1e-3
FREEDOM = 1.0  # inverse strength of the logistic regressions' ridge
MADE_BY = "manage.py bench fit --locomo FILE --beam DIR --madial DIR --out memory/weights.json"


class Asking(StrEnum):
    """When and of whom a question was asked."""

    AFTERWARDS = "afterwards"  # as the benchmark does
    JUST_AFTER = "just after"  # the answer was said, and nothing after it
    TOO_EARLY = "too early"  # before the session in which the answer was said
    OF_ANOTHER = "of another"  # a question about somebody else's life


# How much a question counts by when it was asked: people also ask for what they have just said, and of a young memory.
TEACHES = {Asking.AFTERWARDS: 1.0, Asking.JUST_AFTER: 0.4}
# What the gate learns from: about as many questions that can be answered as can't.
TEACHES_GATE = (Asking.AFTERWARDS, Asking.OF_ANOTHER)


@dataclass(frozen=True)
class Case:
    """One question with the turns that came to mind, and which of them hold the answer."""

    life: str
    turns: Turns
    gold: NDArray[np.bool_]
    all_gold: int  # how many turns hold it in all, found or not
    answerable: bool
    speaker: str | None
    asking: Asking = Asking.AFTERWARDS

    @property
    def teaches(self) -> bool:
        """Whether the order can be learnt from it: a right turn was among those that came to mind."""
        return self.asking in TEACHES and bool(self.gold.any())


@dataclass(frozen=True)
class LeftOut:
    """What was reached on questions whose conversation the weights had not seen."""

    reached: dict[Asking, list[dict[str, float]]]
    sure: list[tuple[Case, float]]  # each question with how sure it was, 0-1, that memory holds the answer

    def row(self) -> dict[str, Any]:
        """Means in per cent, and how well the gate tells what can be answered from what can't."""
        soon = _means(self.reached[Asking.JUST_AFTER])
        row: dict[str, Any] = _means(self.reached[Asking.AFTERWARDS])
        row["R@10 just after"] = soon.get("R@10")
        row["AUC"] = auc(self._asked(Asking.AFTERWARDS))
        row["AUC too early"] = auc(self._asked(Asking.TOO_EARLY, Asking.JUST_AFTER))
        answered = [(case, chance) for case, chance in self._asked(Asking.AFTERWARDS) if case.answerable]
        row["AUC of another"] = auc([*answered, *self._asked(Asking.OF_ANOTHER)])
        return row

    def _asked(self, *ways: Asking) -> list[tuple[Case, float]]:
        return [(case, chance) for case, chance in self.sure if case.asking in ways]


@dataclass(frozen=True)
class Answers:
    """What is known of a question: the turns that answer it, and whether memory can."""

    right: set[str]
    answerable: bool


def add_arguments(parser: ArgumentParser) -> None:
    """The data sets, each optional but the first, and where the table goes."""
    parser.add_argument("--locomo", type=Path, required=True, metavar="DATA.json")
    parser.add_argument("--beam", type=Path, metavar="DIR")
    parser.add_argument("--madial", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="weights.json")


def run(*, tell: Telling, locomo: Path, beam: Path | None, madial: Path | None, out: Path, **_: Any) -> dict[str, Any]:
    """Collect, fit leaving one conversation out, then on all of it, and write the table."""
    check_output(out)
    sets = collect(tell=tell, locomo=locomo, beam=beam, madial=madial)
    asked = [*sets["locomo"], *sets.get("beam", [])]
    found = {name: left_out(sets[name], asked, ASKED) for name in ("locomo", "beam") if name in sets}
    rows = [{"set": name, **each.row()} for name, each in found.items()]
    if "madial" in sets:
        rows.append({"set": "madial", **by_fifths(sets["madial"], UNASKED)})
    tell.table("Left out", rows)
    sure = reliability([pair for each in found.values() for pair in each.sure if pair[0].asking in TEACHES_GATE])
    tell.table("How often it was right to be so sure", sure)
    table = fitted(asked, sets.get("madial", []))
    out.write_text(json.dumps({"made_by": MADE_BY, **table}, indent=2) + "\n", encoding="utf-8")
    return {"benchmark": "fit", "left_out": rows, "reliability": sure, "out": str(out)}


def collect(*, tell: Telling, locomo: Path, beam: Path | None, madial: Path | None) -> dict[str, list[Case]]:
    """Every question of every set, with what came to mind."""
    os.environ.setdefault("ENCODER_THREADS", str(os.cpu_count() or 1))
    sets = {"locomo": (locomos.lives(locomo), _locomo_answers(locomo))}
    if beam is not None:
        sets["beam"] = (beams.lives(beam), _beam_answers(beam))
    if madial is not None:
        sets["madial"] = ([madials.life(madial)], _madial_answers(madial))
    if sum(len(lives) for name, (lives, _) in sets.items() if name != "madial") < 2:
        raise CommandError("Fitting needs two conversations at least, so that one can be left out; name more.")
    with scratch_database(), tell.progress() as bar:
        return {
            name: _cases(name, lives, answers, bar, bar.add_task(name, total=sum(map(_work, lives))))
            for name, (lives, answers) in sets.items()
        }


def _work(life: Life) -> int:
    return life.history.total + len(life.questions)


def _cases(name: str, lives: Sequence[Life], answers: dict[str, Answers], bar: Progress, work: TaskID) -> list[Case]:
    found = []
    for number, life in enumerate(lives):
        companion, person, moment = lived(f"{name}-{number}", life, Asked(), partial(bar.advance, work))
        another = lives[(number + 1) % len(lives)]
        with acting_as(person.pk):
            questioner = Questioner(f"{name}-{number}", companion, person.called, moment, name != "madial")
            for question in life.questions:
                found += questioner.in_time(question.text, answers[question.id])
                bar.advance(work)
            if another is not life:
                found += [questioner.of_another(question.text, another) for question in another.questions[::3]]
    return found


class Questioner:
    """Asks one life."""

    def __init__(self, life: str, companion: Companion, person: str, moment: datetime, asked: bool) -> None:
        self._life, self._companion, self._person, self._moment = life, companion, person, moment
        self._asked = None if asked else False
        rows = Turn.objects.of(companion.owner_id).values_list("pk", "origin", "said_at", "session__started_at")
        self._origins = {pk: origin for pk, origin, _, _ in rows}
        self._said = {origin: said_at for _, origin, said_at, _ in rows}
        self._began = {origin: started_at for _, origin, _, started_at in rows}

    def in_time(self, question: str, known: Answers) -> list[Case]:
        """After the whole life; and, of what can be answered, before the session of the answer and just after it."""
        cases = [self._case(question, known, self._moment, Asking.AFTERWARDS)]
        right = known.right & self._said.keys()
        said = sorted(self._said[origin] for origin in right)
        if known.answerable and said and self._asked is None:
            before = min(self._began[origin] for origin in right) - timedelta(seconds=1)
            after = said[-1] + timedelta(seconds=1)
            cases.append(self._case(question, Answers(set(), False), before, Asking.TOO_EARLY))
            cases.append(self._case(question, known, after, Asking.JUST_AFTER))
        return cases

    def of_another(self, question: str, life: Life) -> Case:
        """A question about somebody else's life, with the names of this one's."""
        names = ((life.history.person, self._person), (life.history.companion, self._companion.name))
        for theirs, ours in names:
            question = question.replace(theirs, ours) if theirs else question
        return self._case(question, Answers(set(), False), self._moment, Asking.OF_ANOTHER)

    def _case(self, question: str, known: Answers, moment: datetime, asking: Asking) -> Case:
        remembering, turns = come_to_mind(
            companion=self._companion,
            person=self._person,
            question=question,
            moment=moment,
            encoder=encoder.current(),
            asked=self._asked,
        )
        gold = np.array([self._origins[turn] in known.right for turn in turns.turn.tolist()], dtype=bool)
        return Case(self._life, turns, gold, len(known.right), known.answerable, remembering.speaker, asking)


def left_out(cases: Sequence[Case], teachers: Sequence[Case], names: Sequence[str]) -> LeftOut:
    """What the weights reach on each conversation when they were fitted on all the others."""
    reached: dict[Asking, list[dict[str, float]]] = {asking: [] for asking in TEACHES}
    sure = []
    for life in dict.fromkeys(case.life for case in cases):
        others = [case for case in teachers if case.life != life]
        weights = softmax_fit(others, names)
        verdict = logistic_fit(*_signs(others, weights))
        for case in (case for case in cases if case.life == life):
            if case.asking in TEACHES and case.answerable and case.all_gold:
                reached[case.asking].append(measured(case, weights))
            sure.append((case, gate.sureness(case.turns, weights, verdict, speaker=case.speaker)))
    return LeftOut(reached, sure)


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
    kinds = [(case.life.split("-")[0], case.asking) for case in cases]
    size = Counter(kinds)
    shares = np.array([TEACHES[asking] * size[name, asking] ** -0.5 for name, asking in kinds])
    return np.asarray(shares / shares.sum())


def _signs(cases: Sequence[Case], weights: dict[str, float]) -> tuple[list[dict[str, float]], NDArray[np.bool_]]:
    asked = [case for case in cases if len(case.turns) and case.asking in TEACHES_GATE]
    figures = [gate.signs(case.turns, weights, speaker=case.speaker) for case in asked]
    return figures, np.array([case.answerable for case in asked])


def logistic_fit(figures: Sequence[dict[str, float]], truth: NDArray[np.bool_]) -> dict[str, float]:
    """A logistic regression on named figures, with an offset."""
    names = list(figures[0])
    scaler = StandardScaler()
    known = scaler.fit_transform([[row[name] for name in names] for row in figures])
    found = LogisticRegression(C=FREEDOM, max_iter=1000).fit(known, truth)
    weights = found.coef_[0] / scaler.scale_
    return {
        **dict(zip(names, weights.tolist(), strict=True)),
        "offset": float(found.intercept_[0] - weights @ scaler.mean_),
    }


def evidence_fit(cases: Sequence[Case], weights: dict[str, float]) -> dict[str, float]:
    """How a weighted sum becomes the chance that a turn is evidence."""
    scores = [combination.weigh(case.turns.parts, weights) for case in cases]
    truth = np.concatenate([case.gold & case.answerable for case in cases])
    fit = logistic_fit([{"scale": score} for score in np.concatenate(scores).tolist()], truth)
    return {"scale": fit["scale"], "offset": fit["offset"]}


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


def auc(sure: Sequence[tuple[Case, float]]) -> float | None:
    """The chance that a question that can be answered is held for surer than one that can't; None if all are alike."""
    truth = [case.answerable for case, _ in sure]
    return round(float(roc_auc_score(truth, [chance for _, chance in sure])), 3) if len(set(truth)) > 1 else None


def reliability(sure: Sequence[tuple[Case, float]]) -> list[dict[str, float]]:
    """By tenths of sureness: how many questions, how sure on average, and which share could be answered (0-1)."""
    chances = np.array([chance for _, chance in sure])
    truth = np.array([case.answerable for case, _ in sure])
    tenth = np.minimum((chances * 10).astype(int), 9)
    return [
        {
            "from": place / 10,
            "questions": int((tenth == place).sum()),
            "sure": round(float(chances[tenth == place].mean()), 3),
            "answerable": round(float(truth[tenth == place].mean()), 3),
        }
        for place in np.unique(tenth).tolist()
    ]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON.") from error


def _locomo_answers(path: Path) -> dict[str, Answers]:
    """By question; category 5 asks about the wrong person."""
    told = _read(path)
    return {
        f"{sample['sample_id']}:{place}": Answers(locomos.evidence(qa), qa.get("category") != 5)
        for sample in (told if isinstance(told, list) else [told])
        for place, qa in enumerate(sample["qa"])
    }


def _beam_answers(path: Path) -> dict[str, Answers]:
    known = {}
    for life in beams.lives(path):
        for kind, rows in _read(path / life.name / beams.QUESTIONS).items():
            for place, row in enumerate(rows):
                answerable = kind != "abstention"
                right = {str(number) for number in _numbers(row.get("source_chat_ids"))} if answerable else set()
                known[f"{life.name}:{kind}:{place}"] = Answers(right, answerable)
    return known


def _numbers(told: Any) -> Iterable[int]:
    """All whole numbers in it, however it is nested."""
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        for each in told:
            yield from _numbers(each)
    elif isinstance(told, int) or (isinstance(told, str) and told.strip().isdigit()):
        yield int(told)


def _madial_answers(path: Path) -> dict[str, Answers]:
    return {
        f"{place}:{turn}": Answers({str(number) for number in row["relevant-id"]}, True)
        for place, row in enumerate(_read(path / madials.DIALOGUES))
        for turn in row["test-turn"]
    }
