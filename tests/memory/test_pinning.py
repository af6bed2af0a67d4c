"""What is pinned never fades; let go, it stands where it would have faded to."""

from datetime import timedelta

import pytest

from memory import clock, pinning
from memory.isolation import acting_as
from memory.models import Memory
from tests.memory.test_facts import consolidate, known, told
from tests.memory.test_recall import LIFE, ask, remember

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=900)


def pin(person, memory, pinned=True):
    with acting_as(person.pk):
        return pinning.pin(person_id=person.pk, memory_id=memory.pk, pinned=pinned)


def test_a_pinned_memory_keeps_all_of_itself_and_one_let_go_stands_where_it_would_be(ana):
    remember(ana, LIFE[:1], at=clock.now() - LONG_AGO)
    with acting_as(ana.pk):
        memory = Memory.objects.get()
    later = clock.now() + LONG_AGO
    assert pin(ana, memory).retention(later) == 1.0
    let_go = pin(ana, memory, pinned=False)
    assert (let_go.state, let_go.retention(later) < 0.2) == ("faded", True)


def test_a_stranger_pins_nothing(ana, stranger):
    remember(ana, LIFE[:1])
    with acting_as(ana.pk):
        memory = Memory.objects.get()
    with pytest.raises(Memory.DoesNotExist):
        pin(stranger, memory)


def test_a_pinned_fact_keeps_the_words_it_was_told_in_from_fading_out_of_talk(ana):
    consolidate(ana, told(ana, "My sister lives in Porto, and she restores old violins.", at=clock.now() - LONG_AGO))
    said = "I keep thinking of my sister and her old violins in Porto."
    assert ask(ana, said, asked=False).candidates == []
    pin(ana, known(ana)[0])
    assert len(ask(ana, said, asked=False).candidates) == 1
