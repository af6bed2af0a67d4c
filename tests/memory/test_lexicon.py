"""BM25 as the inner product of two sparse vectors."""

import time
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import clock, encoder, indexing, lexicon
from memory.isolation import acting_as
from memory.lexicon import K1, B, document_vector, inverse_frequencies, stems
from memory.models import Collection, Lexicon, Turn
from memory.recall import recall
from tests.memory.test_dialogue import companion_of, say


def dot(idf, document):
    weights = dict(zip(document.indices(), document.values(), strict=True))
    return sum(value * weights.get(term, 0) for term, value in idf.items())


def test_function_words_fall_away_and_the_rest_is_stemmed():
    assert stems("I was painting the neighbours’ fences, wasn't I?") == ["paint", "neighbour", "fenc"]


def test_any_script_gives_words():
    assert stems("кошка сидит") == ["кошка", "сидит"]


@given(st.text(max_size=500))
def test_no_text_breaks_it(text):
    vector = document_vector(stems(text), mean_length=10.0)
    assert all(0 <= index < lexicon.DIMENSIONS for index in vector.indices())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("小猫在公园", ["小", "小猫", "猫", "猫在", "在公", "公", "公园", "园"]),
        ("猫", ["猫"]),
        ("我的", []),
        ("猫が好き", ["猫", "猫が", "が好", "好", "好き"]),
        ("고양이", ["고양", "양이"]),
        ("我喜欢Python编程", ["我喜", "喜", "喜欢", "欢", "python", "编", "编程", "程"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
    ],
)
def test_scripts_without_blanks_give_pairs_and_signs_stay_with_their_letters(text, expected):
    assert stems(text) == expected


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
def test_full_width_and_capital_letters_are_the_plain_ones(text):
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert stems(wide) == stems(text) == stems(text.upper().lower())


def test_sharp_s_ligatures_and_accents_however_they_are_written_are_one_word():
    assert stems("STRASSE") == stems("Straße")
    assert stems("ﬁne") == stems("fine")
    assert stems("cafe\u0301") == stems("café")


def test_the_stemmer_and_its_function_words_go_by_the_setting(settings):
    settings.STEMMER = "german"
    assert stems("Katze")[0] == stems("Katzen")[0]
    assert stems("the") == ["the"]  # English function words mean nothing there
    settings.STEMMER = "english"
    assert stems("the cats") == ["cat"]
    assert stems("кошка 고양이") == ["кошка", "고양", "양이"]


@pytest.mark.parametrize("piece", ["x", "漢字", "a ", "é", "a'", "ひ", "ạ̈", "'a漢"])
def test_a_hundred_thousand_characters_take_bounded_time(piece):
    began = time.perf_counter()
    document_vector(stems(piece * (100_000 // len(piece))), mean_length=12)
    assert time.perf_counter() - began < 5  # a tenth of it on an idle core


MIXED = {
    "The ferry to the island leaves at eight.": "ferry island",
    "我的小猫昨天在公园里走丢了。": "公园",
    "我每天早上喝绿茶。": "绿茶",
    "Meine Schwester züchtet Bienen im Garten.": "BIENEN",
    "祖母の誕生日は六月です。": "誕生日",
    "할머니가 김치를 만드셨어요.": "김치",
    "Бабушка печёт пироги по субботам.": "пироги",
}


@pytest.mark.django_db
def test_in_a_history_of_many_languages_each_turn_is_found_by_its_own_words(ana):
    turns = [say(ana, text).turn for text in MIXED]
    indexing.index_turns(person_id=ana.pk, turn_ids=[turn.pk for turn in turns], encoder=encoder.current())
    companion = companion_of(ana)
    for text, word in MIXED.items():
        with acting_as(ana.pk):
            found = recall(
                companion=companion, person="Ana", question=word, moment=clock.now(), encoder=encoder.current()
            )
            best = max(found.candidates, key=lambda candidate: candidate.scores["lexical"])
            assert best.scores["lexical"] > 0
            assert Turn.objects.get(pk=best.turn_id).text == text


@pytest.mark.django_db
def test_the_inner_product_is_bm25_of_the_textbook(ana):
    documents = [stems(text) for text in ("the cat sat on the cat mat", "a dog barked", "cats and dogs and birds")]
    with acting_as(ana.pk):
        counted = Collection.objects.create(owner=ana)
    with_owner(counted, documents)
    mean = lexicon.mean_length(counted)

    with acting_as(ana.pk):
        idf = inverse_frequencies(ana.pk, stems("cat dog"))
    for document in documents:
        expected = sum(
            log(1 + (3 - df + 0.5) / (df + 0.5)) * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(document) / mean))
            for df, tf in ((2, document.count("cat")), (2, document.count("dog")))
        )
        assert dot(idf, document_vector(document, mean_length=mean)) == pytest.approx(expected, rel=1e-5)
        assert expected <= sum(idf.values()) * (K1 + 1)


def with_owner(counted, documents):

    with acting_as(counted.owner_id):
        lexicon.count(counted, documents)
        assert Lexicon.objects.get(term=lexicon.term_id("cat")).frequency == 2
