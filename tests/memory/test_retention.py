"""R = e^(-t/S), as in MemoryBank §2.3, and what useful recalls make of S."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.core.checks import run_checks
from hypothesis import assume, given
from hypothesis import strategies as st

from memory.models import Memory
from memory.retention import (
    DAY,
    FADED,
    PRESETS,
    VIVID,
    fades_at,
    first_strength,
    freshness,
    preset,
    recalled,
    reinforced,
    retention,
    trace,
)

days = st.floats(0, 20_000).map(lambda count: timedelta(days=count))
jumps = st.floats(-20_000, 20_000).map(lambda count: timedelta(days=count))
strengths = st.floats(0.1, 5_000)
presets = st.sampled_from(list(PRESETS.values()))
START = datetime(2026, 3, 1, tzinfo=UTC)
COMPANION, PAPER = PRESETS["companion"], PRESETS["paper"]


@given(days, strengths)
def test_it_lies_between_nothing_and_all(elapsed, strength):
    assert 0.0 <= retention(elapsed, strength=strength) <= 1.0


@given(days, days, strengths)
def test_it_only_falls_with_time(earlier, later, strength):
    assume(earlier <= later)
    assert retention(later, strength=strength) <= retention(earlier, strength=strength)


@given(days, strengths, strengths)
def test_a_stronger_memory_holds_longer(elapsed, weak, strong):
    assume(weak <= strong)
    assert retention(elapsed, strength=weak) <= retention(elapsed, strength=strong)


@given(strengths)
def test_just_recalled_it_is_whole_and_a_clock_that_jumped_back_counts_as_no_time(strength):
    assert retention(timedelta(0), strength=strength) == retention(timedelta(days=-3), strength=strength) == 1.0


@given(st.integers(0, 10**9), strengths)
def test_it_begins_to_fall_without_a_step(microseconds, strength):
    soon = timedelta(microseconds=microseconds)
    assert 1.0 - retention(soon, strength=strength) <= soon / DAY / strength + 1e-12


@given(st.floats(0.1, 1_000), st.sampled_from([VIVID, FADED]))
def test_it_fades_exactly_when_retention_reaches_the_threshold(strength, threshold):
    elapsed = fades_at(START, strength=strength, threshold=threshold) - START
    assert retention(elapsed, strength=strength) == pytest.approx(threshold, rel=1e-6)


def test_the_words_for_what_is_left():
    assert [freshness(left) for left in (1.0, 0.6, 0.59, 0.2, 0.19, 0.0)] == [
        "vivid",
        "vivid",
        "fading",
        "fading",
        "faded",
        "faded",
    ]


@given(jumps, strengths)
def test_the_state_that_is_kept_is_the_word_for_what_is_left_and_its_next_crossing_is_ahead(elapsed, strength):
    now = START + elapsed
    kept, left = trace(START, strength=strength, now=now), retention(elapsed, strength=strength)
    assume(min(abs(left - VIVID), abs(left - FADED)) > 1e-6)
    assert kept.state == freshness(left)
    assert (kept.fades_at > now) == (kept.state != "faded")
    threshold = VIVID if kept.state == "vivid" else FADED
    assert retention(kept.fades_at - START, strength=strength) == pytest.approx(threshold, rel=1e-4)


@given(st.floats(-1, 2), st.floats(-1, 2), st.sampled_from(["round", "fact", "session", "whatever"]), presets)
def test_what_matters_more_begins_no_weaker(less, more, kind, by):
    assume(less <= more)
    assert 0 < first_strength(kind, importance=less, by=by) <= first_strength(kind, importance=more, by=by)


def test_a_companions_memories_last_for_weeks_and_the_papers_for_a_day():
    assert [first_strength(kind, by=COMPANION) / 7 for kind in ("round", "fact", "session")] == [6, 12, 12]
    assert [first_strength("round", importance=level, by=COMPANION) / 7 for level in (0, 1)] == [3, 12]
    assert {first_strength(kind, importance=0.9, by=PAPER) for kind in ("round", "fact", "session")} == {1.0}


@given(jumps, strengths, presets)
def test_a_useful_recall_never_weakens_and_leaves_all_of_it_whatever_the_clock_did(elapsed, strength, by):
    stronger = reinforced(strength, elapsed=elapsed, by=by)
    assert stronger >= strength
    assert retention(timedelta(0), strength=stronger) == 1.0


@given(st.floats(1, 100), st.floats(0.05, 1), st.floats(0.05, 1))
def test_the_less_was_left_the_stronger_it_makes(strength, one, other):
    less, more = sorted((one, other))
    gain = [
        reinforced(strength, elapsed=DAY * strength * math.log(1 / left), by=COMPANION) / strength
        for left in (less, more)
    ]
    assert gain == pytest.approx([1 + math.log(1 / less), 1 + math.log(1 / more)], rel=1e-6)
    assert gain[0] >= gain[1] - 1e-9


def test_what_recalls_add_has_an_end():
    assert reinforced(42, elapsed=timedelta(days=20_000), by=COMPANION) == COMPANION.longest
    assert reinforced(9_999, elapsed=timedelta(days=1), by=COMPANION) == 9_999


@given(strengths, st.integers(1, 20))
def test_in_the_papers_preset_each_recall_adds_a_day(strength, times):
    stronger = strength
    for _ in range(times):
        stronger = reinforced(stronger, elapsed=timedelta(hours=3), by=PAPER)
    assert stronger == pytest.approx(strength + times)


moments = st.lists(st.floats(-50, 1_500).map(lambda count: START + timedelta(days=count)), min_size=1, max_size=6)


def after(recalls, by):
    """Strength and time of the last recall of a memory told at START."""
    strength, recalled_at = first_strength("round", by=by), START
    for at in recalls:
        kept = recalled(strength, recalled_at, at=at, by=by)
        strength, recalled_at = kept.strength, kept.recalled_at
    return strength, recalled_at


@given(moments, presets, st.randoms(use_true_random=False))
def test_recalls_that_become_known_in_another_order_lead_to_the_same(recalls, by, dice):
    strength, recalled_at = after(recalls, by)
    assert after(dice.sample(recalls, len(recalls)), by) == (pytest.approx(strength), recalled_at)


@given(moments)
def test_for_the_companion_the_same_recall_known_twice_is_one(recalls):
    strength, recalled_at = after(recalls, COMPANION)
    assert after([*recalls, *recalls], COMPANION) == (pytest.approx(strength), recalled_at)


@given(jumps, strengths)
def test_what_is_pinned_is_always_whole(elapsed, strength):
    memory = Memory(pinned=True, strength=strength, recalled_at=START)
    assert memory.retention(START + elapsed) == 1.0


def test_a_preset_that_does_not_exist_is_told_before_anything_starts(settings):
    assert preset() is COMPANION
    settings.RETENTION = "elephant"
    (problem,) = [error for error in run_checks() if error.id == "memory.E001"]
    assert "companion, paper" in problem.hint
