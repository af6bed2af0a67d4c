"""What of a person's turn may be learned from: their own words, that tell what is so, and nothing else.

Never learned from: questions, hearsay, jokes, suppositions, texts of others that were pasted or quoted, and what the
companion is told about how to behave. The signs are English; of other languages only marks are read, and the engine is
told the same rules.
"""

import re
from collections.abc import Iterator

from memory import lexicon
from memory.conflicts import CLAUSE_ENDS
from memory.models import Memory

Spans = Iterator[tuple[int, int]]

SENTENCE = re.compile(r"[^.!?…。！？\n]+(?:[.!?…。！？]+[\"”’)]*)?")
ASKED = re.compile(r"[?？][\"”’)\s]*$|^\s*¿")
INSTRUCTION = re.compile(
    r"\bfrom now on\b|\b(?:always|never|only|please|must|should|don't|do not)\b[^.!?]{0,30}\b(?:answer|reply|respond|"
    r"call me|address me|say|write|speak|talk|act|obey|use|mention|bring (?:it |this |that )?up|ignore|refuse|pretend|"
    r"tell me|remind me)\b|\b(?:ignore|disregard|forget)\b[^.!?]{0,30}\b(?:instructions?|prompts?|rules?|above|"
    r"previous|everything|that|this|it)\b|"
    r"^\W*(?:ignore|disregard|obey|pretend|act as|you are now|you must|you will|your (?:task|job|role|rule) )|"
    r"\bsystem (?:prompt|message)\b|\bdeveloper mode\b",
    re.IGNORECASE,
)
SAYING = (
    r"(?:says?|said|claims?|claimed|thinks?|reckons?|believes?|insists?|insisted|swears|swore|told|tells|wrote|writes|"
    r"heard|suspects?|complains?|mentioned)"
)
HEARSAY = re.compile(
    rf"\b(?!(?:i|we)\b)[^\W\d_]+(?: (?:always|also|just|once|even|still|never|keeps? on))? {SAYING}\b|"
    r"\b(?:i|we)(?:'ve| have)? (?:just )?(?:heard (?:that|from)|read (?:that|in)|was told|were told)\b|"
    r"\b(?:according to|apparently|supposedly|allegedly|rumou?r|they say|word is)\b",
    re.IGNORECASE,
)
JOKE = re.compile(
    r"\b(?:jk|just kidding|kidding|joking|just a joke|lol|lmao|rofl|ha(?:ha)+|yeah right|april fool\w*)\b|"
    r"[😂🤣😜😝🙃]|(?:^|\s)/s\b",
    re.IGNORECASE,
)
SUPPOSED = re.compile(
    r"\b(?:if|unless|imagine|suppose|supposing|hypothetically|what if|i wish|if only|pretend|let's say|in (?:my|the|a) "
    r"(?:novel|story|dream|game|film|movie|book)|dreamed|dreamt|maybe|perhaps|might|"
    r"could have|would(?! (?:like|love) to\b)|as though)\b",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"n[o']t\b|\b(?:not|never|no|none|nobody|nothing|neither|nor|no longer|without|cannot|hardly|stopp?(?:ed|s)?|quit|"
    r"gave up|given up)\b",
    re.IGNORECASE,
)
DENIED_IN_OTHER_WORDS = re.compile(
    r"\b(?:dislikes?|hates?|avoids?|lacks?|refuses?|refused|fail\w*|miss\w*|un\w+|allergic|former|ex-\w+|cancel\w*|"
    r"detests?|can't|ended|left|lost|vegan|vegetarian|teetotal\w*|abstain\w*|dropped)\b",
    re.IGNORECASE,
)
AHEAD = re.compile(
    r"\b(?:will|won't|shall|gonna|going to(?! (?:the|a|an|my|our|school|work|bed|church|therapy)\b)|"
    r"plan(?:s|ned|ning)? (?:to|on)|intends? to|hop(?:e|es|ing) to|wants? to|would like to|about to|looking forward|"
    r"can't wait|tomorrow|tonight|next (?:week|weekend|month|year|spring|summer|autumn|fall|winter|\w+day)|"
    r"is to|are to|due to)\b|'ll\b",
    re.IGNORECASE,
)
PAST_STATE = re.compile(
    r"\b(?:used to|was|were|lived|worked|when i was|as a (?:child|kid|teenager|student)|back (?:in|then))\b",
    re.IGNORECASE,
)

FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
CITED_LINE = re.compile(r"^[ \t]*(?:>|\|).*$", re.MULTILINE)
HANDED_OVER = re.compile(
    r"\b(?:translat\w+|summari[sz]\w*|sum up|proofread\w*|rewrite|rephrase|paraphrase|correct|improve|past(?:e|ed|ing)|"
    r"forwarded|wrote|writes|following)\b[^:\n]{0,80}:(?=\s)|"
    r"\b(?:article|e-?mail|letter|message|post|text|essay|story|document|contract|lyrics|poem|review|transcript|chapter|"
    r"passage|paragraph|draft|cv|resume|log|page|wikipedia)\b[^:\n]{0,80}:(?=\s*\n|.{200})",
    re.IGNORECASE | re.DOTALL,
)
LETTERHEAD = re.compile(
    r"^(?:from|to|subject|sent|date|cc): .+$|^-{2,} ?(?:original|forwarded) message.*$", re.I | re.M
)
SPOKEN = re.compile(r"[“\"„«]([^“”\"„«»]+)[”\"“»]")  # the words of others, or a title
FEWEST_SPOKEN = 3  # words in quote marks that are somebody's saying
DOCUMENT = 1500  # characters of a turn that may be no saying of one's own
FIRST_PERSON = frozenset("i i'm i've i'd i'll me my mine myself we we're we've our us".split())
ENGLISH = frozenset("the of and to a in is that it".split())


def sentences(text: str) -> Spans:
    """Where each sentence begins and ends, without white space around it."""
    for match in SENTENCE.finditer(text):
        if stripped := match[0].strip():
            start = match.start() + match[0].index(stripped)
            yield start, start + len(stripped)


def around(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole sentences that a span has part in."""
    touched = [(first, last) for first, last in sentences(text) if first < end and start < last]
    return (min(start, touched[0][0]), max(end, touched[-1][1])) if touched else (start, end)


def why_not(text: str, start: int, end: int) -> str:
    """Why a span of a turn's text is nothing to learn from, in a word or two; empty where it is."""
    if any(start < last and first < end for first, last in handed_over(text)):
        return "pasted"
    if any(first <= start and end <= last for first, last in _spoken(text)):
        return "quoted"
    first, last = around(text, start, end)
    told = text[first:last].replace("’", "'")
    after = next((text[a:b] for a, b in sentences(text) if a >= last), "")
    signs = {
        "question": ASKED.search(told),
        "instruction": INSTRUCTION.search(told),
        "hearsay": HEARSAY.search(told[: end - first]),
        "joke": JOKE.search(told)
        or JOKE.search(text[last : last + 8])
        or (JOKE.search(after) and len(after) < DOCUMENT),
        "supposed": SUPPOSED.search(told[: end - first]),
    }
    return next((name for name, sign in signs.items() if sign), "")


def handed_over(text: str) -> Spans:
    """Stretches that are somebody else's: in fences, cited line by line, after “this e-mail:”, or a whole document."""
    for pattern in (FENCED, CITED_LINE):
        yield from (match.span() for match in pattern.finditer(text))
    if match := HANDED_OVER.search(text) or LETTERHEAD.search(text):
        yield match.end() if match.re is HANDED_OVER else match.start(), len(text)
    if len(text) >= DOCUMENT and _is_document(text):
        yield 0, len(text)


def _is_document(text: str) -> bool:
    """English, and of the person as good as nothing in it."""
    words = [word.lower() for word in lexicon.WORD.findall(text.replace("’", "'"))]
    english, own = (sum(word in among for word in words) for among in (ENGLISH, FIRST_PERSON))
    return english > len(words) / 20 and own < len(words) / 100


def _spoken(text: str) -> Spans:
    for match in SPOKEN.finditer(text):
        if len(match[1].split()) >= FEWEST_SPOKEN:
            yield match.span()


def misread(fact: str, text: str, start: int, end: int) -> str:
    """How a fact says otherwise than its quote, in a word or two: a denial lost or made up, a plan told as done."""
    told = text[_clause_start(text, start, end) : end].replace("’", "'")
    fact = fact.replace("’", "'")
    if DENIED.search(told) and not (DENIED.search(fact) or DENIED_IN_OTHER_WORDS.search(fact)):
        return "denial"
    if DENIED.search(fact) and not (DENIED.search(told) or DENIED_IN_OTHER_WORDS.search(told)):
        return "no denial"
    if (
        AHEAD.search(told)
        and not AHEAD.search(fact)
        and not re.search(r"\bplan|\bhop|\bwant|\bintend|\bis going", fact)
    ):
        return "plan"
    return ""


def kind_told(kind: str, text: str, start: int, end: int) -> str:
    """What sort of thing the words tell: a plan is never a state or an event, and what used to be so is an event."""
    told = text[_clause_start(text, start, end) : end].replace("’", "'")
    if kind in (Memory.Told.STATE, Memory.Told.EVENT) and AHEAD.search(told):
        return Memory.Told.PLAN
    if kind == Memory.Told.STATE and PAST_STATE.search(told):
        return Memory.Told.EVENT
    return kind


def _clause_start(text: str, start: int, end: int) -> int:
    """Where the clause of a span begins: what a “not” before it belongs to."""
    first, _ = around(text, start, end)
    ends = [match.end() for match in CLAUSE_ENDS.finditer(text, first, start)]
    return ends[-1] if ends else first
