"""Words as numbers: stems, term ids, and BM25 as the inner product of two sparse vectors.

The document's vector holds the saturated term frequencies, the question's the inverse document frequencies out of the
person's own lexicon; their inner product is BM25 (Robertson & Zaragoza 2009), so PostgreSQL needs no extension for it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import log
from threading import local

import snowballstemmer
from django.conf import settings
from django.db import connection
from pgvector import SparseVector

from memory.models import Collection, Lexicon

DIMENSIONS = 999_999_937  # a prime below sparsevec's limit of 1,000,000,000
K1 = 1.2  # how soon more of the same word adds nothing
B = 0.5  # how much a long turn is held against it
MEAN_LENGTH = 12.0  # terms in a turn, until a person's own mean is known
MOST_TERMS = 16_000  # sparsevec stores no more non-zero entries

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
FUNCTION_WORDS = frozenset(
    """
    a about after again all also am an and any are aren't as at be because been before being but by can can't
    could couldn't did didn't do does doesn't doing don't down during each few for from further had hadn't has
    hasn't have haven't having he he's her here hers herself him himself his how i i'd i'll i'm i've if in
    into is isn't it it's its itself just let's me more most my myself no nor not now of off on once only or
    other our ours ourselves out over own really s same she she's should shouldn't so some such t than that
    that's the their theirs them themselves then there these they they're this those through to too under
    until up us very was wasn't we we're were weren't what what's when where which while who whom why will
    with won't would wouldn't yeah yes you you'd you'll you're you've your yours yourself yourselves
    """.split()
)

_thread = local()


def stems(text: str) -> list[str]:
    """The words that carry meaning, stemmed, in order; function words are left out."""
    words = (word.replace("’", "'") for word in WORD.findall(text.lower()))
    return [stem(word) for word in words if word not in FUNCTION_WORDS]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Snowball's stem in the configured language, without a possessive's ending."""
    if not hasattr(_thread, "stemmer"):  # a stemmer keeps state while it works
        _thread.stemmer = snowballstemmer.stemmer(settings.STEMMER)
    return str(_thread.stemmer.stemWord(word.removesuffix("'s")))


@lru_cache(maxsize=100_000)
def term_id(stemmed: str) -> int:
    """A stable number for a stem; two stems share one about once in a billion pairs."""
    return int.from_bytes(blake2b(stemmed.encode(), digest_size=8).digest()) % DIMENSIONS


def document_vector(terms: Sequence[str], *, mean_length: float) -> SparseVector:
    """Saturated term frequencies, tf·(k₁+1) / (tf + k₁·(1 − b + b·length/mean))."""
    norm = K1 * (1 - B + B * len(terms) / mean_length)
    frequencies = Counter(terms).most_common(MOST_TERMS)
    return SparseVector({term_id(t): tf * (K1 + 1) / (tf + norm) for t, tf in frequencies}, DIMENSIONS)


def question_vector(person_id: int, terms: Iterable[str]) -> tuple[SparseVector, float]:
    """The idf of each term in this person's turns, and the highest score that any turn could reach with them."""
    wanted = {term_id(term) for term in terms}
    known = dict(Lexicon.objects.of(person_id).filter(term__in=wanted).values_list("term", "frequency"))
    turns = collection(person_id).turns
    idf = {term: log(1 + (turns - known.get(term, 0) + 0.5) / (known.get(term, 0) + 0.5)) for term in wanted}
    return SparseVector(idf, DIMENSIONS), sum(idf.values()) * (K1 + 1)


def collection(person_id: int) -> Collection:
    """What the person's lexicon has counted so far; an empty one where nothing was said yet."""
    return Collection.objects.of(person_id).first() or Collection(owner_id=person_id)


def mean_length(counted: Collection) -> float:
    """Terms in an average turn of this person. It moves slowly, so older keys are not made again for it."""
    return max(counted.length / counted.turns, 1.0) if counted.turns else MEAN_LENGTH


def count(counted: Collection, documents: Sequence[Sequence[str]]) -> None:
    """Add new turns to the person's lexicon. The caller holds the collection's row lock."""
    frequencies = Counter(term_id(t) for terms in documents for t in set(terms))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into memory_lexicon (owner_id, term, frequency)"
            " select %s, * from unnest(%s::int[], %s::int[])"
            " on conflict (owner_id, term) do update set frequency = memory_lexicon.frequency + excluded.frequency",
            [counted.owner_id, list(frequencies), list(frequencies.values())],
        )
    counted.turns += len(documents)
    counted.length += sum(map(len, documents))
    counted.save()
