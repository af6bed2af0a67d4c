"""A question's normal form is what its answer would have sounded like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.question import asked_about, asks, in_context, normal_form


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("When did Caroline go to the support group?", "I go to the support group"),
        ("What is Caroline's favourite book?", "my favourite book"),
        ("What did I say about the lake house?", "the lake house"),
        ("Do you remember the name of my sister's dog?", "the name of my sister's dog"),
        ("How many eggs did I buy?", "eggs did I buy"),
        ("What did I promise Caroline?", "I promise Caroline"),
        ("What did Rosemary recommend?", "I recommend"),
        ("And her?", "And her"),
        ("???", "???"),
    ],
)
def test_wrapping_falls_away_and_names_become_pronouns(question, form):
    assert normal_form(question, person="Caroline", companion="Rosemary") == form


@given(st.text(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_any_text_has_a_normal_form_that_is_not_emptier_than_it(question, person, companion):
    form = normal_form(question, person=person, companion=companion)
    assert bool(form.strip()) == bool(question.strip())


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("Where does Caroline live?", "person"),
        ("What did Rosemary recommend?", "companion"),
        ("What did I cook on my birthday?", "person"),
        ("What was the film you told me about?", "companion"),
        ("Is it cold in Lisbon?", None),
        ("Did Caroline visit Rosemary?", "person"),
    ],
)
def test_whose_words_are_looked_for(question, who):
    assert asked_about(question, person="Caroline", companion="Rosemary") == who


def test_a_question_is_told_from_a_statement():
    assert asks("what time is it")
    assert asks("you like tea?")
    assert not asks("I like tea.")


@pytest.mark.parametrize(
    "question",
    ["How much is my rent?", "What’s my rent?", "Do I smoke?", "Tell me about Tomas", "And where is Tomas?"],
)
def test_a_question_that_tells_what_it_is_about_is_read_alone(question):
    form = normal_form(question, person="Ada", companion="Rosemary")
    assert in_context(question, form, ["The sun is out.", "Go for a walk."]) == form


@pytest.mark.parametrize("question", ["And her?", "Why?", "Which one?", "Where does she live?", "Where was it?"])
def test_a_question_that_points_back_is_read_after_what_came_before(question):
    form = normal_form(question, person="Ada", companion="Rosemary")
    assert in_context(question, form, ["Who rang?", "Ines rang.", "Good."]) == f"Ines rang. Good. {form}"


@pytest.mark.parametrize("question", ["And Tomas?", "The dog?", "What about Tomas?"])
def test_a_question_that_only_names_somebody_asks_again_what_was_asked_last(question):
    form = normal_form(question, person="Ada", companion="Rosemary")
    assert in_context(question, form, ["How is Ines?", "Well.", "Good."]) == f"How is Ines? {form}"
    assert in_context(question, form, ["Ines rang.", "Good."]) == f"Ines rang. Good. {form}"
