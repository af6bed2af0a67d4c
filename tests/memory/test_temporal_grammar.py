"""Dates in questions and in what is told: the grammar as a specification."""

import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import clock
from memory.temporal import DateRange, asked_range, asks_when, has_time_words, told_dates
from memory.temporal.holidays import easter

WEDNESDAY = datetime(2023, 5, 31, 12, 0, tzinfo=UTC)
ANCHORS = {"birthday": date(1990, 7, 14), "the lake house": date(2022, 8, 5)}
BENCH_DATA = os.environ.get("BENCH_DATA", "")


def days(start, end=None):
    return date.fromisoformat(start), date.fromisoformat(end or start)


def asked(question, moment=WEDNESDAY):
    return asked_range(question, moment=moment, anchors=ANCHORS)


def told(text, said_at=WEDNESDAY):
    return [(found.start, found.end) for found in told_dates(text, said_at=said_at)]


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What did I eat yesterday?", "2023-05-30", None),
        ("What did I do the day before yesterday?", "2023-05-29", None),
        ("What did I say this morning?", "2023-05-31", None),
        ("What will I cook tonight?", "2023-05-31", None),
        ("Who did I meet last night?", "2023-05-30", None),
        ("What did I read last week?", "2023-05-22", "2023-05-28"),
        ("What did I read over the last week?", "2023-05-24", "2023-05-31"),
        ("What did I read the week before last?", "2023-05-15", "2023-05-21"),
        ("Where was I last weekend?", "2023-05-27", "2023-05-28"),
        ("Where was I two weekends ago?", "2023-05-20", "2023-05-21"),
        ("What am I doing next weekend?", "2023-06-10", "2023-06-11"),
        ("What are my plans for the weekend?", "2023-06-03", "2023-06-04"),
        ("What did I buy last month?", "2023-04-01", "2023-04-30"),
        ("What did I buy in the past two months?", "2023-03-31", "2023-05-31"),
        ("What did I buy in the past few weeks?", "2023-05-03", "2023-05-31"),
        ("What did I learn last year?", "2022-01-01", "2022-12-31"),
        ("What did I learn three weeks ago?", "2023-05-07", "2023-05-13"),
        ("What did I take part in a week ago?", "2023-05-21", "2023-05-27"),
        ("How much more did I earn a month ago than now?", "2023-04-15", "2023-05-15"),
        ("What did I learn 10 days ago?", "2023-05-20", "2023-05-22"),
        ("What did I learn a couple of months ago?", "2023-02-13", "2023-04-15"),
        ("What did I learn a year and a half ago?", "2021-06-01", "2022-05-31"),
        ("Whom did I call on Monday?", "2023-05-29", None),
        ("Whom did I call last Tuesday?", "2023-05-30", None),
        ("Whom did I call on the Wednesday two weeks ago?", "2023-05-17", None),
        ("Whom will I see next Friday?", "2023-06-02", None),
        ("Whom did I call on Friday of last week?", "2023-05-26", None),
        ("What did we plan last spring?", "2022-03-01", "2022-05-31"),
        ("What did we plan last winter?", "2022-12-01", "2023-02-28"),
        ("What did we plan in the summer of 2021?", "2021-06-01", "2021-08-31"),
        ("What was I reading in May 2022?", "2022-05-01", "2022-05-31"),
        ("what was i reading in may 2022?", "2022-05-01", "2022-05-31"),
        ("What was I reading in May of last year?", "2022-05-01", "2022-05-31"),
        ("What did I do on May 8, 2022?", "2022-05-08", None),
        ("What did I do on 8 May 2022?", "2022-05-08", None),
        ("What did I do on Sunday, the 8th of May, 2022?", "2022-05-08", None),
        ("What did I do on 8 May,2022?", "2022-05-08", None),
        ("What did I do on 2022-05-08?", "2022-05-08", None),
        ("What did I do on 5/21/2022?", "2022-05-21", None),
        ("What did I do on the 8th?", "2023-05-08", None),
        ("What did I do from May 28 to June 3, 2022?", "2022-05-28", "2022-06-03"),
        ("Where was I between August 11 and August 15 2022?", "2022-08-11", "2022-08-15"),
        ("Where was I between 2016 and 2019?", "2016-01-01", "2019-12-31"),
        ("Where was I from November 2021 to February 2022?", "2021-11-01", "2022-02-28"),
        ("What did I do in the second half of 2022?", "2022-07-02", "2022-12-31"),
        ("What did I do in the first week of June 2022?", "2022-06-01", "2022-06-07"),
        ("What did I do on the last Friday of May 2022?", "2022-05-27", None),
        ("What did I do in the last three months of 2022?", "2022-10-01", "2022-12-31"),
        ("What did I do in early March 2022?", "2022-03-01", "2022-03-10"),
        ("What did I do in mid-March 2022?", "2022-03-11", "2022-03-21"),
        ("What did I do in late March 2022?", "2022-03-22", "2022-03-31"),
        ("What did I earn in Q3 2022?", "2022-07-01", "2022-09-30"),
        ("What did I earn in the third quarter of last year?", "2022-07-01", "2022-09-30"),
        ("What have I spent since March?", "2023-03-01", "2023-05-31"),
        ("What have I spent since the start of the year?", "2023-01-01", "2023-05-31"),
        ("What have I written since I began again three weeks ago?", "2023-05-07", "2023-05-31"),
        ("Where did I live before April 2022?", "1900-01-01", "2022-03-31"),
        ("Where did I live after April 2022?", "2022-05-01", "2023-05-31"),
        ("What did I get last Christmas?", "2022-12-24", "2022-12-26"),
        ("What did I cook last Thanksgiving?", "2022-11-24", None),
        ("What did we do over Easter?", "2023-04-07", "2023-04-10"),
        ("What did we do on Easter Sunday 2019?", "2019-04-21", None),
        ("What did we do on Mother's Day?", "2023-05-14", None),
        ("What did we do the weekend before July 4, 2022?", "2022-07-02", "2022-07-03"),
        ("What did we do the week of June 8, 2022?", "2022-06-06", "2022-06-12"),
        ("What did we do on the Sunday before October 25, 2022?", "2022-10-23", None),
        ("What did we do the week before August 3, 2022?", "2022-07-27", "2022-08-02"),
        ("What was I up to two weeks before my birthday?", "2022-06-27", "2022-07-03"),
        ("What did I wish for on my last birthday?", "2022-07-14", None),
        ("What did I say the day after the lake house?", "2022-08-06", None),
        ("What music did I love in the 90s?", "1990-01-01", "1999-12-31"),
    ],
)
def test_a_question_names_its_days(question, start, end):
    found = asked(question)
    assert found is not None, question
    assert (found.start, found.end) == days(start, end)
    assert not found.any_year


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("How often did I swim in May?", "2023-05-01", "2023-05-31"),
        ("How often did I swim in the month of February?", "2023-02-01", "2023-02-28"),
        ("How often did I swim in June?", "2022-06-01", "2022-06-30"),
        ("How often did I swim over the summer?", "2022-06-01", "2022-08-31"),
        ("How often did I swim between March and May?", "2023-03-01", "2023-05-31"),
        ("How often did I swim from November to February?", "2022-11-01", "2023-02-28"),
        ("How often did I swim in January and March?", "2023-01-01", "2023-03-31"),
        ("Did I swim on the 8th of May?", "2023-05-08", None),
        ("Did I swim on May 8?", "2023-05-08", None),
        ("Did I swim on the fourth of July?", "2022-07-04", None),
        ("Did I swim on Valentine's Day?", "2023-02-14", None),
        ("Did I swim on New Year’s Eve?", "2022-12-31", None),
        ("Did I swim on Halloween?", "2022-10-31", None),
        ("Did I swim in the first week of June?", "2022-06-01", "2022-06-07"),
    ],
)
def test_without_a_year_it_is_any_year_and_stands_in_the_likeliest(question, start, end):
    found = asked(question)
    assert found is not None, question
    assert (found.start, found.end) == days(start, end)
    assert found.any_year


@pytest.mark.parametrize(
    "question",
    [
        "What may I eat?",
        "May I march on in the sun for a second?",
        "What did my friend April say?",
        "What did I get from June?",
        "Who was in June's room?",
        "What happened before April left?",
        "Why do the leaves fall down?",
        "Who took the fall for me?",
        "What did I do in my twenties?",
        "What did I do in her late thirties?",
        "Was it really in the 90s outside, that hot?",
        "What is my last name?",
        "When did I last go?",
        "What was my last year of college like?",
        "Which wine did I order the last time?",
        "What did I say the day before?",
        "What did I do two days before the wedding?",
        "What did I do a week before my mom's birthday?",
        "How long have I lived here?",
        "How many days ago did I see Ana?",
        "How many weeks have passed since last Christmas?",
        "How many days before May 5 did I order it?",
        "How many followers did I gain in two weeks?",
        "What day of the week is my class?",
        "What time do I wake up on Saturday mornings?",
        "Do I rest on Sundays?",
        "Which airline did I like before today?",
        "Can you recommend a film for tonight?",
        "I'm cooking this weekend. Any tips?",
        "Which version was it, 1.2.3 or 24/7?",
        "Which room, 2019 or 2023?",
        "Did I write it in 2000 words?",
        "Did I do it on February 30?",
        "Did I do it on 30 February 2023?",
        "Did I do it on 32 May?",
        "Did I do it in 0000?",
        "Did I do it in 99999?",
        "Did I do it on 2023-13-40?",
        "Did I do it on 5/8/2023?",
        "Did I do it 999999999 weeks ago?",
        "Did I do it 5000 years ago?",
        "",
    ],
)
def test_unsure_it_abstains(question):
    assert asked(question) is None


def test_of_two_times_the_shared_part_counts_and_of_two_apart_neither():
    tuesday = asked("What did I say in May about the walk on May 2, 2023?")
    assert (tuesday.start, tuesday.end) == days("2023-05-02")
    assert asked("What did I say yesterday about last summer?") is None


def test_a_date_written_out_is_surer_than_one_told_from_now():
    found = asked("What went wrong last week, as you noted on November 6, 2022?")
    assert (found.start, found.end) == days("2022-11-06")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I ran a race last Friday.", [days("2023-05-26")]),
        ("My car broke down last Fri.", [days("2023-05-26")]),
        ("We went swimming on Monday.", [days("2023-05-29")]),
        ("I'm going swimming on Monday.", [days("2023-06-05")]),
        ("Friday night we ate at Luca's, it was great.", [days("2023-05-26")]),
        ("Swimming, Monday, sun.", []),
        ("I adopted a cat today!", [days("2023-05-31")]),
        ("See you tomorrow!", [days("2023-06-01")]),
        ("Last night I wrote, and yesterday I read.", [days("2023-05-30")]),
        ("I saw a fox the other day.", [days("2023-05-24", "2023-05-30")]),
        ("I saw a fox a few days ago.", [days("2023-05-27", "2023-05-29")]),
        ("I saw a fox two weeks ago.", [days("2023-05-14", "2023-05-20")]),
        ("I saw a fox a few years back with Ana.", [days("2018-11-30", "2021-11-29")]),
        ("We move next month.", [days("2023-06-01", "2023-06-30")]),
        ("We moved in on the 3rd of May.", [days("2023-05-03")]),
        ("We moved in on 3 May 2019.", [days("2019-05-03")]),
        ("We'll move on the 3rd of June.", [days("2023-06-03")]),
        (
            "We met in 2019 and married in June 2021.",
            [days("2019-01-01", "2019-12-31"), days("2021-06-01", "2021-06-30")],
        ),
        ("I have lived here since 2016.", [days("2016-01-01", "2016-12-31")]),
        ("I've played the piano for five years now.", [days("2017-11-30", "2018-11-29")]),
        ("I've known her for two months.", [days("2023-03-16", "2023-04-15")]),
        ("I walked for two hours.", []),
        ("It took us two weeks, in two weeks it was done.", []),
        ("I'm leaving in two weeks.", [days("2023-06-11", "2023-06-17")]),
        ("Our launch was rescheduled from June 10 to June 17.", [days("2023-06-10", "2023-06-17")]),
        ("My plan stands since May 30, and since June 2.", [days("2023-05-30"), days("2022-06-02")]),
        ("The launch party: June 10!", [days("2023-06-10")]),
        ("print(date.today())", []),
        ("I'm here until June 10.", [days("2023-05-31", "2023-06-10")]),
        ("Before 2019 I lived in Rome.", []),
        ("We hiked this weekend.", [days("2023-05-27", "2023-05-28")]),
        ("We are hiking this weekend.", [days("2023-06-03", "2023-06-04")]),
        ("It feels like just yesterday.", []),
        ("In the summer we usually swim.", []),
        ("In summer camp we swam.", []),
        ("I'm inspired by autumn.", []),
        ("Happy new year, and enjoy your Christmas tree!", []),
        ("Nothing at all happened.", []),
    ],
)
def test_what_is_told_is_dated_by_the_day_of_its_telling(text, expected):
    assert told(text) == expected


def test_what_is_told_has_happened_in_one_year():
    assert [found.any_year for found in told_dates("We moved in May.", said_at=WEDNESDAY)] == [False]


def test_the_words_are_kept_as_they_were_written():
    found = told_dates("So  Last\nFriday I left.", said_at=WEDNESDAY)
    assert [each.text for each in found] == ["Last Friday"]


def test_the_day_is_the_persons_own():
    late = datetime(2023, 5, 31, 23, 30, tzinfo=UTC)
    tokyo = clock.local(late, "Asia/Tokyo")
    assert told("I sang yesterday.", late) == [days("2023-05-30")]
    assert told("I sang yesterday.", tokyo) == [days("2023-05-31")]
    assert asked("What did I sing yesterday?", tokyo).start == date(2023, 5, 31)


def test_three_hours_ago_was_yesterday_shortly_after_midnight():
    assert told("I sang three hours ago.", datetime(2023, 5, 31, 1, 0, tzinfo=UTC)) == [days("2023-05-30")]


@pytest.mark.parametrize(
    "question",
    [
        "When did I move?",
        "when's my appointment",
        "Do you remember when I started yoga?",
        "Can you tell me when we met?",
        "Since when do I ski?",
        "What day did I arrive?",
        "In which month did I arrive?",
        "What year was that?",
        "How long ago was that?",
        "How long have I had it?",
        "How many weeks ago did I call?",
    ],
)
def test_a_question_for_a_time(question):
    assert asks_when(question)


@pytest.mark.parametrize(
    "question",
    [
        "How old was I when Alex was born?",
        "When I was in Rome, what did I eat?",
        "Do you remember when I told you about the lake?",
        "What did I eat?",
        "What a day!",
        "",
    ],
)
def test_a_question_for_something_else(question):
    assert not asks_when(question)


@pytest.mark.parametrize(
    "text",
    [
        "I sang yesterday",
        "two years ago",
        "last week",
        "every Monday",
        "in May",
        "May 8",
        "8th of march",
        "since 2016",
        "next Fri",
        "over the summer",
        "on Valentine's Day",
        "the past few days",
        "in the 90s",
        "2023-05-08",
        "five years now",
    ],
)
def test_a_turn_with_time_words(text):
    assert has_time_words(text)


@pytest.mark.parametrize(
    "text", ["I may march on", "in the sun", "a second", "the last time", "my last name", "2000000 people", ""]
)
def test_a_turn_without(text):
    assert not has_time_words(text)


@pytest.mark.parametrize(("year", "day"), [(2019, "04-21"), (2024, "03-31"), (2038, "04-25"), (2285, "03-22")])
def test_easter(year, day):
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


def test_any_year_wraps_and_minds_29_february():
    winter = DateRange(date(2022, 12, 1), date(2023, 2, 28), any_year=True)
    assert winter.overlaps(date(2020, 1, 5), date(2020, 1, 5))
    assert winter.overlaps(date(2020, 2, 29), date(2020, 2, 29))
    assert not winter.overlaps(date(2020, 3, 3), date(2020, 3, 3), padding=2)
    assert winter.overlaps(date(2020, 3, 3), date(2020, 3, 3), padding=3)
    assert winter.overlaps(date(2020, 6, 1), date(2021, 6, 30))
    leap_day = DateRange(date(2024, 2, 29), date(2024, 2, 29), any_year=True)
    assert leap_day.overlaps(date(2023, 2, 28), date(2023, 2, 28))


def test_overlaps_at_the_ends_of_the_calendar():
    always = DateRange(date.min, date.max)
    assert always.overlaps(date.min, date.max, padding=400)
    new_year = DateRange(date(2022, 12, 31), date(2023, 1, 1), any_year=True)
    assert new_year.overlaps(date.min, date.min, padding=400)
    assert new_year.overlaps(date.max, date.max, padding=400)


@given(st.dates(), st.integers(0, 40), st.dates(), st.integers(0, 40), st.integers(0, 3))
def test_a_range_of_any_year_contains_what_the_range_itself_does(start, length, other, others, padding):
    start, other = (min(day, date(9990, 1, 1)) for day in (start, other))
    plain = DateRange(start, start + timedelta(length))
    yearly = DateRange(plain.start, plain.end, any_year=True)
    end = other + timedelta(others)
    assert yearly.overlaps(other, end, padding=padding) or not plain.overlaps(other, end, padding=padding)


WORDS = st.sampled_from(
    "the a two few couple of 3 31 2023 '98 90s in on at for since before after between and from to until by last this "
    "next past may May march June Feb Monday Fri day days week weekend month year ago now first second half early mid- "
    "late end summer fall Christmas Easter my birthday yesterday tomorrow morning 8th 5/21/2023 2023-05-08 , . - I was "
    "will going , q3 quarter 0 99 0000 29 February".split()
)
ANY_TEXT = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=25).map(" ".join))
ANY_MOMENT = st.datetimes(timezones=st.just(UTC))


@settings(max_examples=400)
@given(ANY_TEXT, ANY_MOMENT)
def test_no_text_breaks_it_and_no_range_ends_before_it_begins(text, moment):
    ranges = told_dates(text, said_at=moment)
    found = asked_range(text, moment=moment, anchors={"birthday": date(2000, 2, 29), "": date(2000, 1, 1)})
    for each in [*ranges, *([found] if found else [])]:
        assert date(1900, 1, 1) <= each.start <= each.end <= date(2199, 12, 31)
    assert isinstance(asks_when(text), bool)
    assert isinstance(has_time_words(text), bool)


@given(
    st.sampled_from(["yesterday", "3 days ago", "two weeks ago", "the day before yesterday", "in the past ten days"]),
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    st.integers(0, 1000),
)
def test_asked_days_later_it_is_days_later(words, day, later):
    first, second = (
        asked(f"What did I do {words}?", datetime(each.year, each.month, each.day, tzinfo=UTC))
        for each in (day, day + timedelta(later))
    )
    assert (second.start - first.start, second.end - first.end) == (timedelta(later), timedelta(later))


@given(
    st.sampled_from(["last week", "last weekend", "on Monday", "last Friday", "the week before last"]),
    st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    st.integers(0, 100),
)
def test_asked_weeks_later_it_is_weeks_later(words, day, weeks):
    later = timedelta(7 * weeks)
    first, second = (
        asked(f"What did I do {words}?", datetime(each.year, each.month, each.day, tzinfo=UTC))
        for each in (day, day + later)
    )
    assert (second.start - first.start, second.end - first.end) == (later, later)


@given(st.dates(date(1901, 1, 1), date(2198, 12, 31)), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_a_date_written_out_is_that_date_whenever_it_is_read(day, today):
    moment = datetime(today.year, today.month, today.day, tzinfo=UTC)
    for written in (f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%B} {day.year}", day.isoformat()):
        found = asked(f"What did I do on {written}?", moment)
        assert (found.start, found.end, found.any_year) == (day, day, False)


@pytest.mark.parametrize(
    "piece", ["the day before ", "from May to ", "the first week of ", "on Monday ", "x", "1/", "  "]
)
def test_a_book_is_read_in_bounded_time(piece):
    book = (piece * 100_000)[:100_000]
    started = time.process_time()
    told_dates(book, said_at=WEDNESDAY)
    asked(book)
    asks_when(book)
    has_time_words(book)
    assert time.process_time() - started < 5


@pytest.mark.skipif(not BENCH_DATA, reason="set BENCH_DATA to the folder with longmemeval-queries.json")
def test_of_real_questions_about_one_in_eight_names_a_time():
    questions = json.loads((Path(BENCH_DATA) / "longmemeval-queries.json").read_text())
    moments = [datetime.fromisoformat(each["meta"]["query_timestamp"]) for each in questions]
    found = [asked_range(each["query"], moment=at) for each, at in zip(questions, moments, strict=True)]
    named = [(each, at) for each, at in zip(found, moments, strict=True) if each]
    print(f"{len(named)} of {len(questions)} questions name a time")
    assert 55 <= len(named) <= 80
    assert all(each.start <= at.date() for each, at in named)  # all of them ask about what has been
