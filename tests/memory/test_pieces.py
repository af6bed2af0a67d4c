"""Long turns are cut where the encoder's reading ends, and nothing of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from memory import pieces

TEXTS = st.text(alphabet=st.sampled_from("ab é漢字ー🙂\n.,"), max_size=4000)


@given(TEXTS)
def test_the_pieces_hold_every_character_but_blanks_in_order(text):
    told = "".join(pieces.pieces(text))
    assert "".join(told.split()) == "".join(text.split())


@given(TEXTS)
def test_no_piece_costs_much_more_than_its_room(text):
    for piece in pieces.pieces(text):
        assert pieces.cost(piece) <= max(pieces.ROOM * 1.3, pieces.cost("漢" * pieces.LONGEST_WORD))


def test_a_short_turn_stays_whole():
    assert pieces.pieces("I keep bees.") == ["I keep bees."]


def test_a_pasted_book_is_bounded():
    assert len(pieces.pieces("word " * 1_000_000)) == pieces.MOST_PIECES


@given(TEXTS)
def test_what_stands_beside_a_piece_leaves_room_for_it(text):
    for beside in (pieces.last_words(text), pieces.first_words(text)):
        assert pieces.cost(beside) <= pieces.CONTEXT_ROOM + 1
        assert beside in " ".join(text.split())


def test_of_what_came_before_the_end_is_read_and_of_what_follows_the_beginning():
    text = " ".join(f"word{number}" for number in range(200))
    assert pieces.last_words(text).endswith("word199")
    assert pieces.first_words(text).startswith("word0 ")
