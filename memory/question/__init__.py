"""What a question asks for, once its wrapping is off: the normal form.

Each language is a file with the same functions; a text is read by the one that most of it is written in.
"""

import re
from collections.abc import Sequence
from typing import Protocol, cast

from memory import lexicon
from memory.question import chinese, english

CAPTION = re.compile(r"\s*\[[^\]]{0,500}\]\s*$")  # what a picture shows, after the words that came with it
HAN = re.compile(rf"[{lexicon.HAN}]")
LATIN = re.compile(r"[A-Za-z]+")
SAID_BEFORE = 2  # turns that it is read with then
LONGEST = 2_000  # characters of a question that are looked at; what is said in it stands near its beginning or its end


class Language(Protocol):
    """What a file of a language holds."""

    def normal_form(self, question: str, *, person: str, companion: str) -> str:
        """As below."""

    def asked_about(self, question: str, *, person: str, companion: str) -> str | None:
        """As below."""

    def stands_alone(self, question: str, form: str) -> bool:
        """As below."""

    def points_back(self, question: str) -> bool:
        """Whether a word of it stands for something that was said before."""

    def asks(self, text: str) -> bool:
        """As below."""


def shortened(text: str) -> str:
    """The beginning and the end of a very long text."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"


def normal_form(question: str, *, person: str = "", companion: str = "") -> str:
    """The question as the one asked about would have said its answer; the question itself where nothing is left.

    “When did Caroline go to the group?” becomes “I go to the group”, whichever of the two Caroline is.
    """
    return _language(question).normal_form(question, person=person, companion=companion) or question.strip()


def asked_about(question: str, *, person: str, companion: str) -> str | None:
    """Whose words are looked for: "person", "companion", or None where the question does not say.

    Of two who are named it is the first: “What did Ana give Ben?” is for Ana to tell.
    """
    return _language(question).asked_about(question, person=person, companion=companion)


def in_context(question: str, form: str, before: Sequence[str]) -> str:
    """A question’s form, after what was said before it where it is not understood alone.

    “And her?” is read after the last turns; “and Tomas?” asks again what was asked last.
    """
    if stands_alone(question, form) or not before:
        return form
    last = [text for text in before if asks(text)][-1:]
    names = lexicon.stems(form) and not _language(question).points_back(question)
    return " ".join([*(shortened(text) for text in (names and last) or before[-SAID_BEFORE:]), form])


def stands_alone(question: str, form: str) -> bool:
    """Whether a question tells what it is about: “What’s my rent?” does; “and her?”, “the dog?”, “why?” do not."""
    return _language(question).stands_alone(question, form)


def ends_in_question(text: str) -> bool:
    """Whether a turn's last words ask something."""
    return CAPTION.sub("", text).rstrip().endswith(("?", "？"))


def asks(text: str) -> bool:
    """Whether a text asks something."""
    return text.rstrip().endswith(("?", "？")) or _language(text).asks(text)


def _language(text: str) -> Language:
    """The one that most of the words of a text are in."""
    beginning = text[:LONGEST]
    spoken = chinese if len(HAN.findall(beginning)) > len(LATIN.findall(beginning)) else english
    return cast(Language, spoken)
