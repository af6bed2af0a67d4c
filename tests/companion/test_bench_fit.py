"""The fit: weights that favour what holds the answer, never told of what is left out, written as one table."""

import json
from dataclasses import replace

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from companion.operations.benchmarks import fit
from companion.operations.benchmarks.fit import Asking, Case
from memory import gate
from memory.combination import NOTHING, PARTS, TABLE
from tests.companion.test_bench import bench, data

__all__ = ["data"]

TELLING = PARTS.index("tokens")


def case(life, dice, *, answerable=True, asking=Asking.AFTERWARDS, part=TELLING):
    """A question with twenty turns, of which the third holds the answer and stands out by one part."""
    parts = dice.normal(0, 0.1, (20, len(PARTS)))
    gold = np.zeros(20, bool)
    if answerable:
        parts[3, part] += 1
        gold[3] = True
    turns = replace(
        NOTHING,
        turn=np.arange(20),
        memory=np.arange(20),
        said_by_person=np.arange(20) % 2 == 0,
        parts=parts,
        retention=np.ones(20),
        sensitivity=np.zeros(20),
    )
    return Case(life, turns, gold, int(gold.sum()), answerable, None, asking)


def cases(lives=("talk-0", "talk-1", "talk-2"), seed=0, **more):
    dice = np.random.default_rng(seed)
    return [case(life, dice, answerable=number % 3 > 0, **more) for life in lives for number in range(12)]


def test_the_part_that_marks_the_answer_gets_the_weight():
    weights = fit.softmax_fit(cases(), PARTS)
    assert max(weights, key=lambda name: abs(weights[name])) == "tokens"
    assert weights["tokens"] > 0


def test_a_conversation_is_judged_by_weights_that_never_saw_it():
    odd = cases(lives=("talk-9",), seed=1, part=PARTS.index("asks"))
    alone = fit.left_out(odd, odd + cases(), PARTS)
    assert alone.reached == fit.left_out(odd, cases(), PARTS).reached
    seen = fit.softmax_fit(odd + cases(), PARTS)
    assert sum(row["S@5"] for row in alone.reached[Asking.AFTERWARDS]) < sum(
        fit.measured(one, seen)["S@5"] for one in odd if one.answerable
    )


@pytest.mark.parametrize(
    ("asking", "taught"),
    [
        (Asking.JUST_AFTER, {"asked"}),
        (Asking.OF_ANOTHER, {"answerable"}),
        (Asking.TOO_EARLY, set()),
    ],
)
def test_each_way_of_asking_teaches_what_it_can(asking, taught):
    more = [replace(one, asking=asking) for one in cases(seed=2, part=PARTS.index("asks"))]
    few, many = fit.fitted(cases(), []), fit.fitted([*cases(), *more], [])
    weights = few["asked"]
    assert (many["asked"] != weights) == ("asked" in taught)
    gates = [fit.logistic_fit(*fit._signs(each, weights)) for each in (cases(), [*cases(), *more])]
    assert (gates[0] != gates[1]) == ("answerable" in taught)


def test_answerable_questions_are_surer_than_the_others():
    row = fit.left_out(cases(), cases(), PARTS).row()
    assert row["AUC"] > 0.9
    assert row["R@5"] == 100.0


def test_tenths_of_sureness_say_how_often_it_was_right():
    one, other = cases()[1], cases()[0]
    assert fit.reliability([(one, 0.93), (other, 0.97), (one, 0.11)]) == [
        {"from": 0.1, "questions": 1, "sure": 0.11, "answerable": 1.0},
        {"from": 0.9, "questions": 2, "sure": 0.95, "answerable": 0.5},
    ]


@pytest.mark.django_db
def test_the_table_is_written_whole_and_in_the_form_that_recall_reads(ana, data, tmp_path):
    out = tmp_path / "weights.json"
    figures = bench(
        "fit", "--locomo", data / "talks.json", "--beam", data / "beam", "--madial", data / "madial", "--out", out
    )
    table = json.loads(out.read_text())
    assert table.pop("made_by") == fit.MADE_BY
    assert {name: set(row) for name, row in table.items()} == {
        name: set(row) for name, row in TABLE.items() if name != "made_by"
    }
    assert [row["set"] for row in figures["left_out"]] == ["locomo", "beam", "madial"]
    assert "canoe" not in out.read_text()


def test_one_conversation_is_too_few_and_told_so(data, tmp_path):
    with pytest.raises(CommandError, match="two conversations at least"):
        call_command("bench", "fit", "--locomo", str(data / "talks.json"), "--out", str(tmp_path / "weights.json"))


def test_the_table_in_the_repository_weighs_every_part_and_every_sign():
    together = {f"{one} x {other}" for one, other in gate.TOGETHER}
    assert set(TABLE["asked"]) == set(PARTS)
    assert len(PARTS) <= 15
    assert set(TABLE["answerable"]) == {*gate.SIGNS, *together, "offset"}
