"""A memory that a reply used is as if told just now and holds longer; one that merely came to mind is as before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from companion.operations.benchmarks.prompt import claimed
from memory import clock, dialogue, encoder, fading, reading
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Memory, Recalled, Reply, Session
from memory.reinforcement import reinforce
from tests.memory.test_consolidation import consolidate
from tests.memory.test_dialogue import companion_of
from tests.memory.test_recall import LIFE, ask, remember
from worker import replying
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

QUESTION = "What colour is the kitchen?"
KITCHEN = LIFE[3]
SMALL_TALK = "It is raining again and I am a little tired of it."
LONG_AGO = timedelta(days=100)


def memories(person):
    """Strength, time of the last recall and state, by what was said."""
    with acting_as(person.pk):
        rounds = Memory.objects.filter(kind="round").prefetch_related("sources__turn")
        return {memory.sources.all()[0].turn.text: memory for memory in rounds}


def long_ago(person):
    """A life that faded, as the sweep left it."""
    remember(person, LIFE, at=clock.now() - LONG_AGO)
    fading.fade(now=clock.now())
    return memories(person)


def answer(person, words, *, state=Reply.State.WHOLE, question=QUESTION):
    """A question, the prompt made for it, and this as the reply."""
    reply = claimed(companion_of(person), None, question)
    made = replying.remember(reply, RecallOnly(), encoder.current())
    used = reading.used(made.notes, question=question, reply=words, summaries=made.summaries)
    with acting_as(person.pk):
        assert replies.finish(reply=reply, state=state, text=words, used=list(used))
    return reply


def test_a_faded_memory_that_is_asked_for_comes_and_is_vivid_again(ana):
    before = long_ago(ana)[KITCHEN]
    assert before.state == "faded"
    assert ask(ana, QUESTION).candidates[0].memory_id == before.pk
    answer(ana, f"You told me: {KITCHEN}")
    after = memories(ana)[KITCHEN]
    assert after.state == "vivid"
    assert after.strength == pytest.approx(before.strength + 100, abs=0.1)
    assert clock.now() - after.recalled_at < timedelta(minutes=1)
    assert after.retention(after.fades_at) == pytest.approx(0.6)


def test_unasked_a_faded_memory_stays_away_until_it_was_useful(ana):
    long_ago(ana)
    assert ask(ana, "I look at the yellow paint in the kitchen.", asked=False).candidates == []
    answer(ana, f"You told me: {KITCHEN}")
    found = ask(ana, "I look at the yellow paint in the kitchen.", asked=False).candidates
    assert [candidate.memory_id for candidate in found][:1] == [memories(ana)[KITCHEN].pk]


def test_what_came_to_mind_and_was_not_used_is_as_before(ana):
    before = long_ago(ana)
    reply = answer(ana, "I do not know.")
    with acting_as(ana.pk):
        assert Recalled.objects.filter(recall__reply=reply, in_prompt=True, used=False).count() > 1
    after = memories(ana)
    for text in LIFE:
        assert (after[text].strength, after[text].recalled_at) == (before[text].strength, before[text].recalled_at)
        assert after[text].state == "faded"


@pytest.mark.parametrize("state", [Reply.State.STOPPED, Reply.State.BROKEN])
def test_a_reply_that_may_be_asked_for_again_reinforces_nothing_yet(ana, state):
    long_ago(ana)
    answer(ana, f"You told me: {KITCHEN}", state=state)
    assert memories(ana)[KITCHEN].state == "faded"


@pytest.mark.parametrize("preset", ["companion", "paper"])
def test_a_reply_reinforces_once_however_often_its_task_is_delivered(ana, settings, preset):
    settings.RETENTION = preset
    long_ago(ana)
    reply = claimed(companion_of(ana), None, QUESTION)
    with acting_as(ana.pk):
        Reply.objects.filter(pk=reply.pk).update(state="waiting", claim=None)
    for _ in range(2):
        replying.write_reply(person_id=ana.pk, reply_id=reply.pk, engine=RecallOnly(), encoder=encoder.current())
    once = memories(ana)[KITCHEN]
    added = {"companion": 100, "paper": 1}[preset]
    first = {"companion": 42, "paper": 1}[preset]
    assert once.strength == pytest.approx(first + added, abs=0.1)
    with acting_as(ana.pk):
        assert not replies.finish(reply=reply, state=Reply.State.WHOLE, text="", used=[once.pk])
    assert memories(ana)[KITCHEN].strength == once.strength


def test_replies_that_end_at_once_reinforce_the_same_memories_without_losing_any(ana, settings):
    settings.RETENTION = "paper"
    ids = [memory.pk for memory in long_ago(ana).values()]

    def useful(order):
        try:
            with acting_as(ana.pk):
                return reinforce(person_id=ana.pk, memory_ids=order, at=clock.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(useful, [ids, ids[::-1]] * 4)) == [len(ids)] * 8
    assert {memory.strength for memory in memories(ana).values()} == {9.0}


def test_nobody_reinforces_anothers_memory(ana, stranger):
    before = long_ago(ana)[KITCHEN]
    with acting_as(stranger.pk):
        assert reinforce(person_id=stranger.pk, memory_ids=[before.pk], at=clock.now()) == 0
        assert reinforce(person_id=ana.pk, memory_ids=[before.pk], at=clock.now()) == 0
    assert memories(ana)[KITCHEN].strength == before.strength


def test_a_clock_that_jumped_back_leaves_a_memory_as_it_was(ana):
    before = long_ago(ana)[KITCHEN]
    with acting_as(ana.pk):
        reinforce(person_id=ana.pk, memory_ids=[before.pk], at=before.recalled_at - timedelta(days=3))
    after = memories(ana)[KITCHEN]
    assert (after.strength, after.recalled_at) == (before.strength, before.recalled_at)
    assert after.retention(before.recalled_at - timedelta(days=3)) == 1.0
    fading.fade(now=clock.now())
    assert memories(ana)[KITCHEN].state == "faded"


def test_a_summary_that_the_reply_shows_is_reinforced_like_a_round(ana):
    remember(ana, LIFE, at=clock.now() - LONG_AGO)
    with acting_as(ana.pk):
        session = Session.objects.get()
        dialogue.close_session(session=session, at=session.ended_at)
    consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        before = Memory.objects.get(kind="session")
    answer(ana, "Rain? A good day to stay in, then.", question=SMALL_TALK)
    with acting_as(ana.pk):
        assert Memory.objects.get(kind="session").strength == before.strength
    answer(ana, f"Better weather than back then: {before.text}", question=SMALL_TALK)
    with acting_as(ana.pk):
        after = Memory.objects.get(kind="session")
    assert after.strength == pytest.approx(before.strength + 100, abs=0.1)
    assert after.state == "vivid"


def test_a_summary_is_shown_where_one_of_its_sentences_is(ana):
    summaries = {7: "They baked a rhubarb cake for the school fair. Later Rita burnt the second tray.", 8: "They met."}
    reply = "You baked a cake with rhubarb for the fair at school!"
    assert reading.used([], question="What did I bake?", reply=reply, summaries=summaries) == {7}
    assert reading.used([], question="What did I bake?", reply="You baked, and they met.", summaries=summaries) == set()
