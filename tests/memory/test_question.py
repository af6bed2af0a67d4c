"""A question's normal form is what its answer would have sounded like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.question import asked_about, asks, normal_form


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
