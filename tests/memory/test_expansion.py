"""An engine may say which days a question means; silence and nonsense leave the question as it was."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import clock
from memory.engine import EngineError
from memory.expansion import expanded, is_wanted
from tests.memory.test_recall import LIFE, ask, remember

MOMENT = datetime(2026, 11, 5, 12, tzinfo=UTC)
QUESTION = "What did I cook in the week of the big storm?"


class Says:
    """An engine whose answer is known."""

    name = "says"
    converses = True

    def __init__(self, answer):
        self.answer = answer

    def complete(self, messages, *, schema):
        self.asked = messages[-1]["content"]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def told(words="the week of the big storm", first="2026-10-12", last="2026-10-12"):
    return json.dumps({"words": words, "first": first, "last": last})


def test_days_that_make_sense_are_taken_with_the_words_that_name_them():
    engine = Says(told())
    found = expanded(QUESTION, moment=MOMENT, engine=engine)
    assert (found.start, found.end, found.text) == (
        date(2026, 10, 12),
        date(2026, 10, 12),
        "the week of the big storm",
    )
    assert "It is Thursday 2026-11-05." in engine.asked
    assert json.dumps(QUESTION) in engine.asked


def test_prose_around_the_answer_is_forgiven():
    assert expanded(QUESTION, moment=MOMENT, engine=Says(f"Certainly! {told()} Anything else?")) is not None


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "I don't know.",
        "[]",
        "{}",
        told(words=None, first=None, last=None),
        told(words="the night of the ball"),  # not in the question
        told(first="2026-10-12", last="2026-10-01"),
        told(first="1926-01-01", last="2026-01-01"),
        told(first="2031-01-01", last="2031-01-02"),
        told(first="0000-00-00", last="99999-01-01"),
        told(words=["the storm"]),
        "x" * 1_000_000,
        EngineError("It is down."),
    ],
)
def test_nonsense_and_failure_are_nothing(nonsense):
    assert expanded(QUESTION, moment=MOMENT, engine=Says(nonsense)) is None


@given(st.dates(), st.dates())
def test_any_days_are_either_sensible_or_nothing(first, last):
    found = expanded(QUESTION, moment=MOMENT, engine=Says(told(first=str(first), last=str(last))))
    assert found is None or (date(1870, 1, 1) < found.start <= found.end < date(2030, 2, 1))


@given(st.text(max_size=300))
def test_any_text_is_nothing(answer):
    assert expanded(QUESTION, moment=MOMENT, engine=Says(answer)) is None


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (QUESTION, True),
        ("What did I cook yesterday?", False),  # the grammar knows
        ("When did I cook?", False),  # asks for a time and names none
        ("What did I cook?", False),
        ("I cooked in the evening.", False),
    ],
)
def test_an_engine_is_asked_only_where_a_time_is_named_that_the_grammar_cannot_read(question, wanted):
    assert is_wanted(question, moment=MOMENT) is wanted


@pytest.mark.django_db
def test_recall_uses_the_days_only_where_the_grammar_has_none(ana):
    remember(ana, LIFE)
    engine = Says(told(first=f"{clock.now().date()}", last=f"{clock.now().date()}"))
    dates = expanded(QUESTION, moment=clock.now(), engine=engine)
    assert ask(ana, QUESTION, dates=dates).dates == dates
    assert ask(ana, QUESTION, dates=dates).candidates[0].scores["said_then"] > 0
    assert ask(ana, QUESTION, dates=None).dates is None
    assert ask(ana, "What did I cook yesterday?", dates=dates).dates.text == "yesterday"
