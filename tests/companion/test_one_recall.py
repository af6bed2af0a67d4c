"""One recall: whoever asks memory asks the same function, so a change of weight moves them all."""

import ast

import pytest

from companion.inspection.trial import AS_THE_CHAT, try_out
from companion.memories import searching
from companion.memories.listing import Filters
from companion.operations.benchmarks import asking
from companion.operations.benchmarks.prompt import claimed
from memory import clock, encoder
from memory.combination import TABLE
from memory.isolation import acting_as
from memory.models import Recalled
from tests.memory.test_dialogue import companion_of
from tests.memory.test_recall import LIFE, ask, remember
from tests.stack import ROOT
from worker import replying
from worker.engines.recall_only import RecallOnly

QUESTION = "What colour is the kitchen?"
SHOWN = 4  # of what was not read for the reply, a receipt shows so many at least


def by_chat(person):
    """The order in the receipt of a reply."""
    reply = claimed(companion_of(person), None, QUESTION)
    replying.remember(reply, RecallOnly(), encoder.current())
    with acting_as(person.pk):
        return list(Recalled.objects.filter(recall__reply=reply).order_by("rank").values_list("turn_id", flat=True))


def by_benchmark(person):
    companion = companion_of(person)
    with acting_as(person.pk):
        found = asking.asked(companion, person.called, QUESTION, clock.now(), encoder.current())
    return [candidate.turn_id for candidate in found.candidates]


def by_search_box(person):
    """The order in which the page of memories shows what was said."""
    found = searching.search(person, QUESTION, Filters(), encoder=encoder.current())
    return [item["quote"]["turn"] for item in found["items"] if item["kind"] == "round"]


def by_inspector(person):
    tried = try_out(
        person=person,
        companion=companion_of(person),
        question=QUESTION,
        moment=clock.local(clock.now(), person.time_zone),
        encoder=encoder.current(),
        configurations=[AS_THE_CHAT],
    )
    return [row.turn for row in tried[0].rows]


def by_recall(person):
    return [candidate.turn_id for candidate in ask(person, QUESTION).candidates]


@pytest.mark.django_db
def test_a_change_of_weight_moves_all_that_asks_memory_alike(ana, stranger, monkeypatch):
    remember(ana, LIFE)
    asked_about = remember(stranger, LIFE)
    before = by_recall(stranger)
    assert by_recall(ana) == by_benchmark(ana) == by_search_box(ana) == by_inspector(ana)
    assert by_recall(ana)[:SHOWN] == by_chat(ana)[:SHOWN]
    monkeypatch.setitem(TABLE, "asked", {name: -weight for name, weight in TABLE["asked"].items()})
    after = by_recall(stranger)
    assert after[0] != before[0]
    assert after == by_benchmark(stranger) == by_search_box(stranger) == by_inspector(stranger)
    assert after[:SHOWN] == by_chat(stranger)[:SHOWN]
    assert set(after) == {turn.pk for turn in asked_about}


def test_only_recall_searches_and_weighs():
    inside = {"memory.search", "memory.combination", "memory.late"}
    allowed = {"memory/recall.py", "memory/gate.py", "memory/combination.py", "memory/indexing.py"}
    users = {
        str(path.relative_to(ROOT))
        for folder in ("companion", "memory", "worker")
        for path in (ROOT / folder).rglob("*.py")
        if inside & imported(path)
    }
    made_for_keys = {  # signs of the tokens of what it writes
        "memory/consolidation/facts.py",
        "memory/correction.py",
        "memory/reencoding.py",
    }
    assert users - allowed == {"companion/operations/benchmarks/fit.py"} | made_for_keys  # the former makes the weights


def imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names
