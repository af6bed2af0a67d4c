"""When two sayings of one person disagree: a table of pairs that do, and a longer one of pairs that don't."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.conflicts import disagree

DISAGREE = [
    ("I live in Lisbon now.", "I live in Porto."),
    ("I’ve moved to Lisbon, and it’s lovely.", "I live in Porto with my sister."),
    ("My sister lives in Braga.", "My sister lives in Faro these days."),
    ("I work at Siemens now.", "I work at Bosch."),
    ("I'm working as a gardener.", "I work as a nurse."),
    ("I'm from Porto.", "I am from Coimbra, actually."),
    ("My boss is Rita.", "My boss is Ana."),
    ("My cat is called Miso.", "My cat is named Tofu."),
    ("My favourite colour is green.", "My favorite colour is blue."),
    ("The kitchen is blue now.", "The kitchen is yellow."),
    ("I have three cats.", "I have two cats."),
    ("My rent is 900 euros.", "My rent is 800 euros."),
    ("I weigh 75 kilos.", "I weigh 80 kilos."),
    ("I don't eat meat anymore.", "I eat meat."),
    ("I stopped smoking!", "I smoke."),
    ("I no longer drink coffee.", "I drink coffee."),
    ("I can't swim.", "I can swim."),
    ("I am not married.", "I'm married."),
    ("I'm not a vegetarian any more.", "I am a vegetarian."),
    ("I hate running.", "I love running."),
    ("I don't like olives.", "I like olives."),
    ("My birthday is in May.", "My birthday is in June."),
    ("The concert is on Saturday.", "The concert is on Friday."),
    ("I don't have a car.", "I have a car."),
]

AGREE = [
    ("I live in Porto.", "I live in Porto now."),
    ("I live in Porto.", "I live in Portugal."),
    ("I live in Porto Alegre.", "I live in Porto."),
    ("I live in Porto.", "My sister lives in Lisbon."),
    ("I live in Lisbon.", "I lived in Porto when I was six."),
    ("I live in Lisbon.", "I used to live in Porto."),
    ("I live in Lisbon.", "I would live in Porto if I could."),
    ("I live in Lisbon.", "Do I live in Porto?"),
    ("I live in Lisbon.", "I want to live in Porto."),
    ("I live in Lisbon.", "We moved to Porto in 1998."),
    ("I went to Porto.", "I went to Lisbon."),
    ("I love Porto.", "I love Lisbon."),
    ("I like tea.", "I like coffee."),
    ("I like tea.", "I don't like coffee."),
    ("I have a dog.", "I have a cat."),
    ("I have two cats.", "I have three dogs."),
    ("I ran 5 km today.", "I ran 10 km today."),
    ("I am tired.", "I am not tired."),
    ("I'm happy.", "I'm sad."),
    ("I know.", "I don't know."),
    ("I have time.", "I don't have time."),
    ("I don't eat meat on Fridays.", "I eat meat."),
    ("I didn't eat breakfast.", "I eat breakfast."),
    ("I smoked.", "I don't smoke."),
    ("She doesn't eat meat.", "I eat meat."),
    ("My sister is a nurse.", "My sister is a mother."),
    ("My mother is German.", "My mother is Catholic."),
    ("I am a nurse.", "I am a mother."),
    ("I speak German.", "I speak French."),
    ("I play the guitar.", "I don't play the piano."),
    ("My brother said I live in Faro.", "I live in Porto."),
    ("My favourite colour is green.", "My favourite band is Madredeus."),
    ("The kitchen is yellow.", "The door is blue."),
    ("I can swim.", "I can't ski."),
    ("I painted the kitchen yellow.", "I painted the kitchen blue."),
    ("Rita starts on Monday.", "Ana starts on Tuesday."),
    ("I'm not sure.", "I'm sure."),
    ("I think I live in Porto.", "I live in Lisbon."),
    ("I don't want to talk about it.", "I want to talk about it."),
    ("It is not easy.", "It is easy."),
    ("I met Ana in Porto.", "I met Ana in Lisbon."),
    ("My boss is nice.", "My boss is Ana."),
    ("I work at the bakery.", "I work at Siemens."),
    ("Ich wohne in Porto.", "Ich wohne in Lissabon."),
]


@pytest.mark.parametrize(("newer", "older"), DISAGREE)
def test_what_disagrees_is_seen_in_either_order(newer, older):
    assert disagree(newer, older, days_apart=3)
    assert disagree(older, newer, days_apart=3)


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_what_can_both_be_true_is_left_alone(one, other):
    assert not disagree(one, other, days_apart=3)
    assert not disagree(other, one, days_apart=3)


def test_the_day_of_an_occasion_disagrees_only_while_it_can_be_the_same_occasion():
    assert disagree("The concert is on Saturday.", "The concert is on Friday.", days_apart=2)
    assert not disagree("The concert is on Saturday.", "The concert is on Friday.", days_apart=40)


def test_an_age_that_has_grown_is_no_contradiction():
    assert not disagree("My son is 6 years old.", "My son is 5 years old.", days_apart=370)
    assert disagree("My son is 9 years old.", "My son is 5 years old.", days_apart=10)


SAYINGS = st.sampled_from(sorted({saying for pair in [*DISAGREE, *AGREE] for saying in pair}))


@given(st.lists(st.one_of(SAYINGS, st.text(max_size=60)), max_size=4), st.lists(SAYINGS, max_size=4))
def test_no_text_breaks_it_and_the_order_never_matters(some, others):
    one, other = " ".join(some), " ".join(others)
    assert disagree(one, other, days_apart=0) == disagree(other, one, days_apart=0)


@pytest.mark.parametrize("piece", ["I live in Porto. ", "my ", "I am ", "my favourite ", "A ", "'m ", "1 "])
def test_a_very_long_text_takes_bounded_time(piece):
    began = time.perf_counter()
    disagree(piece * 20_000, piece * 19_999, days_apart=1)
    assert time.perf_counter() - began < 2
