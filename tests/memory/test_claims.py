"""A reply is claimed by one worker, however many reach for it at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Reply, Turn
from tests.memory.test_dialogue import say

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
