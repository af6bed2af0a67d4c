"""What is said off the record, or while memory is paused, leaves no memory behind."""

from datetime import timedelta
from uuid import uuid4

import pytest

from memory import clock, conversations, dialogue, encoder, indexing, unremembered
from memory.history import jsonl
from memory.history.export import export
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Conversation, Key, Memory, Reply, Session, Source, Step, Turn
from tests.memory.test_consolidation import consolidate
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_erasure import close, holding, index_anew
from tests.memory.test_recall import LIFE, ask, remember
from tests.worker.test_quoting import Talker
from worker import erasing, sweeps, tasks
from worker.engines.recall_only import RecallOnly
from worker.replying import write_reply

pytestmark = pytest.mark.django_db

SECRET = "My zanzibarite brooch lies under the floor."


def say_off(person, text=SECRET, **more):
    companion = companion_of(person)
    with acting_as(person.pk):
        return dialogue.say(
            person_id=person.pk,
            companion=companion,
            conversation_id=None,
            client_id=uuid4(),
            text=text,
            said_at=clock.now(),
            off_record=True,
            **more,
        )


def answer(person, said, engine=None):
    write_reply(person_id=person.pk, reply_id=said.reply.pk, engine=engine or RecallOnly(), encoder=encoder.current())
    with acting_as(person.pk):
        return Reply.objects.select_related("answer").get(pk=said.reply.pk)


def pause(person):
    companion_of(person)
    with acting_as(person.pk):
        unremembered.pause(person_id=person.pk)


def resume(person):
    with acting_as(person.pk):
        unremembered.resume(person_id=person.pk)


def made(person):
    """All that memory made of what was said."""
    with acting_as(person.pk):
        return [model.__name__ for model in (Memory, Source, Key, Step) if model.objects.exists()]


def test_off_the_record_is_answered_and_nothing_is_made_of_it(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    said = say_off(ana)
    assert answer(ana, said).state == Reply.State.WHOLE
    say(ana, "And another thing.", conversation=said.turn.conversation_id)
    index_anew(ana)
    time_machine.shift(timedelta(minutes=40))
    assert sweeps.turns_without_keys() == {}
    assert sweeps.sessions_due(engine=True) == []
    with acting_as(ana.pk):
        assert Session.objects.get().closed_at
        assert not Turn.objects.remembered().exists()
        assert list(conversations.listed(ana.pk)) == []
        assert conversations.find(person_id=ana.pk, words="brooch") == []
    assert made(ana) == []
    assert ask(ana, "Where is my brooch?").candidates == []


def test_it_recalls_what_was_said_before_without_strengthening_it(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    turns = remember(ana, LIFE)
    with acting_as(ana.pk):
        before = dict(Memory.objects.values_list("pk", "recalled_at"))
    time_machine.shift(timedelta(days=2))
    reply = answer(ana, say_off(ana, "What colour is the kitchen?"))
    with acting_as(ana.pk):
        assert reply.recall.recalled.filter(turn=turns[3], used=True).exists()
        assert dict(Memory.objects.values_list("pk", "recalled_at")) == before


def test_ended_it_is_gone_from_every_table(ana):
    said = say_off(ana)
    answer(ana, said)
    ended = conversations.end(person_id=ana.pk, conversation_id=said.turn.conversation_id)
    with pytest.raises(dialogue.NoSuchConversation):
        say(ana, "Still there?", conversation=said.turn.conversation_id)
    erasing.carry_out(person_id=ana.pk, erasure_id=ended.pk)
    assert holding("zanzibarite") == {}


def test_an_hour_after_its_last_word_it_goes_by_itself_and_no_other_does(ana, time_machine, settings):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    say_off(ana)
    on_record = say(ana, "The dog chewed my shoes.")
    assert sweeps.off_record_over() == []
    time_machine.shift(timedelta(minutes=61))
    (over,) = sweeps.off_record_over()
    tasks.end_off_record(over[0], str(over[1]))
    tasks.end_off_record(over[0], str(over[1]))
    ((person_id, erasure_id),) = sweeps.erasures_due()
    erasing.carry_out(person_id=person_id, erasure_id=erasure_id)
    with acting_as(ana.pk):
        assert list(Conversation.objects.values_list("pk", flat=True)) == [on_record.turn.conversation_id]


def test_a_conversation_on_the_record_cannot_be_ended_nor_anothers(ana, stranger):
    said, secret = say(ana), say_off(ana)
    with pytest.raises(dialogue.NoSuchConversation):
        conversations.end(person_id=ana.pk, conversation_id=said.turn.conversation_id)
    with pytest.raises(dialogue.NoSuchConversation):
        conversations.end(person_id=stranger.pk, conversation_id=secret.turn.conversation_id)


def test_while_memory_is_paused_what_is_said_stays_readable_and_is_not_remembered(ana, stranger):
    first = say(ana, "The kettle sings.")
    pause(ana)
    answer(ana, said := say(ana, SECRET, conversation=first.turn.conversation_id))
    assert unremembered_texts(ana) == [SECRET]
    resume(ana)
    say(ana, "The dog chewed my shoes.", conversation=first.turn.conversation_id)
    say(stranger, "Nothing is paused here.")
    index_anew(ana)
    (session,) = close(ana)
    consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        keyed = set(Key.objects.exclude(turn=None).values_list("turn__text", flat=True))
        assert keyed == {"The kettle sings.", "The dog chewed my shoes."}
        assert "brooch" not in Memory.objects.get(kind=Memory.Kind.SESSION_SUMMARY).text
        assert said.turn in session.conversation.turns.shown()
    assert unremembered_texts(stranger) == []


def unremembered_texts(person):
    with acting_as(person.pk):
        return list(Turn.objects.filter(remembered=False, speaker="person").values_list("text", flat=True))


def test_the_words_beside_are_not_in_the_keys_nor_in_the_notes_of_what_is_remembered(ana):
    first = say(ana, "Where did I put it?")
    pause(ana)
    say(ana, SECRET, conversation=first.turn.conversation_id)
    resume(ana)
    last = say(ana, "Under the floor.", conversation=first.turn.conversation_id)
    indexing.index_turns(person_id=ana.pk, turn_ids=[first.turn.pk, last.turn.pk], encoder=encoder.current())
    assert {table for table in holding("zanzibarite") if table.startswith("memory_key")} == set()
    write = say(ana, "What is under the floor?")
    answer(ana, write)
    with acting_as(ana.pk):
        assert all("zanzibarite" not in one.turn.text for one in write.reply.recall.recalled.all())


def test_a_reply_follows_its_question_whenever_memory_is_paused_or_resumed(ana):
    asked = say(ana, "The kettle sings.")
    pause(ana)
    assert answer(ana, asked, Talker()).answer.remembered
    paused = say(ana, SECRET)
    resume(ana)
    assert not answer(ana, paused, Talker()).answer.remembered


def test_in_an_export_what_is_off_the_record_is_not_and_what_was_said_while_paused_stays_so(ana, stranger, tmp_path):
    say_off(ana)
    say(ana, "The bees are well.")
    pause(ana)
    say(ana, "Nobody shall remember the heron.")
    path = tmp_path / "history.jsonl"
    with acting_as(ana.pk):
        path.write_text("".join(export(companion_of(ana))), encoding="utf-8")
    told = jsonl.read(path, zone="UTC", today=clock.now().date())
    keep(companion=companion_of(stranger), history=told, encoder=encoder.current())
    with acting_as(stranger.pk):
        kept = dict(Turn.objects.of(stranger.pk).values_list("text", "remembered"))
        assert kept == {"The bees are well.": True, "Nobody shall remember the heron.": False}
        assert set(Key.objects.of(stranger.pk).values_list("turn__text", flat=True)) == {"The bees are well."}
