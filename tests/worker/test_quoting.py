"""What only quotes memory becomes none: found later, it would stand before the words it quotes."""

from datetime import timedelta

import pytest

from memory import clock, context, encoder
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Memory, Reply, Turn
from tests.memory.test_dialogue import say
from tests.memory.test_recall import LIFE, ask, remember
from worker import sweeps
from worker.engines.recall_only import RecallOnly
from worker.replying import write_reply

pytestmark = pytest.mark.django_db

QUESTION = "What colour is the kitchen?"


class Talker:
    """An engine that says what it is told to."""

    name = "talker"
    converses = True

    def stream(self, prompt, *, stopped):
        yield "Yellow as a lemon; shall we paint the hall as well?"


def answered(person, text, engine):
    said = say(person, text)
    write_reply(person_id=person.pk, reply_id=said.reply.pk, engine=engine, encoder=encoder.current())
    with acting_as(person.pk):
        reply = Reply.objects.select_related("answer", "turn").get(pk=said.reply.pk)
        assert reply.state == Reply.State.WHOLE
        return reply


def unindexed(time_machine):
    time_machine.move_to(clock.now() + timedelta(hours=1))
    return [turn for turns in sweeps.turns_without_keys().values() for turn in turns]


def test_of_an_answer_of_quotes_no_memory_is_made_now_or_by_the_sweep(ana, time_machine):
    remember(ana, LIFE)
    reply = answered(ana, QUESTION, RecallOnly())
    assert "lemon" in reply.answer.text
    with acting_as(ana.pk):
        assert not reply.answer.memories.exists()
    assert unindexed(time_machine) == []
    assert reply.answer_id not in {found.turn_id for found in ask(ana, "What did you say of the lemon?").candidates}


def test_what_an_engine_says_is_remembered_with_the_round(ana):
    remember(ana, LIFE)
    reply = answered(ana, QUESTION, Talker())
    with acting_as(ana.pk):
        (source,) = reply.answer.memories.select_related("memory")
        assert source.memory.kind == Memory.Kind.ROUND
    assert reply.answer_id in {found.turn_id for found in ask(ana, "Shall we paint the hall?").candidates}


def test_of_a_memory_only_the_turn_that_was_read_is_shown_as_used(ana):
    remember(ana, LIFE)
    told = answered(ana, "My boss Renata keeps bees on the roof of the harbour office.", Talker())
    asked = answered(ana, "Where are the bees of Renata kept?", RecallOnly())
    with acting_as(ana.pk):
        shown = asked.recall.recalled.filter(memory__sources__turn=told.turn)
        assert dict(shown.values_list("turn", "used")) == {told.turn_id: True, told.answer_id: False}


def test_a_notice_about_memory_is_none_itself(ana):
    reply = answered(ana, "Remember that the spare key lies under the blue pot.", RecallOnly())
    with acting_as(ana.pk):
        assert not reply.answer.remembered
        assert Turn.objects.get(pk=reply.turn_id).remembered


def test_a_quoting_answer_that_an_engine_writes_anew_becomes_part_of_the_round(ana):
    said = say(ana, "The kitchen is yellow.")
    with acting_as(ana.pk):
        first = replies.claim(reply_id=said.reply.pk)
        assert replies.finish(reply=first, state=Reply.State.STOPPED, text="Kept.", can_retry=True, says_new=False)
        assert replies.ask_again(reply_id=first.pk)
    write_reply(person_id=ana.pk, reply_id=first.pk, engine=Talker(), encoder=encoder.current())
    with acting_as(ana.pk):
        answer = Reply.objects.select_related("answer").get(pk=first.pk).answer
        assert answer.remembered
        assert answer.memories.count() == 1


def test_quotes_do_not_colour_what_is_looked_for_next(ana):
    remember(ana, LIFE)
    reply = answered(ana, QUESTION, RecallOnly())
    said = say(ana, "I bought shoes.", conversation=reply.turn.conversation_id)
    with acting_as(ana.pk):
        assert context.last_words(context.spoken(said.turn), said.turn) == [QUESTION]
