"""Requests in plain words are obeyed; what may be something else is left alone."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memory.models import Request
from memory.requests import chinese, read
from tests.memory import asked_in_chinese

REMEMBER = {
    "Remember that my sister Ana moved to Lisbon.": "my sister Ana moved to Lisbon.",
    "please remember: I am allergic to walnuts": "I am allergic to walnuts",
    "Rosemary, don’t forget that the keys are under the pot": "the keys are under the pot",
    "Could you please remember that I work nights?": "I work nights?",
    "Remember, my birthday is on 3 May.": "my birthday is on 3 May.",
    "Hey, keep in mind that we eat no meat.": "we eat no meat.",
    "Note that the boat is called Tern": "the boat is called Tern",
}
FORGET = {
    "Forget what I said about the brooch.": "the brooch",
    "please forget everything I told you about my divorce": "my divorce",
    "Could you forget about the lake house please": "the lake house",
    "Forget everything about Tomas!": "Tomas",
    "erase what I've told you about my job": "my job",
    "Delete everything you know about the trip to Rome": "the trip to Rome",
    "Forget that I live in Porto.": "I live in Porto",
}
KNOWN = [
    "What do you know about me?",
    "what do you know about me so far",
    "Tell me what you remember about me.",
    "What have you learned about me?",
    "Rosemary, what do you actually know about me?",
    "Tell me everything you know about me",
    "What do you remember, and what do you not?",
    "Rosemary, what do you remember?",
    "what do you remember and what don’t you?",
]
NONE = [
    "Do you remember that we met in Rome?",
    "I remember that day well.",
    "Remember that time when we got lost in Rome?",
    "Remember that summer in Porto.",
    "Remember to buy milk.",
    "Remember?",
    "Remember that.",
    "I can’t remember that name.",
    "Remember my sister?",
    "Forget it.",
    "Forget about it!",
    "Forget that.",
    "I forget about the time when I paint.",
    "Forget about dinner, let’s talk of the boat.",
    "Don’t forget about the tea.",
    "Never forget what I said about honesty, because it matters.",
    "Forget everything.",
    "What do you know about Lisbon?",
    "What do you remember of Lisbon?",
    "What do you remember, the sea or the hills?",
    "What do you know about me and Ana?",
    "What does she know about me?",
    "She said: forget what I said about the brooch.",
    "Delete the file",
    "How do I forget what he said about me?",
]


@pytest.mark.parametrize(("text", "what"), (REMEMBER | asked_in_chinese.REMEMBER).items())
def test_what_is_to_be_remembered_is_read_word_for_word(text, what):
    asked = read(text)
    assert asked is not None
    assert (asked.kind, text[asked.start : asked.end]) == (Request.Kind.REMEMBER, what)


@pytest.mark.parametrize(("text", "what"), (FORGET | asked_in_chinese.FORGET).items())
def test_what_is_to_be_forgotten_is_read_word_for_word(text, what):
    asked = read(text)
    assert asked is not None
    assert (asked.kind, text[asked.start : asked.end]) == (Request.Kind.FORGET, what)


@pytest.mark.parametrize("text", KNOWN + asked_in_chinese.KNOWN)
def test_who_asks_what_is_known_of_them_is_understood(text):
    asked = read(text)
    assert asked is not None
    assert asked.kind == Request.Kind.KNOWN


@pytest.mark.parametrize("text", NONE + asked_in_chinese.NONE)
def test_what_may_be_something_else_is_no_request(text):
    assert read(text) is None


WORDS = st.sampled_from(
    [
        "remember",
        "that",
        "forget",
        "what",
        "I",
        "said",
        "about",
        "me",
        "do",
        "you",
        "know",
        ",",
        "?",
        ".",
        "\n",
        "the",
        "it",
    ]
)


@given(st.text() | st.lists(WORDS).map(" ".join) | st.lists(st.sampled_from(asked_in_chinese.PARTS)).map("".join))
@example("Remember that " + "x " * 400)
def test_whatever_is_said_the_reading_ends_and_names_words_that_stand_there(text):
    asked = read(text)
    if asked is not None and asked.kind != Request.Kind.KNOWN:
        assert text[asked.start : asked.end].strip()


@given(st.text("記請幫別說話關於忘掉我你的胸針"))
def test_reading_traditional_characters_moves_nothing(text):
    assert len(text.translate(chinese.SIMPLIFIED)) == len(text)
