"""What a question asks for, once its wrapping is off: the normal form."""

import re
from collections.abc import Sequence

from memory import lexicon

POLITENESS = r"(?:(?:hey|hi|so|well|and|but|please|okay|ok),?\s+)*"
ASKING = re.compile(
    rf"^{POLITENESS}(?:(?:can|could|would) you (?:tell me|remind me|remember)|tell me|remind me|do you (?:still )?"
    r"(?:remember|recall|know)|what (?:do|did) (?:you|i) (?:know|remember|say|tell you|mention) about|"
    r"what did i (?:say|tell you|mention)|have i (?:ever )?(?:said|told you|mentioned)|did i (?:ever )?"
    r"(?:say|tell you|mention)|i (?:told|mentioned to) you)\b[\s,:]*(?:about|of|that|if|whether)?\s*",
    re.IGNORECASE,
)
QUESTION_WORD = re.compile(
    rf"^{POLITENESS}(?:(?:in|on|at|for|to|by|from|with|about|of|since|until) )?"
    r"(?:what|which|who|whom|whose|when|where|why|how(?: (?:many|much|long|often|old|far))?)\b"
    r"(?:\s+(?:kind|kinds|sort|type|types|time|day|date|year|month)\b(?:\s+of)?)?\s*",
    re.IGNORECASE,
)
REQUEST = re.compile(
    rf"^{POLITENESS}(?:summari[sz]e|sum up|list|name|describe|explain|recall|compare|show me|give me|"
    r"walk me through)\b",
    re.IGNORECASE,
)
COMPANION_SAID = re.compile(
    r"\b(?:did you|you) (?:tell|told|say|said|suggest(?:ed)?|recommend(?:ed)?|advise[d]?)\b", re.IGNORECASE
)
FIRST_PERSON = re.compile(r"\b(?:i|my|me|mine|we|our)\b", re.IGNORECASE)
AUXILIARY = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|might|may)(?:n't)?\b\s*",
    re.IGNORECASE,
)


CAPTION = re.compile(r"\s*\[[^\]]{0,500}\]\s*$")  # what a picture shows, after the words that came with it
POINTS_BACK = re.compile(
    r"\b(?:s?he|him|his|hers?|its?|they|them|theirs?|this|that|these|those|there|then|one)\b", re.IGNORECASE
)
GOES_ON = re.compile(rf"^{POLITENESS}(?:what|how) about\b", re.IGNORECASE)
SAYS_LITTLE = 2  # stems: a question with fewer may be understood only after what came before it
SAID_BEFORE = 2  # turns that it is read with then
LONGEST = 2_000  # characters of a question that are looked at; what is said in it stands near its beginning or its end


def shortened(text: str) -> str:
    """The beginning and the end of a very long text."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"


def normal_form(question: str, *, person: str = "", companion: str = "") -> str:
    """The question as the one asked about would have said its answer; the question itself where nothing is left.

    “When did Caroline go to the group?” becomes “I go to the group”, whichever of the two Caroline is.
    """
    form = question.strip()
    for pattern in (ASKING, QUESTION_WORD, AUXILIARY):
        form = pattern.sub("", form, count=1)
    form = _spoken_by(asked_about(question, person=person, companion=companion), form, question, person, companion)
    form = form.strip(" \n\t?!.,;:")
    return form or question.strip()


def _spoken_by(who: str | None, form: str, question: str, person: str, companion: str) -> str:
    """The names of the two as pronouns: whoever is asked about is "I", the other "you"."""
    if COMPANION_SAID.search(question) and FIRST_PERSON.search(question):
        return _swapped(form)
    if FIRST_PERSON.search(question):  # whoever says "I" means somebody else by their own name
        return _as_pronoun(form, companion, "you", "your")
    one, other = (companion, person) if who == "companion" else (person, companion)
    return _as_pronoun(_as_pronoun(form, one, "I", "my"), other, "you", "your")


SWAPPED = {"you": "I", "your": "my", "yours": "mine", "i": "you", "me": "you", "my": "your", "mine": "yours"}
PRONOUN = re.compile(rf"\b(?:{'|'.join(SWAPPED)})\b", re.IGNORECASE)


def _swapped(text: str) -> str:
    """What the person says to the companion, as the companion would say it."""
    return PRONOUN.sub(lambda found: SWAPPED[found[0].lower()], text)


def _as_pronoun(text: str, name: str, subject: str, possessive: str) -> str:
    if not name.strip():
        return text
    escaped = re.escape(name.strip())
    text = re.sub(rf"\b{escaped}['’]s\b", possessive, text, flags=re.IGNORECASE)
    return re.sub(rf"\b{escaped}\b", subject, text, flags=re.IGNORECASE)


def asked_about(question: str, *, person: str, companion: str) -> str | None:
    """Whose words are looked for: "person", "companion", or None where the question does not say.

    Of two who are named it is the first: “What did Ana give Ben?” is for Ana to tell.
    """
    if COMPANION_SAID.search(question):
        return "companion"
    if FIRST_PERSON.search(question):
        return "person"
    places = {"person": _place(person, question), "companion": _place(companion, question)}
    named = sorted((place, who) for who, place in places.items() if place is not None)
    return named[0][1] if named else None


def _place(name: str, text: str) -> int | None:
    """Where a name first stands in a text."""
    found = re.search(rf"\b{re.escape(name.strip())}\b", text, re.IGNORECASE) if name.strip() else None
    return found.start() if found else None


def in_context(question: str, form: str, before: Sequence[str]) -> str:
    """A question’s form, after what was said before it where it is not understood alone.

    “And her?” is read after the last turns; “and Tomas?” asks again what was asked last.
    """
    if stands_alone(question, form) or not before:
        return form
    last = [text for text in before if asks(text)][-1:]
    names = lexicon.stems(form) and not POINTS_BACK.search(question)
    return " ".join([*(shortened(text) for text in (names and last) or before[-SAID_BEFORE:]), form])


def stands_alone(question: str, form: str) -> bool:
    """Whether a question tells what it is about: “What’s my rent?” does; “and her?”, “the dog?”, “why?” do not."""
    told = len(set(lexicon.stems(form)))
    if told >= SAYS_LITTLE:
        return True
    after_word = QUESTION_WORD.sub("", question, count=1)
    whole = ASKING.match(question) or AUXILIARY.match(after_word) or re.match("['’]s\\b", after_word)
    return told > 0 and whole is not None and not (POINTS_BACK.search(question) or GOES_ON.match(question))


def ends_in_question(text: str) -> bool:
    """Whether a turn's last words ask something."""
    return CAPTION.sub("", text).rstrip().endswith("?")


def asks(text: str) -> bool:
    """Whether a text asks something."""
    opening = QUESTION_WORD.match(text) or AUXILIARY.match(text) or ASKING.match(text) or REQUEST.match(text)
    return text.rstrip().endswith("?") or opening is not None
