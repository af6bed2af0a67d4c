"""What was said becomes findable after its reply, once; a reply that may be asked for again leaves no echo."""

import pytest

from companion.operations.benchmarks.prompt import claimed
from memory import encoder
from memory.isolation import acting_as
from memory.models import Key, Reply
from tests.memory.test_dialogue import companion_of
from tests.memory.test_recall import LIFE, ask, remember
from worker.engines.recall_only import RecallOnly
from worker.recallable import Said, index_now
from worker.replying import remember as remembering

pytestmark = pytest.mark.django_db

QUESTION = "Who ruined my trainers?"


def becomes_recallable(reply, state):
    """What is made of the question's turn after a reply that ended so."""
    index_now(Said(reply.owner_id, [reply.turn_id], encoder.current(), widen=state == Reply.State.WHOLE))


def asked_again(person, state):
    """The same question, after a reply to it has ended so."""
    turns = remember(person, LIFE[:2])
    reply = claimed(companion_of(person), turns[0].conversation_id, QUESTION)
    remembering(reply, RecallOnly(), encoder.current())
    becomes_recallable(reply, state)
    with acting_as(person.pk):
        reply.refresh_from_db()
        keys = {key.turn_id: key.terms_window for key in Key.objects.filter(kind="turn")}
    return turns, reply, keys


def test_the_turn_itself_has_a_key_whatever_became_of_the_reply(ana):
    _, reply, keys = asked_again(ana, Reply.State.BROKEN)
    assert reply.turn_id in keys


def test_the_turn_before_does_not_echo_a_question_whose_reply_broke(ana):
    turns, reply, keys = asked_again(ana, Reply.State.BROKEN)
    becomes_recallable(reply, Reply.State.WHOLE)
    with acting_as(ana.pk):
        whole = Key.objects.get(turn=turns[-1]).terms_window
    assert len(whole.indices()) > len(keys[turns[-1].pk].indices())


def test_asking_again_after_a_broken_reply_finds_the_same(ana):
    remember(ana, LIFE)
    before = ask(ana, QUESTION)
    reply = claimed(companion_of(ana), None, QUESTION)
    remembering(reply, RecallOnly(), encoder.current())
    becomes_recallable(reply, Reply.State.BROKEN)
    after = ask(ana, QUESTION, leave_out=[reply.turn_id])
    assert [c.turn_id for c in after.candidates] == [c.turn_id for c in before.candidates]
    assert after.answerable == pytest.approx(before.answerable, abs=0.1)
