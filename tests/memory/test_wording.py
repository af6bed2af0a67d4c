"""Words that wait in the database are put into the language of whoever reads them."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from memory.history.keep import CompanionGone
from memory.quota import OverQuota
from memory.wording import Wording, of_stored

PLACES = st.dictionaries(st.sampled_from(["one", "two"]), st.text(), min_size=2)


@given(PLACES, st.text())
def test_a_wording_is_read_as_it_was_stored_whatever_stands_in_its_places(of, inner):
    told = Wording("%(one)s: %(two)s", {**of, "two": Wording("%(inner)s!", {"inner": inner})})
    assert of_stored(told.stored()) == told


@given(st.text())
def test_whatever_text_was_stored_in_so_many_words_can_be_shown(text):
    assert isinstance(str(of_stored(text)), str)


@pytest.mark.parametrize("text", ["It was too old.", "100 % of it", "[1, 2]", '["a"]', "{}", "7", "null", ""])
def test_a_text_of_before_stays_as_it_is(text):
    assert str(of_stored(text)) == text


def test_a_sign_that_is_no_place_is_no_matter():
    assert str(Wording("100 %")) == "100 %"


def test_it_is_translated_where_it_is_shown():
    stored = CompanionGone.why.stored()
    assert "has been deleted" in str(of_stored(stored))
    with translation.override("zh-hans"):
        assert "已被删除" in str(of_stored(stored))


def test_what_is_raised_says_its_wording():
    assert str(OverQuota(Wording("no %(more)s", {"more": "more"}))) == "no more"
