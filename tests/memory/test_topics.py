"""A long session is cut where its topic turns, and nowhere else; to the person nothing has changed."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import clock, consolidation, dialogue, encoder, erasure, indexing
from memory.consolidation import cut
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Key, Memory, Session, Speaker, Step, Turn
from memory.topics import eased_by_words, turning_points
from tests.memory.test_consolidation import consolidate
from tests.memory.test_dialogue import say
from worker import sweeps
from worker.engines.recall_only import RecallOnly

GARDEN = [
    ("The tomatoes in my garden are finally ripe.", "How many tomato plants did you grow?"),
    ("Twelve plants, and beans along the fence.", "Beans and tomatoes like the same soil."),
    ("The soil is poor, so I dig in compost each autumn.", "Compost makes the beds rich."),
    ("Slugs ate half of the lettuce last week.", "Copper tape keeps slugs off the lettuce beds."),
    ("I water the beds every evening with a can.", "Watering in the evening is kind to plants."),
    ("Next I will plant garlic and onions for the winter.", "Garlic likes to be in the soil by October."),
    ("My neighbour gave me seeds of an old pumpkin.", "Pumpkins need a lot of room in a garden."),
    ("The apple tree needs pruning before the frost.", "Prune the apple tree when it sleeps."),
    ("I sowed carrots and radishes in one row.", "Radishes show where the carrots will come up."),
    ("The greenhouse glass cracked above the cucumbers.", "Cucumbers will miss the warmth of the greenhouse."),
    ("I tied the raspberry canes to the wires.", "Raspberries fruit well on wires."),
]
MUSIC = [
    ("I began cello lessons with a strict teacher.", "What does your cello teacher have you play?"),
    ("Scales first, then a slow piece by Bach.", "Bach on the cello is beautiful music."),
    ("My bow hand cramps after half an hour of practice.", "A loose grip on the bow helps a player."),
    ("I practise the sonata every morning at seven.", "The sonata will sound well with such practice."),
    ("The orchestra plays a symphony by Brahms in May.", "Brahms wrote fine parts for the cellos."),
    ("I sit at the third desk of the cello section.", "From the third desk you hear the violas well."),
    ("A string snapped in the middle of the concert.", "A snapped string in a concert is every player's dread."),
    ("The conductor takes the slow movement too fast.", "A slow movement needs a patient conductor."),
    ("I tune the instrument to the piano before I play.", "Tuning to the piano trains the ear for music."),
    ("We rehearse the quartet on Thursdays.", "A string quartet is a good school for rhythm."),
    ("My teacher wants me to sing the melody first.", "Singing the melody shows how to phrase it."),
]


def talk(person, rounds, *, end=None):
    """A conversation of rounds, two minutes each, with the keys of its turns; still open."""
    start = (end or clock.now() - timedelta(hours=1)) - timedelta(minutes=2 * len(rounds))
    conversation = None
    for place, (asked, answered) in enumerate(rounds):
        at = start + timedelta(minutes=2 * place)
        said = say(person, asked, conversation=conversation, at=at)
        conversation = said.turn.conversation_id
        with acting_as(person.pk):
            dialogue.keep_turn(
                conversation=said.turn.conversation,
                speaker=Speaker.COMPANION,
                text=answered,
                said_at=at + timedelta(seconds=5),
                client_id=said.reply.pk,
                answers=said.turn,
            )
    with acting_as(person.pk):
        turns = list(Turn.objects.filter(conversation=conversation).order_by("number"))
    indexing.index_turns(person_id=person.pk, turn_ids=[turn.pk for turn in turns], encoder=encoder.current())
    return turns


def close(person):
    with acting_as(person.pk):
        session = Session.objects.latest("pk")
        dialogue.close_session(session=session, at=clock.now())
    return session


def stretches(person):
    """The numbers of the turns of each session, in order."""
    with acting_as(person.pk):
        sessions = Session.objects.order_by("started_at").prefetch_related("turns")
        return [sorted(turn.number for turn in session.turns.all()) for session in sessions]


def consolidate_all(person):
    for person_id, session_id in sweeps.sessions_due(engine=False):
        consolidation.run(person_id=person_id, session_id=session_id, engine=RecallOnly(), encoder=encoder.current())


@pytest.mark.django_db
class TestTheCut:
    def test_two_topics_in_one_session_become_two_sessions_with_steps_of_their_own(self, ana):
        talk(ana, GARDEN + MUSIC)
        session = close(ana)
        consolidate(ana, session, RecallOnly())
        consolidate_all(ana)
        first, second = stretches(ana)
        assert (first[0], first[-1] + 1, second[-1]) == (1, second[0], 44)
        assert abs(second[0] - 23) <= 2
        with acting_as(ana.pk):
            assert set(Step.objects.values_list("session__part_of", "kind", "state")) == {
                (part_of, kind, "done") for part_of in (None, session.pk) for kind in Step.Kind
            }
            summaries = Memory.objects.filter(kind="session").order_by("said_at")
            told = [{source.turn.number for source in memory.sources.select_related("turn")} for memory in summaries]
        assert len(told) == 2
        assert told[0] <= set(first)
        assert told[1] <= set(second)

    def test_a_session_of_one_topic_stays_whole(self, ana):
        talk(ana, MUSIC + MUSIC)
        consolidate(ana, close(ana), RecallOnly())
        assert stretches(ana) == [list(range(1, 45))]

    def test_a_short_session_stays_whole_whatever_it_is_about(self, ana):
        talk(ana, GARDEN[:9] + MUSIC[:9])
        consolidate(ana, close(ana), RecallOnly())
        assert stretches(ana) == [list(range(1, 37))]

    def test_an_open_session_is_never_cut(self, ana):
        talk(ana, GARDEN + MUSIC)
        with acting_as(ana.pk):
            session = Session.objects.get()
            dialogue.close_session(session=session, at=clock.now())
            Session.objects.update(closed_at=None)
        consolidate(ana, session, RecallOnly())
        assert len(stretches(ana)) == 1

    def test_the_conversation_stays_what_it_was_and_rounds_and_keys_go_with_their_turns(self, ana):
        turns = talk(ana, GARDEN + MUSIC)
        consolidate(ana, close(ana), RecallOnly())
        with acting_as(ana.pk):
            after = list(Turn.objects.order_by("number"))
            same = ("pk", "text", "number", "said_at", "conversation_id", "answers_id")
            assert [[getattr(turn, name) for name in same] for turn in after] == [
                [getattr(turn, name) for name in same] for turn in turns
            ]
            sessions = {turn.pk: turn.session_id for turn in after}
            assert len(set(sessions.values())) == 2
            keys = Key.objects.filter(turn__isnull=False).values_list("turn", "session")
            assert all(sessions[turn] == session for turn, session in keys)
            rounds = Memory.objects.filter(kind="round").values_list("sources__turn", "session")
            assert all(sessions[turn] == session for turn, session in rounds)
            assert all(turn.answers_id is None or sessions[turn.answers_id] == sessions[turn.pk] for turn in after)
            ends = Session.objects.order_by("started_at").values_list("started_at", "ended_at")
            said = [turn.said_at for turn in after]
            second = next(turn.number for turn in after if sessions[turn.pk] != sessions[after[0].pk])
            assert list(ends) == [(said[0], said[second - 2]), (said[second - 1], said[-1])]

    def test_however_often_it_runs_it_is_cut_once(self, ana):
        talk(ana, GARDEN + MUSIC)
        session = close(ana)
        for _ in range(2):
            consolidate(ana, session, RecallOnly())
            consolidate_all(ana)
        once = stretches(ana)
        with acting_as(ana.pk):
            Step.objects.filter(kind="cut").update(state="waiting", due_at=clock.now())
        consolidate_all(ana)
        assert stretches(ana) == once

    def test_what_was_made_of_the_whole_while_it_was_cut_is_not_kept(self, ana):
        talk(ana, GARDEN + MUSIC)
        session = close(ana)
        with acting_as(ana.pk):
            asked = dict(Step.objects.values_list("kind", "asked"))
        made = cut.make(person_id=ana.pk, session_id=session.pk, engine=RecallOnly(), encoder=encoder.current())
        with acting_as(ana.pk):
            cut.keep(session=Session.objects.select_related("conversation").get(pk=session.pk), made=made)
            after = dict(Step.objects.filter(session=session).values_list("kind", "asked"))
        assert after == {kind: times + (kind != "cut") for kind, times in asked.items()}

    def test_a_turn_beside_the_cut_forgets_what_was_erased_on_the_other_side_of_it(self, ana):
        talk(ana, GARDEN + MUSIC)
        consolidate(ana, close(ana), RecallOnly())
        with acting_as(ana.pk):
            later = Session.objects.latest("started_at")
            first = later.turns.order_by("number").first()
            before = Turn.objects.get(number=first.number - 1)
            read = {key.turn_id: key.embedding for key in Key.objects.filter(turn__in=(first, before), kind="turn")}
        forgotten = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[before.pk]), after=timedelta(0))
        beside = erasure.carry_out(person_id=ana.pk, erasure_id=forgotten.pk)
        assert first.pk in beside
        indexing.index_turns(person_id=ana.pk, turn_ids=beside, encoder=encoder.current())
        with acting_as(ana.pk):
            assert Key.objects.get(turn=first, kind="turn").embedding != read[first.pk]

    def test_a_stranger_keeps_a_session_of_their_own_whole(self, ana, stranger):
        talk(ana, GARDEN + MUSIC)
        mine = close(ana)
        consolidate(stranger, mine, RecallOnly())
        assert len(stretches(ana)) == 1


def directions(*counts):
    """Rows that point one way, then another, each a little off."""
    rng = np.random.default_rng(1)
    rows = np.repeat(np.eye(8)[: len(counts)], counts, axis=0) + rng.normal(0, 0.1, (sum(counts), 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class TestTurningPoints:
    def test_it_turns_where_the_direction_does(self):
        assert turning_points(directions(20, 30, 15)) == [20, 50]

    def test_it_never_turns_within_a_round(self):
        whole = [row == 20 for row in range(50)]
        assert turning_points(directions(20, 30), whole=whole) in ([19], [21])

    def test_a_greeting_after_a_farewell_is_enough(self):
        texts = ["Well."] * 40
        texts[19], texts[20] = "Good night, talk soon!", "Hey, good to see you again!"
        assert turning_points(directions(40), eased=eased_by_words(texts)) == [20]
        assert turning_points(directions(40)) == []

    @given(st.integers(0, 60), st.integers(1, 9), st.data())
    def test_stretches_are_whole_and_as_long_as_they_must_be(self, rows, fewest, data):
        vectors = np.array(
            data.draw(st.lists(st.sampled_from(np.eye(4).tolist()), min_size=rows, max_size=rows))
        ).reshape(rows, 4)
        whole = data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
        found = turning_points(vectors.astype(np.float32), whole=whole, price=0.1, fewest=fewest)
        bounds = [0, *found, rows]
        assert found == sorted(set(found))
        assert all(later - earlier >= fewest for earlier, later in pairwise(bounds)) or not found
        assert not any(whole[row] for row in found)

    def test_an_endless_talk_of_one_topic_is_parted_all_the_same(self):
        assert len(turning_points(directions(500), most=100)) >= 4
