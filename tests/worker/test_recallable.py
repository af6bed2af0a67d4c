"""What was said becomes recallable after its reply, in a thread of its own; nobody waits for it."""

from threading import Event

import pytest
from django.db import connection

from memory import encoder
from memory.isolation import acting_as
from memory.models import Key
from tests.memory.test_dialogue import say
from worker import recallable
from worker.engines.recall_only import RecallOnly
from worker.recallable import Indexer, Said
from worker.replying import write_reply

PATIENCE = 30.0


def keys_of(person):
    with acting_as(person.pk):
        return Key.objects.count()


@pytest.fixture
def held(monkeypatch):
    """What is to be indexed waits until this is set."""
    go, index_now = Event(), recallable.index_now

    def slowly(said):
        assert go.wait(PATIENCE)
        try:
            index_now(said)
        finally:
            connection.close()

    monkeypatch.setattr(recallable, "index_now", slowly)
    return go


@pytest.mark.django_db(transaction=True)
def test_a_reply_is_done_before_it_can_be_recalled(ana, held):
    indexer = Indexer()
    said = say(ana, "I keep bees behind the garage.")
    write_reply(
        person_id=ana.pk, reply_id=said.reply.pk, engine=RecallOnly(), encoder=encoder.current(), index=indexer.add
    )
    assert indexer.settle(0.0) == 1
    assert keys_of(ana) == 0
    held.set()
    assert indexer.settle(PATIENCE) == 0
    assert keys_of(ana) > 0


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_does_not_keep_the_next_from_it(ana, monkeypatch, caplog):
    index_now = recallable.index_now

    def fail_first(said):
        if not said.turn_ids:
            raise RuntimeError("the encoder fell over")
        try:
            index_now(said)
        finally:
            connection.close()

    monkeypatch.setattr(recallable, "index_now", fail_first)
    indexer = Indexer()
    said = say(ana, "I keep bees behind the garage.")
    indexer.add(Said(ana.pk, [], encoder.current(), widen=False))
    indexer.add(Said(ana.pk, [said.turn.pk], encoder.current(), widen=False))
    assert indexer.settle(PATIENCE) == 0
    assert keys_of(ana) > 0
    assert "cannot be recalled yet" in caplog.text
