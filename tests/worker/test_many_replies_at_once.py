"""Far more replies are streamed at once than there are connections to the database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from memory import encoder
from memory.isolation import acting_as
from memory.models import Reply
from tests.memory.test_dialogue import say
from worker.replying import write_reply

pytestmark = pytest.mark.django_db

REPLIES = 40


class Together:
    """An engine that says its first word only once it was asked for all replies."""

    name = "together"
    converses = True

    def __init__(self, parties):
        self.all_are_streaming = Barrier(parties, timeout=120)

    def stream(self, prompt, *, stopped):
        yield "Well, "
        self.all_are_streaming.wait()
        assert connection.connection is None, "a connection is held while the engine talks"
        yield "good morning."


def test_all_are_answered_whole_and_hold_no_connection_while_the_engine_talks(ana):
    assert settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] < REPLIES
    said = [say(ana, f"Good morning number {number}!") for number in range(REPLIES)]
    engine, reader = Together(REPLIES), encoder.current()

    def write(one):
        try:
            write_reply(person_id=ana.pk, reply_id=one.reply.pk, engine=engine, encoder=reader)
        finally:
            connection.close()

    with ThreadPoolExecutor(REPLIES) as threads:
        list(threads.map(write, said))
    with acting_as(ana.pk):
        replies = list(Reply.objects.values_list("state", "answer__text"))
    assert replies == [("whole", "Well, good morning.")] * REPLIES
