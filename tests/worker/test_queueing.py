"""What is asked for now is queued; where the queue can't be reached, a sweep has it, and whoever asked goes on."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from memory import companions
from memory.isolation import acting_as
from memory.models import Erasure, Memory
from tests import parts
from tests.memory.test_dialogue import companion_of
from tests.memory.test_recall import remember
from worker import sweeps, tasks
from worker.queueing import soon

pytestmark = pytest.mark.django_db


def test_while_redis_is_away_whoever_asks_goes_on_and_the_log_says_what_waits(caplog):
    assert soon(tasks.erase, 1, 1)
    with parts.redis_frozen(), caplog.at_level(logging.WARNING, "worker.queueing"):
        assert not soon(tasks.erase, 1, 1)
    assert "worker.tasks.erase waits for a sweep" in caplog.text


def test_what_a_page_has_erased_meanwhile_is_hidden_and_the_sweep_carries_it_out(ana, settings):
    settings.ERASE_AFTER_SECONDS = 0
    companion_of(ana)
    turn = remember(ana, ["The kettle sings."])[0]
    with acting_as(ana.pk):
        basil = companions.create(person_id=ana.pk, name="Basil")
        memory_id = Memory.objects.get(sources__turn=turn.pk).pk
    client = Client()
    client.force_login(ana)
    with parts.redis_frozen():
        forgotten = client.post(reverse("memory_forget", args=[memory_id]), "{}", content_type="application/json")
        deleted = client.post(reverse("preferences_companion_delete", args=[basil.pk]))
    assert (forgotten.status_code, deleted.status_code) == (200, 302)
    with acting_as(ana.pk):
        kinds = dict(Erasure.objects.values_list("pk", "kind"))
    assert sorted(kinds.values()) == ["companion", "memory"]
    assert sorted(sweeps.erasures_due()) == sorted((ana.pk, pk) for pk in kinds)
