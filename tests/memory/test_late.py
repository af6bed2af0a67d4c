"""Late interaction on signs: each token of the question finds its nearest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import late

DIMENSIONS = st.sampled_from([8, 12, 300, 384])


def unit(dice, rows, dimension):
    vectors = dice.normal(size=(rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(DIMENSIONS, st.integers(1, 6), st.integers(0, 99))
def test_it_is_the_mean_of_the_best_product_with_a_vector_of_signs(dimension, tokens, seed):
    dice = np.random.default_rng(seed)
    question, text = unit(dice, 3, dimension), unit(dice, tokens, dimension)
    signs = np.where(text > 0, 1, -1) / np.sqrt(dimension)
    expected = (question @ signs.T).max(axis=1).mean()
    assert late.max_sim(question, [late.signs(text)])[0] == pytest.approx(expected, abs=1e-4)


def test_a_text_that_holds_the_questions_own_tokens_comes_first():
    dice = np.random.default_rng(0)
    question, other = unit(dice, 4, 384), unit(dice, 30, 384)
    same, none = late.signs(np.concatenate([other, question])), late.signs(other)
    best, worst = late.max_sim(question, [same, none])
    assert best > worst


def test_a_text_without_tokens_is_not_judged():
    question = unit(np.random.default_rng(0), 2, 16)
    assert np.isnan(late.max_sim(question, [None, b""])).all()
    assert np.isnan(late.max_sim(question[:0], [late.signs(question)])).all()
