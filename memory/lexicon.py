"""Words as numbers: stems, term ids, and BM25 as the inner product of two sparse vectors.

The document's vector holds the saturated term frequencies, the question's the inverse document frequencies out of the
person's own lexicon; their inner product is BM25 (Robertson & Zaragoza 2009), so PostgreSQL needs no extension for it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from hashlib import blake2b
from math import log
from threading import local
from typing import Any

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
MOST_IN_INDEX = 240  # terms: an entry of PostgreSQL's index holds 2,704 bytes, and a term takes 8

LONGEST_WORD = 64  # characters of a word that are looked at: longer ones are addresses and blobs, not words

# Marks that belong to the letter before them: accents that have no composed form, vowel signs of Indic scripts.
MARKS = "".join(chr(c) for c in range(0x300, 0x1B00) if unicodedata.category(chr(c)).startswith("M"))
WORD = re.compile(rf"(?:[^\W_][{MARKS}]*)+(?:['’][^\W_]+)*")

# Scripts that put no blanks between their words (Hangul puts them, but glues its particles on).
HAN = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
KANA = r"\u3040-\u30ff\u31f0-\u31ff"
HANGUL = r"\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
SOUTH_EAST = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
RUNS = re.compile(rf"([{HAN}{KANA}{HANGUL}{SOUTH_EAST}]+)")
SINGLE_HAN = re.compile(rf"[{HAN}]")
FUNCTION_CHARACTERS = frozenset(
    "的了是我你您他她它们們在有和就不也都很这這那个個吗嗎呢吧啊着著过過把被给給得地之与與及而"
)

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

FUNCTION_WORDS_OF = {"english": FUNCTION_WORDS, "porter": FUNCTION_WORDS}  # others: a low idf says the same

_thread = local()


def stems(text: str) -> list[str]:
    """The words that carry meaning, stemmed, in order; function words are left out.

    Case and width are folded. A run of Chinese, Japanese, Korean, Thai, Lao, Khmer or Burmese gives its bigrams:
    overlapping pairs need no dictionary that must be loaded and kept, know every new name, and find about as well as
    words do (Nie et al. 2000, “On the use of words and n-grams for Chinese information retrieval”); single Han
    characters stand beside them, for many are words. A script that the stemmer does not know passes as it is.
    """
    language = settings.STEMMER
    left_out = FUNCTION_WORDS_OF.get(language, frozenset())
    return [_stem(word, language) for word in words(text) if word not in left_out]


def words(text: str) -> Iterator[str]:
    """The words of a text, folded; of scripts without blanks the pairs that stand for them."""
    for match in WORD.finditer(folded(text)):
        word = match[0]
        if word.isascii():
            yield word[:LONGEST_WORD]
        else:
            yield from _parts(word.replace("’", "'"))


def folded(text: str) -> str:
    """In small letters, full-width and other compatible forms as the plain ones (NFKC)."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _parts(word: str) -> Iterator[str]:
    """A word that may hold a run of a script without blanks, as its pieces."""
    for place, part in enumerate(RUNS.split(word)):
        if part and place % 2:
            yield from _pairs(part)
        elif part := part.strip("'"):
            yield part[:LONGEST_WORD]


def _pairs(run: str) -> Iterator[str]:
    """Overlapping pairs, and each Han character alone; what only holds a sentence together is left out."""
    if len(run) == 1:
        yield run
        return
    for place, character in enumerate(run):
        pair = run[place : place + 2]
        if SINGLE_HAN.match(character) and character not in FUNCTION_CHARACTERS:
            yield character
        if len(pair) == 2 and not FUNCTION_CHARACTERS.issuperset(pair):
            yield pair


def stem(word: str) -> str:
    """Snowball's stem in the configured language, without a possessive's ending."""
    return _stem(word, settings.STEMMER)


@lru_cache(maxsize=100_000)
def _stem(word: str, language: str) -> str:
    stemmers: dict[str, Any] = _thread.__dict__  # a stemmer keeps state while it works
    if language not in stemmers:
        stemmers[language] = snowballstemmer.stemmer(language)
    return str(stemmers[language].stemWord(word.removesuffix("'s")))


@lru_cache(maxsize=100_000)
def term_id(stemmed: str) -> int:
    """A stable number for a stem; two stems share one about once in a billion pairs."""
    return int.from_bytes(blake2b(stemmed.encode(), digest_size=8).digest()) % DIMENSIONS


def document_vector(terms: Sequence[str], *, mean_length: float, most: int = MOST_TERMS) -> SparseVector:
    """Saturated term frequencies, tf·(k₁+1) / (tf + k₁·(1 − b + b·length/mean)), of the `most` frequent terms.

    Of terms that are as frequent, those that come first stay.
    """
    norm = K1 * (1 - B + B * len(terms) / mean_length)
    frequencies = Counter(terms).most_common(most)
    return SparseVector({term_id(t): tf * (K1 + 1) / (tf + norm) for t, tf in frequencies}, DIMENSIONS)


def inverse_frequencies(person_id: int, terms: Iterable[str]) -> dict[int, float]:
    """The idf of each term in this person's turns, by term id: a question's half of BM25."""
    wanted = {term_id(term) for term in terms}
    with connection.cursor() as cursor:  # every message asks for it
        cursor.execute(
            "select null, turns from memory_collection where owner_id = %s union all"
            " select term, frequency from memory_lexicon where owner_id = %s and term = any(%s)",
            [person_id, person_id, list(wanted)],
        )
        known = dict(cursor.fetchall())
    turns = known.pop(None, 0)
    return {term: log(1 + (turns - known.get(term, 0) + 0.5) / (known.get(term, 0) + 0.5)) for term in wanted}


def collection(person_id: int) -> Collection:
    """What the person's lexicon has counted so far; an empty one where nothing was said yet."""
    return Collection.objects.of(person_id).first() or Collection(owner_id=person_id)


def locked(person_id: int) -> Collection:
    """The same, made where there is none, its row locked: who holds it alone writes turns' keys and counts words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into memory_collection (owner_id, turns, length) values (%s, 0, 0) on conflict do nothing;"
            " select id, turns, length from memory_collection where owner_id = %s for update",
            [person_id, person_id],
        )
        cursor.nextset()
        pk, turns, length = cursor.fetchone()
    return Collection(pk=pk, owner_id=person_id, turns=turns, length=length)


def mean_length(counted: Collection) -> float:
    """Terms in an average turn of this person. It moves slowly, so older keys are not made again for it."""
    return max(counted.length / counted.turns, 1.0) if counted.turns else MEAN_LENGTH


def count(counted: Collection, documents: Sequence[Sequence[str]]) -> None:
    """Add new turns to the person's lexicon. The caller holds the collection's row lock."""
    frequencies = Counter(term_id(t) for terms in documents for t in set(terms))
    counted.turns += len(documents)
    counted.length += sum(map(len, documents))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into memory_lexicon (owner_id, term, frequency)"
            " select %s, * from unnest(%s::int[], %s::int[])"
            " on conflict (owner_id, term) do update set frequency = memory_lexicon.frequency + excluded.frequency;"
            " update memory_collection set turns = %s, length = %s where id = %s",
            [
                *(counted.owner_id, list(frequencies), list(frequencies.values())),
                *(counted.turns, counted.length, counted.pk),
            ],
        )


def discount(counted: Collection, documents: Sequence[tuple[Set[int], int]]) -> None:
    """Take turns out of the person's lexicon again: of each the ids of its terms, and its length in terms.

    What occurs in no other turn leaves no row. The caller holds the collection's row lock.
    """
    frequencies = Counter(term for terms, _ in documents for term in terms)
    with connection.cursor() as cursor:
        cursor.execute(
            "update memory_lexicon set frequency = frequency - gone.count"
            " from unnest(%s::int[], %s::int[]) as gone(term, count)"
            " where owner_id = %s and memory_lexicon.term = gone.term",
            [list(frequencies), list(frequencies.values()), counted.owner_id],
        )
    Lexicon.objects.of(counted.owner_id).filter(frequency__lte=0).delete()
    counted.turns = max(counted.turns - len(documents), 0)
    counted.length = max(counted.length - sum(length for _, length in documents), 0)
    counted.save()
