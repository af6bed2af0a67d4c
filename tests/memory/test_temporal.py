"""Dates as people say them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from memory import clock
from memory.temporal import ago_in_words, range_in_words, when_in_words

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "yesterday"),
        (2, "two days ago"),
        (13, "13 days ago"),
        (14, "two weeks ago"),
        (45, "one month ago"),
        (61, "two months ago"),
        (203, "six months ago"),
        (365, "one year ago"),
        (800, "two years ago"),
        (-3, "in three days"),
    ],
)
def test_how_long_ago(days, words):
    assert ago_in_words(TODAY - timedelta(days=days), today=TODAY) == words


def test_the_year_is_told_only_where_it_is_another():
    moment = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert when_in_words(datetime(2026, 5, 5, tzinfo=UTC), moment=moment) == "Tuesday 5 May, six months ago"
    assert when_in_words(datetime(2025, 12, 21, tzinfo=UTC), moment=moment).startswith("Sunday 21 December 2025")


@pytest.mark.parametrize(
    ("last", "english", "chinese"),
    [
        (date(2026, 3, 1), "Sunday 1 March 2026", "2026年3月1日星期日"),
        (date(2026, 3, 9), "1 to 9 March 2026", "2026年3月1日至9日"),
        (date(2026, 5, 31), "1 March to 31 May 2026", "2026年3月1日至5月31日"),
        (date(2027, 5, 31), "1 March 2026 to 31 May 2027", "2026年3月1日至2027年5月31日"),
    ],
)
def test_a_range_is_told_in_the_language_that_is_active(last, english, chinese):
    assert range_in_words(date(2026, 3, 1), last) == english
    with override("zh-hans"):
        assert range_in_words(date(2026, 3, 1), last) == chinese


def test_the_day_is_the_persons_own_and_not_utcs():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    moment = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    tokyo = [clock.local(each, "Asia/Tokyo") for each in (late, moment)]
    assert when_in_words(tokyo[0], moment=tokyo[1]) == "Tuesday 24 November, today"
    assert when_in_words(late, moment=moment) == "Monday 23 November, yesterday"


@given(st.dates(), st.dates())
def test_any_two_days_have_words(day, today):
    assert ago_in_words(day, today=today)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_the_same_on_every_clock(moment):
    assert clock.local(moment, "Pacific/Auckland") == moment
