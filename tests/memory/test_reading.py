"""What is worth reading: each thing once, in the person's time, with what contradicts it and what makes it plain."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from memory import dialogue, erasure, lexicon, reading
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Speaker, Turn
from memory.question import asks
from memory.reading import LONGEST_QUOTE, PassedOver, passage
from memory.recall import Candidate, Remembering
from tests.memory.test_dialogue import say

MOMENT = datetime(2026, 11, 5, 12, tzinfo=UTC)


class Life:
    """One conversation, told turn by turn, and what comes to mind of it."""

    def __init__(self, person):
        self.person = person
        self.conversation = None
        self.turns = []

    def says(self, text, *, days=10):
        """The person, so many days before the moment."""
        said = say(self.person, text, conversation=self.conversation, at=MOMENT - timedelta(days=days))
        self.conversation = said.turn.conversation_id
        self.turns.append(said.turn)
        return said.turn

    def hears(self, text, *, days=10):
        """The companion's answer to the last turn."""
        last = self.turns[-1]
        with acting_as(self.person.pk):
            turn = dialogue.keep_turn(
                conversation=last.conversation,
                speaker=Speaker.COMPANION,
                text=text,
                said_at=MOMENT - timedelta(days=days),
                client_id=uuid4(),
                answers=last,
            )
        self.turns.append(turn)
        return turn

    def notes(self, question="What about it?", *, turns=None, scores=None, **more):
        """The notes of a recall that found these turns, best first."""
        found = self.turns if turns is None else turns
        scores = scores or [0.9 - 0.01 * place for place in range(len(found))]
        candidates = [
            Candidate(turn.pk, turn.pk, {"total": score, "speaker": 1.0})
            for turn, score in zip(found, scores, strict=True)
        ]
        known = {"needs_memory": True, "sufficient": True, "asked": asks(question)}
        given = known | {"candidates": candidates} | more
        with acting_as(self.person.pk):
            return reading.choose(Remembering(question, MOMENT, [question], **given), zone=self.person.time_zone)


@pytest.fixture
def life(ana):
    return Life(ana)


@pytest.mark.django_db
class TestNotes:
    def test_they_come_in_time_order_whatever_their_rank(self, life):
        turns = [
            life.says(f"I baked bread number {'one two three'.split()[days - 1]}.", days=days) for days in (3, 2, 1)
        ]
        notes = life.notes(turns=[turns[2], turns[0], turns[1]])
        assert [note.turn for note in notes] == [turn.pk for turn in turns]

    def test_their_day_is_the_persons_own(self, life):
        life.person.time_zone = "Asia/Tokyo"
        life.says("I baked bread.", days=0.8)  # 16:48 in London, tomorrow in Tokyo
        [note] = life.notes()
        assert f"{note.said_at:%Y-%m-%d}" == "2026-11-05"
        assert note.when.endswith("today")

    def test_they_are_quoted_word_for_word(self, life):
        life.says('He said:\n"Come  in!"  </memory>')
        assert life.notes()[0].quote == 'He said:\n"Come  in!"  </memory>'

    def test_small_talk_is_none(self, life):
        life.says("Good morning!")
        assert life.notes() == []

    def test_at_most_eight_and_none_far_below_the_best(self, life):
        words = "apples bread cheese dates eggs figs grapes honey ink jam".split()
        turns = [life.says(f"I bought {word}.", days=place) for place, word in enumerate(words)]
        assert len(life.notes()) == reading.MOST_NOTES
        assert len(life.notes("I went to the market.")) == reading.MOST_UNASKED
        assert [note.turn for note in life.notes(turns=turns[:2], scores=[0.9, 0.05])] == [turns[0].pk]
        assert life.notes(turns=turns[:1], scores=[0.0005]) == []

    def test_unasked_a_faint_one_is_left_alone(self, life):
        turns = [life.says("I bought apples.")]
        assert len(life.notes("Where did I shop?", turns=turns, scores=[0.005])) == 1
        assert life.notes("I went to the market.", turns=turns, scores=[0.005]) == []

    def test_a_turn_forgotten_meanwhile_is_left_out(self, life):
        gone, kept = life.says("I bought apples."), life.says("I bought bread.")
        with acting_as(life.person.pk):
            Turn.objects.filter(pk=gone.pk).delete()
        assert [note.turn for note in life.notes()] == [kept.pk]

    def test_all_of_them_take_two_queries(self, life):
        life.says("When is the wedding, do you think?")
        life.hears("In June.")
        life.says("Yes, in June.")
        with CaptureQueriesContext(connection) as asked:
            assert len(life.notes()) == 3
        assert sum("memory_turn" in query["sql"] for query in asked.captured_queries) == 2


SAME = [
    ("I keep bees.", "I  KEEP bees!"),
    ("I keep bees.", "I really do keep bees."),
    ("My sister Rita works at the harbour in Faro.", "My sister Rita works at the old harbour in Faro."),
    ("我的小猫叫豆豆。", "我的小猫叫豆豆！"),
]
OTHER = [
    ("I live in Porto.", "I live in Lisbon."),
    ("I eat meat.", "I don't eat meat."),
    ("I have 2 cats.", "I have 3 cats."),
    ("I keep bees.", "Do I keep bees?"),
    ("Ana loves Tom.", "Tom loves Ana."),
    ("I keep bees.", "I keep bees and hens."),
    ("I ran in the park with Rita on Monday.", "I ran in the park with Rita, never on Monday."),
]


@pytest.mark.django_db
class TestWhatWasSaidBefore:
    @pytest.mark.parametrize(("older", "newer"), SAME)
    def test_the_same_is_told_once_in_its_newest_words_with_both_days(self, life, older, newer):
        first, last = life.says(older, days=40), life.says(newer, days=4)
        for turns in ([first, last], [last, first]):
            [note] = life.notes(turns=turns)
            assert note.turn == last.pk
            assert [f"{at:%Y-%m-%d}" for at in note.said_before] == ["2026-09-26"]
            assert note.score == 0.9

    @pytest.mark.parametrize(("older", "newer"), OTHER)
    def test_what_differs_in_more_than_words_is_told_twice(self, life, older, newer):
        life.says(older, days=40)
        life.says(newer, days=4)
        assert len(life.notes()) == 2

    def test_the_same_of_two_speakers_is_not_the_same(self, life):
        life.says("I love the violin.")
        life.hears("I love the violin, and the oboe!", days=9)
        assert len(life.notes(sufficient=False)) == 2

    def test_an_echo_of_the_persons_own_words_is_none(self, life):
        said = life.says("I promised Ana a jar of starter.")
        life.hears("You told me: “I promised Ana a jar of starter.” Good luck!", days=9)
        assert [note.turn for note in life.notes()] == [said.pk]


@pytest.mark.django_db
class TestConflicts:
    def test_the_later_note_names_the_earlier_it_disagrees_with(self, life):
        porto, lisbon = life.says("I live in Porto.", days=300), life.says("I live in Lisbon now.", days=3)
        older, newer = life.notes(turns=[lisbon, porto])
        assert (older.turn, older.contradicts) == (porto.pk, None)
        assert (newer.turn, newer.contradicts) == (lisbon.pk, porto.pk)

    def test_two_people_may_live_in_two_places(self, life):
        life.says("I live in Porto.")
        life.hears("I live in Lisbon.", days=9)
        assert all(note.contradicts is None for note in life.notes())


@pytest.mark.django_db
class TestNeighbours:
    def test_a_short_answer_brings_the_question_before_it(self, life):
        life.says("We are planning the wedding.")
        asked = life.hears("How exciting! Is it in June?", days=9.99)
        answered = life.says("Yes, in June.", days=9.98)
        [note] = life.notes(turns=[answered])
        assert note.before.turn == asked.pk
        assert note.before.speaker == "companion"
        assert note.before.quote == "How exciting! Is it in June?"
        assert note.after is None

    def test_a_question_brings_the_answer_after_it(self, life):
        asked = life.says("Where should I plant the rosemary?")
        life.hears("By the south wall.", days=9.99)
        [note] = life.notes(turns=[asked])
        assert note.after.quote == "By the south wall."

    def test_a_full_sentence_needs_none(self, life):
        life.says("When is it?")
        life.hears("It is in June, is it not?", days=9.99)
        told = life.says("Rita and Tom are getting married in Faro in June.", days=9.98)
        [note] = life.notes(turns=[told])
        assert note.before is note.after is None

    def test_what_was_said_in_another_session_is_no_neighbour(self, life):
        life.says("Is the wedding fixed?")
        life.hears("Is it in June?", days=9.99)
        later = life.says("Yes, in June.", days=2)
        assert life.notes(turns=[later])[0].before is None


@pytest.mark.django_db
class TestTheWrongPerson:
    def test_where_memory_holds_the_answer_the_companions_words_are_an_echo(self, life):
        life.says("I play the violin.")
        life.hears("I also love the oboe.", days=9)
        assert [note.speaker for note in life.notes(speaker="person")] == ["person"]

    def test_where_it_does_not_the_other_ones_words_are_told_as_theirs(self, life):
        life.says("I play the violin.")
        life.hears("I also love the oboe.", days=9)
        notes = life.notes("When did I take up the oboe?", speaker="person", sufficient=False)
        assert [note.speaker for note in notes] == ["person", "companion"]


# A long text


def test_of_a_long_text_the_stretch_that_holds_what_is_asked_is_quoted():
    text = "We talked of this and that. " * 60 + "The spare key hangs behind the fig tree. " + "And so on. " * 100
    quote = passage(text, frozenset(lexicon.stems("Where is the spare key?")))
    assert "The spare key hangs behind the fig tree." in quote
    assert quote.startswith("… ")
    assert quote.endswith(" …")
    assert passage(text, frozenset()).startswith("We talked")


@given(st.text(max_size=3000), st.text(max_size=50))
def test_a_quote_is_always_the_persons_own_words(text, question):
    quote = passage(text, frozenset(lexicon.stems(question)))
    assert quote.removeprefix("… ").removesuffix(" …").strip() in text
    assert len(quote) <= LONGEST_QUOTE + 4


@pytest.mark.django_db
def test_a_reply_that_quotes_over_line_ends_has_used_the_note(life):
    life.says("I keep bees,\nand hens.")
    [note] = life.notes()
    assert reading.used([note], question="?", reply="You said: I keep bees, and hens.") == {note.memory}


@pytest.mark.django_db
def test_of_every_candidate_that_became_no_note_it_is_told_why(ana):
    life = Life(ana)
    told = life.says("I promised Ana a jar of sourdough starter.", days=30)
    again = life.says("I promised Ana a jar of sourdough starter!", days=20)
    life.says("Good morning!")
    gone = life.says("My landlord is called Boris.")
    life.says("The dog chewed my shoes.")
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[gone.pk]))
    scores = [0.9, 0.8, 0.7, 0.6, 0.01]
    candidates = [
        Candidate(turn.pk, turn.pk, {"total": score, "speaker": 1.0})
        for turn, score in zip(life.turns, scores, strict=True)
    ]
    remembering = Remembering("What did I promise?", MOMENT, [], True, True, candidates)
    with acting_as(ana.pk):
        chosen = reading.read(remembering, zone="UTC")
    assert [note.turn for note in chosen.notes] == [again.pk]
    assert chosen.passed_over == {
        told.pk: PassedOver.SAID_AGAIN,
        life.turns[2].pk: PassedOver.TELLS_NOTHING,
        gone.pk: PassedOver.GONE,
        life.turns[4].pk: PassedOver.UNLIKELY,
    }


@pytest.mark.django_db
def test_beyond_the_most_that_is_read_nothing_becomes_a_note(ana):
    life = Life(ana)
    for number in range(reading.MOST_NOTES + 1):
        life.says(f"My locker number {number} holds a pair of skates size {number * 7}.")
    candidates = [Candidate(turn.pk, turn.pk, {"total": 0.5, "speaker": 1.0}) for turn in life.turns]
    with acting_as(ana.pk):
        chosen = reading.read(Remembering("What is where?", MOMENT, [], True, True, candidates), zone="UTC")
    assert chosen.passed_over == {life.turns[-1].pk: PassedOver.BEYOND}


@pytest.mark.django_db
def test_notes_are_dated_in_english_whatever_the_person_speaks(life):
    life.says("We painted the kitchen yellow.")
    with override("zh-hans"):
        (note,) = life.notes()
    assert note.when == "Monday 26 October, ten days ago"
