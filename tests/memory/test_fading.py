"""The state of memories follows their retention, and the work follows what crosses a threshold."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import clock, fading, retention
from memory.isolation import acting_as
from memory.models import Memory
from tests.memory.test_dialogue import say
from worker.app import schedule
from worker.tasks import sweep_fading

pytestmark = pytest.mark.django_db

COLUMNS = ("pk", "state", "fades_at", "strength", "recalled_at", "pinned")


def told(person, days, *, text="The kitchen is yellow.", **columns):
    """A memory as it was kept on its day, vivid, which nobody has looked at since."""
    said = say(person, text, at=clock.now() - timedelta(days=days))
    with acting_as(person.pk):
        memory = Memory.objects.get(sources__turn=said.turn)
        begun = retention.begun("round", said_at=memory.said_at, now=memory.said_at)
        Memory.objects.filter(pk=memory.pk).update(**vars(begun) | columns)
    return memory.pk


def rows(person):
    with acting_as(person.pk):
        return list(Memory.objects.order_by("pk").values_list(*COLUMNS))


def states(person):
    return [state for _, state, *_ in rows(person)]


def test_what_crossed_a_threshold_is_brought_up_and_the_rest_is_not_touched(ana):
    for days in (1, 30, 100):
        told(ana, days)
    before = rows(ana)
    assert fading.fade(now=clock.now()) == 2
    assert states(ana) == ["vivid", "fading", "faded"]
    assert rows(ana)[0] == before[0]


def test_the_next_crossing_stands_in_the_row(ana):
    told(ana, 30)
    fading.fade(now=clock.now())
    ((_, state, fades_at, strength, recalled_at, _),) = rows(ana)
    assert state == "fading"
    assert retention.retention(fades_at - recalled_at, strength=strength) == pytest.approx(retention.FADED)
    assert fading.fade(now=fades_at) == 0
    assert fading.fade(now=fades_at + timedelta(seconds=1)) == 1
    assert states(ana) == ["faded"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strength=st.floats(0.5, 700), days=st.floats(0, 3_000))
def test_the_database_computes_what_the_formula_says(ana, strength, days):
    now = clock.now()
    recalled_at = now - timedelta(days=days)
    first = retention.fades_at(recalled_at, strength=strength)
    memory = told(ana, 1, strength=strength, recalled_at=recalled_at, fades_at=first)
    fading.fade(now=now)
    with acting_as(ana.pk):
        kept = Memory.objects.get(pk=memory)
    wanted = retention.trace(recalled_at, strength=strength, now=now)
    assert kept.state == wanted.state
    assert abs(kept.fades_at - wanted.fades_at) < timedelta(milliseconds=1)


def test_what_is_imported_from_long_ago_begins_as_faded_as_it_is(ana):
    say(ana, at=clock.now() - timedelta(days=30))
    say(ana, at=clock.now() - timedelta(days=300))
    before = rows(ana)
    assert states(ana) == ["fading", "faded"]
    assert fading.fade(now=clock.now()) == 0
    assert rows(ana) == before


def test_done_twice_it_is_the_same(ana):
    for days in (1, 30, 100):
        told(ana, days)
    sweep_fading()
    once = rows(ana)
    sweep_fading()
    assert rows(ana) == once
    assert fading.fade(now=clock.now()) == 0


def test_what_is_pinned_never_fades_and_does_once_it_is_let_go(ana):
    memory = told(ana, 1_000, pinned=True)
    assert fading.fade(now=clock.now()) == 0
    assert states(ana) == ["vivid"]
    with acting_as(ana.pk):
        Memory.objects.filter(pk=memory).update(pinned=False)
    fading.fade(now=clock.now())
    assert states(ana) == ["faded"]


def test_each_persons_memories_fade_by_their_own_figures(ana, stranger):
    told(ana, 30)
    told(stranger, 30, strength=1_000, fades_at=clock.now() + timedelta(days=400))
    theirs = rows(stranger)
    assert fading.fade(now=clock.now()) == 1
    assert states(ana) == ["fading"]
    assert rows(stranger) == theirs


def test_what_was_left_for_long_comes_in_bounded_batches(ana, monkeypatch):
    monkeypatch.setattr(fading, "AT_ONCE", 2)
    monkeypatch.setattr(fading, "TURNS", 2)
    for _ in range(5):
        told(ana, 100)
    assert [fading.fade(now=clock.now()) for _ in range(3)] == [4, 1, 0]
    assert states(ana) == ["faded"] * 5


def test_a_row_that_somebody_holds_is_left_for_the_next_time(ana):
    memory = told(ana, 100)
    with acting_as(ana.pk):
        Memory.objects.select_for_update(no_key=True).get(pk=memory)
        assert fading.fade(now=clock.now()) == 0
    assert fading.fade(now=clock.now()) == 1


def test_a_clock_that_jumped_back_fades_nothing_and_makes_nothing_vivid(ana):
    told(ana, 100)
    fading.fade(now=clock.now())
    assert fading.fade(now=clock.now() - timedelta(days=365)) == 0
    assert states(ana) == ["faded"]


@pytest.mark.parametrize(
    "forbidden",
    [
        "select text from memory_memory",
        "update memory_memory set strength = 1",
        "update memory_memory set owner_id = 1",
        "update memory_memory set state = 'vivid'",
        "delete from memory_memory",
    ],
)
def test_the_sweeps_role_reads_no_words_and_makes_nothing_vivid(ana, forbidden):
    told(ana, 30)
    sweep = connections["sweep"]
    with (
        pytest.raises(DatabaseError, match=r"permission denied|row-level security"),
        transaction.atomic(using="sweep"),
        sweep.cursor() as cursor,
    ):
        cursor.execute(forbidden)


def test_the_sweeps_role_cannot_touch_what_is_pinned_or_faded(ana):
    told(ana, 30, pinned=True)
    told(ana, 30, state="faded")
    with connections["sweep"].cursor() as cursor:
        cursor.execute("update memory_memory set state = 'fading'")
        assert cursor.rowcount == 0


def test_only_the_rows_that_crossed_are_read(ana):
    with acting_as(ana.pk), connections["default"].cursor() as cursor:
        told(ana, 1)
        cursor.execute(
            "insert into memory_memory (owner_id, companion_id, session_id, kind, text, said_at, strength, recalled_at,"
            " fades_at, pinned, state, sensitivity, version) select owner_id, companion_id, session_id, kind, text,"
            " said_at, strength, recalled_at, fades_at, false, state, 0, '' from memory_memory"
            " cross join generate_series(1, 3000)"
        )
    told(ana, 30)
    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze memory_memory")
    with transaction.atomic(using="sweep"), connections["sweep"].cursor() as cursor:
        cursor.execute(fading.ONE_BY_ONE)
        cursor.execute(
            "explain (analyze, costs off, timing off) " + fading.CROSSED,
            {"now": clock.now(), "lasts": 86_400, "most": fading.AT_ONCE},
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "fading_next" in plan
    assert "Seq Scan" not in plan


def test_beat_starts_it():
    assert "worker.tasks.sweep_fading" in {entry["task"] for entry in schedule(15).values()}
