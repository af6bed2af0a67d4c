"""What a question asks for, once its wrapping is off: the normal form (RECALL.md's largest single gain)."""

import re

POLITENESS = r"(?:(?:hey|hi|so|well|and|but|please|okay|ok),?\s+)*"
ASKING = re.compile(
    rf"^{POLITENESS}(?:(?:can|could|would) you (?:tell me|remind me|remember)|tell me|remind me|do you (?:still )?"
    r"(?:remember|recall|know)|what (?:do|did) (?:you|i) (?:know|remember|say|tell you|mention) about|"
    r"what did i (?:say|tell you|mention)|have i (?:ever )?(?:said|told you|mentioned)|did i (?:ever )?"
    r"(?:say|tell you|mention)|i (?:told|mentioned to) you)\b[\s,:]*(?:about|of|that|if|whether)?\s*",
    re.IGNORECASE,
)
QUESTION_WORD = re.compile(
    rf"^{POLITENESS}(?:what|which|who|whom|whose|when|where|why|how(?: (?:many|much|long|often|old|far))?)\b"
    r"(?:\s+(?:kind|kinds|sort|type|types|time|day|date|year|month)\b(?:\s+of)?)?\s*",
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


def normal_form(question: str, *, person: str = "", companion: str = "") -> str:
    """The question as the person would have said its answer; the question itself where nothing is left.

    “When did Caroline go to the group?”, asked in Caroline's memory, becomes “I go to the group”.
    """
    form = question.strip()
    for pattern in (ASKING, QUESTION_WORD, AUXILIARY):
        form = pattern.sub("", form, count=1)
    if FIRST_PERSON.search(question) is None:  # whoever says "I" means somebody else by the name
        form = _as_pronoun(form, person, "I", "my")
    form = _as_pronoun(form, companion, "you", "your")
    form = form.strip(" \n\t?!.,;:")
    return form or question.strip()


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
    names = {"person": person, "companion": companion}
    named = [who for who, name in names.items() if name and re.search(rf"\b{re.escape(name)}\b", question, re.I)]
    return named[0] if len(named) == 1 else None


def asks(text: str) -> bool:
    """Whether a text asks something."""
    opening = QUESTION_WORD.match(text) or AUXILIARY.match(text) or ASKING.match(text)
    return text.rstrip().endswith("?") or opening is not None
