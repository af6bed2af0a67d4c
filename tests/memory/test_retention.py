"""R = e^(-t/S), as in MemoryBank §2.3."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memory.retention import VIVID, fades_at, freshness, retention

days = st.floats(0, 20_000).map(lambda count: timedelta(days=count))
strengths = st.floats(0.1, 5_000)
START = datetime(2026, 3, 1, tzinfo=UTC)


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


@given(st.floats(0.1, 1_000))
def test_it_fades_exactly_when_retention_reaches_the_threshold(strength):
    elapsed = fades_at(START, strength=strength) - START
    assert retention(elapsed, strength=strength) == pytest.approx(VIVID, rel=1e-6)


def test_the_words_for_what_is_left():
    assert [freshness(left) for left in (1.0, 0.6, 0.59, 0.2, 0.19, 0.0)] == [
        "vivid",
        "vivid",
        "fading",
        "fading",
        "faded",
        "faded",
    ]
