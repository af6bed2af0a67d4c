"""Thoughts are left out wherever their marks are cut."""

from hypothesis import given
from hypothesis import strategies as st

from worker.engines.thinking import spoken

texts = st.text(st.characters(exclude_characters="<>"), max_size=20)


@given(texts, texts, texts, st.lists(st.integers(1, 7), min_size=1))
def test_a_thought_is_never_told_and_nothing_else_is_lost(before, thought, after, cuts):
    text = f"{before}<think>{thought}</think>{after}"
    told = "".join(spoken(cut(text, cuts)))
    assert told in {(before + after).lstrip(), before.lstrip() + after} or told.strip() == (before + after).strip()


@given(st.text(max_size=60), st.lists(st.integers(1, 7), min_size=1))
def test_text_without_marks_comes_through_whatever_the_cuts(text, cuts):
    if "<think>" not in text:
        assert "".join(spoken(cut(text, cuts))) == text.lstrip()


def cut(text, sizes):
    place, turn = 0, 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        yield text[place : place + size]
        place, turn = place + size, turn + 1
