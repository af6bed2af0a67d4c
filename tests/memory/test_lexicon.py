"""BM25 as the inner product of two sparse vectors."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import lexicon
from memory.isolation import acting_as
from memory.lexicon import K1, B, document_vector, question_vector, stems
from memory.models import Collection, Lexicon


def dot(question, document):
    weights = dict(zip(document.indices(), document.values(), strict=True))
    return sum(value * weights.get(i, 0) for i, value in zip(question.indices(), question.values(), strict=True))


def test_function_words_fall_away_and_the_rest_is_stemmed():
    assert stems("I was painting the neighbours’ fences, wasn't I?") == ["paint", "neighbour", "fenc"]


def test_any_script_gives_words():
    assert stems("кошка сидит") == ["кошка", "сидит"]


@given(st.text(max_size=500))
def test_no_text_breaks_it(text):
    vector = document_vector(stems(text), mean_length=10.0)
    assert all(0 <= index < lexicon.DIMENSIONS for index in vector.indices())


@pytest.mark.django_db
def test_the_inner_product_is_bm25_of_the_textbook(ana):
    documents = [stems(text) for text in ("the cat sat on the cat mat", "a dog barked", "cats and dogs and birds")]
    with acting_as(ana.pk):
        counted = Collection.objects.create(owner=ana)
    with_owner(counted, documents)
    mean = lexicon.mean_length(counted)

    with acting_as(ana.pk):
        question, reachable = question_vector(ana.pk, stems("cat dog"))
    for document in documents:
        expected = sum(
            log(1 + (3 - df + 0.5) / (df + 0.5)) * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(document) / mean))
            for df, tf in ((2, document.count("cat")), (2, document.count("dog")))
        )
        assert dot(question, document_vector(document, mean_length=mean)) == pytest.approx(expected, rel=1e-5)
        assert expected <= reachable


def with_owner(counted, documents):

    with acting_as(counted.owner_id):
        lexicon.count(counted, documents)
        assert Lexicon.objects.get(term=lexicon.term_id("cat")).frequency == 2
