"""Without a language model: the person's own words, quoted and dated, and no pretence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.utils.translation import override

from memory.engine import Message, Neighbour, Note, Prompt
from worker.engines.recall_only import RecallOnly, answer

ROUNDS = count(1)
MAY = datetime(2026, 5, 5, 9, tzinfo=UTC)


def note(quote, *, score=0.8, speaker="person", when="Tuesday 5 May, six months ago", memory=None):
    return Note(
        memory=memory or next(ROUNDS), turn=1, speaker=speaker, quote=quote, said_at=MAY, when=when, score=score
    )


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


def test_what_was_told_to_another_companion_is_told_as_that():
    elsewhere = replace(note("I promised Ana a jar of starter."), told_to="Mira")
    assert answer(prompt("What did I promise Ana?", elsewhere)).startswith("You told Mira on Tuesday 5 May")
    theirs = replace(note("A jar for Ana, then.", speaker="companion"), told_to="Mira")
    assert "Mira said on Tuesday 5 May" in answer(prompt("What did I promise Ana?", theirs, sufficient=False))


def test_it_speaks_the_persons_language_around_their_own_words():
    with override("zh-hans"):
        told = answer(prompt("What did I promise Ana?", note("I promised Ana a jar of starter.")))
    assert told == "你告诉过我，5月5日星期二，6 个月前：\n\n> I promised Ana a jar of starter."


def test_what_it_does_not_remember_it_says_and_offers_the_nearest():
    told = answer(prompt("Where is my passport?", note("I lost my keys."), sufficient=False))
    assert told == (
        "I am not sure that I remember that. The nearest I have:\n\n"
        "You told me on Tuesday 5 May, six months ago:\n\n> I lost my keys."
    )


def test_where_the_other_one_said_it_the_nearest_is_told_as_theirs():
    notes = note("I lost my keys.", score=0.4), note("I love the violin.", score=0.8, speaker="companion")
    told = answer(prompt("When did I take up the violin?", *notes, sufficient=False))
    assert told.startswith("I am not sure that I remember that. The nearest I have:\n\nI said on Tuesday 5 May")
    assert told.endswith("> I love the violin.")


def test_where_two_sayings_disagree_the_later_comes_first_with_both_days():
    porto = replace(note("I live in Porto."), turn=1)
    lisbon = replace(note("I live in Lisbon now."), turn=2, said_at=MAY + timedelta(days=30), contradicts=1)
    told = answer(prompt("Where do I live?", porto, lisbon))
    assert told.startswith("You told me later, on Thursday 4 June, five months ago:\n\n> I live in Lisbon now.")
    assert told.endswith("You told me before that, on Tuesday 5 May, six months ago:\n\n> I live in Porto.")


def test_what_was_said_twice_is_told_with_both_days():
    twice = replace(note("I keep bees."), said_before=(MAY - timedelta(days=30),))
    assert "six months ago; the same before, on 5 April 2026:" in answer(prompt("Do I keep bees?", twice))


def test_a_short_answer_is_told_with_the_question_before_it():
    asked = Neighbour(turn=9, speaker="companion", quote="When is the wedding?")
    told = answer(prompt("When is the wedding?", replace(note("In June."), before=asked)))
    assert told.endswith("> In June.\n\nI had asked: “When is the wedding?”")


def test_words_on_several_lines_are_quoted_on_one():
    assert "> Bees.\n" not in answer(prompt("What do I keep?", note("Bees.\nAnd hens.")))
    assert "> Bees. And hens." in answer(prompt("What do I keep?", note("Bees.\nAnd hens.")))


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("You told me:\n\n> I keep bees.", "You told me: I keep bees."),
        ("## Bees\n\n- hives\n- smoke", "Bees hives smoke"),
        ("1. Bees\n2) Hens", "Bees Hens"),
        ("```python\nbees = 3\n```", "bees = 3"),
        ("3 > 2, and 2 - 1 is 1 * 1", "3 > 2, and 2 - 1 is 1 * 1"),
        ("-5 degrees\n#bees", "-5 degrees #bees"),
    ],
)
def test_marks_that_made_lines_of_words_do_not_stand_within_one(said, line):
    assert f"> {line}\n" in answer(prompt("What do I keep?", note(said))) + "\n"


def test_what_the_companion_said_is_told_with_what_it_answered():
    promise = Neighbour(turn=9, speaker="person", quote="I promised him a sign.")
    told = answer(prompt("What did you keep for me?", replace(note("A sign.", speaker="companion"), before=promise)))
    assert told.endswith("> A sign.\n\nYou had said: “I promised him a sign.”")


def test_the_nearest_that_is_a_reply_brings_the_words_that_it_replies_to():
    reply = note("Blue letters for Tomas.", speaker="companion", memory=7)
    promise = replace(note("I promised him a sign.", score=0.05, memory=7), said_at=MAY - timedelta(minutes=1))
    told = answer(prompt("What did I promise?", promise, reply, note("Tomas knocked.", score=0.1), sufficient=False))
    assert told.index("> I promised him a sign.") < told.index("> Blue letters for Tomas.")
    assert "knocked" not in told


def test_a_statement_is_answered_with_what_it_goes_with():
    told = answer(prompt("The dog ate my left shoe.", note("The dog hides every shoe.")))
    assert "It goes with something you told me before." in told
    assert told.endswith("> The dog hides every shoe.")


def test_what_shares_only_a_mood_with_a_statement_is_not_brought_up():
    assert ">" not in answer(prompt("I am a bit sad today.", note("I sat in the rain today.")))


def test_with_nothing_near_it_says_so():
    assert "I don’t remember anything about that" in answer(prompt("Where is my passport?"))


def test_a_greeting_is_met_with_the_name_and_the_plain_truth():
    told = answer(prompt("hello", needs_memory=False))
    assert "Hello, Clara." in told
    assert "No language model is connected" in told


def test_thanks_in_the_middle_of_a_talk_are_not_met_with_another_greeting():
    thanks = replace(
        prompt("thanks!", needs_memory=False),
        messages=[Message(role="assistant", content="It stood behind the garage.")],
    )
    assert answer(thanks).startswith("I am here.")
    assert "Nothing you say now is kept" in answer(replace(thanks, remembered=False))


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
