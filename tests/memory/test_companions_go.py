"""A deleted companion goes with all that was said with it, can be brought back for a while, and touches no other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import Q

from memory import clock, companions, conversations, dialogue, encoder, erasure, preferences
from memory.companions import LastCompanion, NoSuchCompanion
from memory.consolidation import periods
from memory.erasure import Wish
from memory.history import sent
from memory.history.export import export_everything
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Erasure, Key, Lexicon, Memory, Period, Tombstone, Turn
from memory.models.owned import OwnedModel
from tests.memory.test_consolidation import consolidate
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_erasure import close, holding, index_anew
from tests.memory.test_takeout import say_to
from worker.engines.recall_only import RecallOnly
from worker.replying import write_reply

pytestmark = pytest.mark.django_db

TOLD = ["I love my zanzibarite brooch, it lies under the floor.", "My sister Rita lives in Porto."]
SOON = timedelta(seconds=31)


def basil_of(person):
    with acting_as(person.pk):
        return companions.create(person_id=person.pk, name="Basil Zanzibarite", manner="Zanzibarite manners.")


def said_to(companion, text):
    said = say_to(companion, text)
    write_reply(person_id=companion.owner_id, reply_id=said.reply.pk, engine=RecallOnly(), encoder=encoder.current())
    return said.turn


def everything_made(person):
    """Keys, summaries of sessions, days and the acquaintance, facts and the portrait, of all companions."""
    index_anew(person)
    for session in close(person):
        consolidate(person, session, RecallOnly())
    with acting_as(person.pk):
        Period.objects.update(due_at=clock.now())
        due = list(Period.objects.order_by("day", "layer").values_list("pk", flat=True))
    for _ in range(2):
        for period in due:
            periods.run(person_id=person.pk, period_id=period, engine=RecallOnly(), encoder=encoder.current())


def rows(person):
    """How many of each a person has, but for receipts and tombstones."""
    with acting_as(person.pk):
        owned = [model for model in apps.get_app_config("memory").get_models() if issubclass(model, OwnedModel)]
        told = [model for model in owned if model not in (Erasure, Tombstone)]
        return {model.__name__: model.objects.of(person.pk).count() for model in told}


def delete(companion, *, later=SOON, time_machine=None):
    asked = companions.delete(person_id=companion.owner_id, companion_id=companion.pk)
    if time_machine is not None:
        time_machine.shift(later)
        erasure.carry_out(person_id=companion.owner_id, erasure_id=asked.pk)
    return asked


def test_nothing_of_it_is_left_and_the_other_companion_and_other_people_are_as_before(ana, stranger, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    rosemary = companion_of(ana)
    for companion in (rosemary, companion_of(stranger)):
        said_to(companion, "Our boat Petrel needs new paint.")
    everything_made(ana)
    before, others = rows(ana), rows(stranger)
    with acting_as(ana.pk):
        words_before = set(Lexicon.objects.values_list("term", "frequency"))
    basil = basil_of(ana)
    for text in TOLD:
        said_to(basil, text)
    everything_made(ana)
    with acting_as(ana.pk):
        preferences.choose(person_id=ana.pk, unkept=[], fading=None, joined=False)
    assert {"memory_turn", "memory_memory", "memory_companion", "memory_conversation"} < set(holding("zanzibarite"))
    asked = delete(basil, time_machine=time_machine)
    assert holding("zanzibarite") == {}
    with acting_as(ana.pk):
        assert set(Lexicon.objects.values_list("term", "frequency")) == words_before
        receipt = Erasure.objects.get(pk=asked.pk)
    assert rows(ana) == before | {"Preference": 1}
    assert rows(stranger) == others
    assert receipt.kind == "companion"
    assert receipt.counts["companion"] == 1
    assert receipt.counts["turn"] >= 2 * len(TOLD)


def test_what_was_erased_with_it_does_not_come_back_with_an_export(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    companion_of(ana)
    basil = basil_of(ana)
    said_to(basil, TOLD[0])
    file = "".join(export_everything(ana.pk)).encode()
    delete(basil, time_machine=time_machine)
    with acting_as(ana.pk):
        row = sent.ask(person_id=ana.pk, name="all.jsonl", content=file)
    sent.run(person_id=ana.pk, import_id=row.pk, encoder=encoder.current())
    with acting_as(ana.pk):
        assert not Turn.objects.exists()
        assert Companion.objects.get().name == "Rosemary"


def test_until_it_is_due_it_is_hidden_and_comes_back_with_all_there_was(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    rosemary, basil = companion_of(ana), basil_of(ana)
    turn = said_to(basil, TOLD[0])
    everything_made(ana)
    before = rows(ana)
    asked = delete(basil)
    with acting_as(ana.pk):
        assert not conversations.listed(ana.pk).exists()
        assert not Memory.objects.shown().exists()
        assert dialogue.default_companion(person_id=ana.pk) == rosemary
        with pytest.raises(NoSuchCompanion):
            companions.find(person_id=ana.pk, companion_id=basil.pk)
        assert [one.name for one in companions.deletions(ana.pk)] == [basil.name]
    for conversation_id in (None, turn.conversation_id):
        with acting_as(ana.pk), pytest.raises(dialogue.NoSuchConversation):
            dialogue.say(
                person_id=ana.pk,
                companion=basil,
                conversation_id=conversation_id,
                client_id=uuid4(),
                text="Are you there?",
                said_at=clock.now(),
            )
    assert companions.restore(person_id=ana.pk, erasure_id=asked.pk) == basil
    time_machine.shift(SOON)
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert rows(ana) == before
    with acting_as(ana.pk):
        assert companions.find(person_id=ana.pk, companion_id=basil.pk) == basil
        assert conversations.listed(ana.pk).count() == 1
        assert not companions.deletions(ana.pk)


def test_the_last_companion_stays_also_when_the_other_is_only_hidden(ana):
    rosemary, basil = companion_of(ana), basil_of(ana)
    delete(rosemary)
    with pytest.raises(LastCompanion):
        delete(basil)
    with acting_as(ana.pk):
        assert companions.is_last(basil)


def test_a_companion_without_a_word_goes_too(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    companion_of(ana)
    delete(basil_of(ana), time_machine=time_machine)
    assert holding("zanzibarite") == {}


def test_somebody_elses_companion_is_nobodys(ana, stranger):
    companion_of(stranger)
    theirs = basil_of(stranger)
    companion_of(ana)
    with pytest.raises(NoSuchCompanion):
        companions.delete(person_id=ana.pk, companion_id=theirs.pk)
    asked = delete(theirs)
    assert companions.restore(person_id=ana.pk, erasure_id=asked.pk) is None
    with acting_as(stranger.pk):
        assert companions.deletions(stranger.pk)


def test_what_was_marked_before_goes_with_it_and_is_not_shown_when_taken_back_meanwhile(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    companion_of(ana)
    basil = basil_of(ana)
    turn = said_to(basil, TOLD[0])
    earlier = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, [turn.pk]))
    asked = delete(basil)
    assert erasure.withdraw(person_id=ana.pk, erasure_id=earlier.pk)
    with acting_as(ana.pk):
        assert not Turn.objects.shown().exists()
    time_machine.shift(SOON)
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert holding("zanzibarite") == {}


def test_a_conversation_deleted_before_it_comes_back_with_it_alone(ana):
    companion_of(ana)
    basil = basil_of(ana)
    turn = said_to(basil, TOLD[0])
    earlier = conversations.delete(person_id=ana.pk, conversation_id=turn.conversation_id)
    asked = delete(basil)
    with acting_as(ana.pk):
        assert conversations.deletions(ana.pk) == []
    assert conversations.restore(person_id=ana.pk, erasure_id=earlier.erasure_id) is None
    assert erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
    with acting_as(ana.pk):
        assert [each.conversation_id for each in conversations.deletions(ana.pk)] == [turn.conversation_id]


def test_a_reply_that_is_being_written_to_it_is_stopped_and_none_is_written_after(ana, time_machine):
    companion_of(ana)
    basil = basil_of(ana)
    with acting_as(ana.pk):
        said = say(ana, TOLD[0])
        Conversation.objects.filter(pk=said.turn.conversation_id).update(companion=basil)
    delete(basil)
    write_reply(person_id=ana.pk, reply_id=said.reply.pk, engine=RecallOnly(), encoder=encoder.current())
    with acting_as(ana.pk):
        assert Turn.objects.count() == 1
        assert not Key.objects.filter(~Q(kind="turn")).exists()
