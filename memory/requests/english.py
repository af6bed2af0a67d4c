"""Requests in English. Reminiscence (“remember that time when…”) and idioms (“forget about it”) are none."""

import re

from memory.models import Request
from memory.requests.asked import Asked

MOST_WORDS_OF_TOPIC = 12

POLITE = (
    r"(?:(?:hey|hi|hello|ok(?:ay)?|oh|and|so|well|now)[,!]? )*(?:\w+[,!] )?(?:please,? )?"
    r"(?:(?:can|could|would|will) you (?:please )?|i(?:['’]d| would) like you to |i want you to |"
    r"you (?:can|may|should) )?(?:please )?(?:always )?(?:just )?"
)
REMEMBER = re.compile(
    rf"{POLITE}(?:remember|do(?:n['’]t| not) forget|(?:keep|bear) in mind|(?:make a )?note)(?: this)?"
    r"(?: that |(?: that)?: ?|,? (?=(?:i|i['’](?:m|ve|d|ll)|my|we|our)\b))(?P<what>.+?)\s*",
    re.IGNORECASE | re.DOTALL,
)
REMINISCENCE = re.compile(
    r"(?:one |first |last )?(?:time|day|night|morning|evening|week(?:end)?|month|summer|winter|spring|autumn|fall|"
    r"year|trip|moment|conversation|song|film|movie|book)\b(?! (?:is|was|will))|(?:to|when|how|why|what|who|where)\b",
    re.IGNORECASE,
)
SAID = r"(?:i(?:['’]ve| have)? (?:ever |just |once )?(?:said|told you|mentioned|wrote|shared)(?: to you)?)"
FORGET = re.compile(
    rf"{POLITE}(?:(?:forget|erase|delete|remove)(?: (?:all|everything|anything|whatever))?(?: of)?"
    rf"(?: what| that)?(?: {SAID}| you (?:know|remember))(?: about| of)? |"
    r"(?:forget|erase|delete|remove) (?:all|everything|anything) (?:about|on|of) |forget (?:about|that) )"
    r"(?P<what>.+?)\s*[.!]*\s*(?:,? please)?[.!]*\s*",
    re.IGNORECASE,
)
NO_TOPIC = re.compile(
    r"(?:(?:about |of )?(?:it|that|this|them|him|her|me|us|you|everything|anything|all|stuff|things?|what)\b.{0,12}"
    r"|(?:to|when|how|why|what|who|where|if)\b.*)",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[,;:?!\n“”\"]|[.] |\b(?:let['’]?s|because|but|tell|i['’]m)\b", re.IGNORECASE)
KNOWN = re.compile(
    rf"{POLITE}(?:(?:tell|show) me )?(?:what(?: all)?|everything|all)(?: (?:do|have))?(?: that)? you(?: have)?"
    r"(?: really| actually| already)? (?:know|remember|learn(?:ed|t)|got|have)(?: so far)? (?:about|on|of) me"
    r"(?:,? (?:so far|by now|now|today|already|then|yet|please))*\s*[?.!]*\s*",
    re.IGNORECASE,
)
KEPT = re.compile(  # what the first page offers to ask
    rf"{POLITE}what (?:do|can) you (?:really |actually )?remember(?: so far)?"
    r"(?:,? (?:and )?what (?:do|can) you not(?: remember)?|,? (?:and )?what (?:do|ca)n['’]t you(?: remember)?)?"
    r"\s*[?.!]*\s*",
    re.IGNORECASE,
)


def read(text: str) -> Asked | None:
    """The request that a message is; None where it is none, or may be something else."""
    start = len(text) - len(text.lstrip())
    if KNOWN.fullmatch(text, start) or KEPT.fullmatch(text, start):
        return Asked(Request.Kind.KNOWN)
    if (found := REMEMBER.fullmatch(text, start)) and _is_statement(text, found["what"]):
        return Asked(Request.Kind.REMEMBER, *found.span("what"))
    if (found := FORGET.fullmatch(text, start)) and _is_topic(found["what"]):
        return Asked(Request.Kind.FORGET, *found.span("what"))
    return None


def _is_statement(text: str, what: str) -> bool:
    """Something to remember has at least three words, and is no question nor the beginning of a tale."""
    asks = text.rstrip().endswith("?") and not re.match(
        r"\W*(?:\w+,? )?(?:can|could|would|will) you", text, re.IGNORECASE
    )
    return len(what.split()) >= 3 and not asks and not REMINISCENCE.match(what)


def _is_topic(what: str) -> bool:
    """A few words that name something, and no second sentence."""
    few = len(what.split()) <= MOST_WORDS_OF_TOPIC
    return few and not NO_TOPIC.fullmatch(what) and not CLAUSE.search(what)
