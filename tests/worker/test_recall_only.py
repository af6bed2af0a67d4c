"""Without a language model: the person's own words, quoted and dated, and no pretence."""

from datetime import UTC, datetime

import pytest

from memory.engine import Note, Prompt
from worker.engines.recall_only import RecallOnly, answer

MAY = datetime(2026, 5, 5, 9, tzinfo=UTC)


def note(quote, *, score=0.8, speaker="person", when="Tuesday 5 May, six months ago"):
    return Note(memory=1, turn=1, speaker=speaker, quote=quote, said_at=MAY, when=when, score=score)


def prompt(question, *notes, needs_memory=True, sufficient=True):
    return Prompt(
        messages=[],
        notes=list(notes),
        question=question,
        moment=datetime(2026, 11, 5, tzinfo=UTC),
        person="Clara",
        companion="Rosemary",
        needs_memory=needs_memory,
        sufficient=sufficient,
    )


def test_a_question_about_the_past_is_answered_in_the_persons_own_dated_words():
    told = answer(prompt("What did I promise Ana?", note("I promised Ana a jar of starter.")))
    assert told == "You told me on Tuesday 5 May, six months ago:\n\n> I promised Ana a jar of starter."


def test_what_it_does_not_remember_it_says_and_offers_the_nearest():
    told = answer(prompt("Where is my passport?", note("I lost my keys."), sufficient=False))
    assert told.startswith("I’m not sure that I was told that. The nearest I have:")
    assert "> I lost my keys." in told


def test_with_nothing_near_it_says_so():
    assert "I don’t remember anything about that" in answer(prompt("Where is my passport?"))


def test_a_greeting_is_met_with_the_name_and_the_plain_truth():
    told = answer(prompt("hello", needs_memory=False))
    assert "Hello, Clara." in told
    assert "No language model is connected" in told


def test_a_statement_is_acknowledged_without_pretending_to_understand():
    told = answer(prompt("The dog ate my shoe.", sufficient=False))
    assert "kept" in told.lower() or "remember" in told.lower() or "have it" in told.lower()


def test_the_question_itself_is_never_quoted_back():
    assert ">" not in answer(prompt("Where is my passport?", note("Where is my passport?")))


def test_its_own_earlier_words_are_told_as_its_own():
    assert answer(prompt("What did you say?", note("Try the bakery.", speaker="companion"))).startswith("I said on")


def test_at_most_three_quotes_in_time_order():
    told = answer(prompt("What did I cook?", *(note(f"I cooked dish {n}.") for n in range(6))))
    assert told.count(">") == 3


def test_it_stops_when_asked():
    assert list(RecallOnly().stream(prompt("hello", needs_memory=False), stopped=lambda: True)) == []


@pytest.mark.parametrize("question", ["", "?", "x" * 10_000])
def test_any_question_has_an_answer(question):
    assert answer(prompt(question))
