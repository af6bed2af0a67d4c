"""Questions in English."""

import re

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


POINTS_BACK = re.compile(
    r"\b(?:s?he|him|his|hers?|its?|they|them|theirs?|this|that|these|those|there|then|one)\b", re.IGNORECASE
)
GOES_ON = re.compile(rf"^{POLITENESS}(?:what|how) about\b", re.IGNORECASE)
SAYS_LITTLE = 2  # stems: a question with fewer may be understood only after what came before it


def normal_form(question: str, *, person: str, companion: str) -> str:
    """The question without its wrapping, with pronouns for the two; empty where nothing is left."""
    form = question.strip()
    for pattern in (ASKING, QUESTION_WORD, AUXILIARY):
        form = pattern.sub("", form, count=1)
    form = _spoken_by(asked_about(question, person=person, companion=companion), form, question, person, companion)
    return form.strip(" \n\t?!.,;:")


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
    """Whose words are looked for: "person", "companion", or None where the question does not say."""
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


def points_back(question: str) -> bool:
    """Whether a word of it stands for something that was said before."""
    return POINTS_BACK.search(question) is not None


def stands_alone(question: str, form: str) -> bool:
    """Whether it tells what it is about."""
    told = len(set(lexicon.stems(form)))
    if told >= SAYS_LITTLE:
        return True
    after_word = QUESTION_WORD.sub("", question, count=1)
    whole = ASKING.match(question) or AUXILIARY.match(after_word) or re.match("['’]s\\b", after_word)
    return told > 0 and whole is not None and not (points_back(question) or GOES_ON.match(question))


def asks(text: str) -> bool:
    """Whether a text begins as a question or a request does."""
    opening = QUESTION_WORD.match(text) or AUXILIARY.match(text) or ASKING.match(text) or REQUEST.match(text)
    return opening is not None
