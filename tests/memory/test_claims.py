"""A reply is claimed by one worker, however many reach for it at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from memory import clock
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Reply, Turn
from tests.memory.test_dialogue import say
from worker import sweeps

pytestmark = pytest.mark.django_db


def test_of_those_that_wait_for_the_same_reply_one_gets_it(ana):
    reply_id = say(ana, "Who answers this?").reply.pk

    def claim(_):
        try:
            with acting_as(ana.pk):
                return replies.claim(reply_id=reply_id) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as threads:
        with acting_as(ana.pk):
            Reply.objects.select_for_update().get(pk=reply_id)
            claimed = threads.map(claim, range(3))
            time.sleep(0.5)  # all three have read the row and wait for it
        assert sorted(claimed) == [False, False, True]


def test_nobody_answers_what_was_said_otherwise(ana):
    said = say(ana, "Who answers this?")
    with acting_as(ana.pk):
        Turn.objects.filter(pk=said.turn.pk).update(stands=False)
        assert replies.claim(reply_id=said.reply.pk) is None


def test_a_reply_whose_worker_died_is_taken_up_though_the_clock_was_set_back(ana, time_machine):
    reply_id = say(ana, "Who answers this?").reply.pk
    with acting_as(ana.pk):
        assert replies.claim(reply_id=reply_id) is not None
    time_machine.move_to(clock.now() - timedelta(hours=1))
    assert sweeps.overlooked_replies() == [(ana.pk, reply_id)]
    with acting_as(ana.pk):
        assert replies.claim(reply_id=reply_id) is not None


def test_a_reply_that_waits_is_queued_again_though_the_clock_was_set_back(ana, time_machine):
    reply_id = say(ana, "Who answers this?").reply.pk
    time_machine.move_to(clock.now() - timedelta(hours=1))
    assert sweeps.overlooked_replies() == [(ana.pk, reply_id)]


@pytest.mark.parametrize("seconds", [5, -5])
def test_a_reply_that_is_being_written_is_left_to_its_worker_where_another_clock_differs(ana, time_machine, seconds):
    reply_id = say(ana, "Who answers this?").reply.pk
    with acting_as(ana.pk):
        assert replies.claim(reply_id=reply_id) is not None
    time_machine.move_to(clock.now() + timedelta(seconds=seconds))
    assert sweeps.overlooked_replies() == []
    with acting_as(ana.pk):
        assert replies.claim(reply_id=reply_id) is None
