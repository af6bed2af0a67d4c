"""An erasure in the background: what is due is carried out, Redis forgets too, and no death in between matters."""

from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisAway

from memory import encoder, erasure, leaving
from memory import reply as replies
from memory.isolation import acting_as
from memory.models import Erasure, Reply, Turn
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import SECRET, answered, count, forget
from tests.memory.test_recall import remember
from worker import erasing, stream, sweeps, tasks
from worker.engines.recall_only import RecallOnly
from worker.reply_log import ReplyLog
from worker.replying import write_reply
from worker.stream import connection, stream_key

pytestmark = pytest.mark.django_db

WORD = b"zanzibarite"


@pytest.fixture(autouse=True)
def no_logs_of_before():
    """Other tests' replies left theirs, and nobody erases those."""
    redis = connection()
    if keys := list(redis.scan_iter("rosemary:reply:*")):
        redis.delete(*keys)


def redis_holds(word):
    """The keys of Redis in whose values the word stands."""
    redis, found = connection(), []
    read = {
        b"stream": redis.xrange,
        b"string": redis.get,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
    }
    for key in redis.scan_iter("*"):
        if word in str(read[redis.type(key)](key)).encode():
            found.append(key)
    return found


def state(person, asked):
    with acting_as(person.pk):
        return Erasure.objects.get(pk=asked.pk).state


def test_the_logs_of_replies_are_emptied_once_the_rows_are_gone(ana):
    told = answered(ana, SECRET)
    again = answered(ana, "Where does my brooch lie?")
    assert set(redis_holds(WORD)) >= {stream_key(again.pk).encode()}
    asked = forget(ana, told.turn_id)
    tasks.erase(ana.pk, asked.pk)
    assert redis_holds(WORD) == []
    assert state(ana, asked) == "done"


def test_whoever_still_writes_into_the_log_of_a_reply_that_is_gone_is_refused(ana):
    said = say(ana, SECRET)
    with acting_as(ana.pk):
        reply = replies.claim(reply_id=said.reply.pk)
    late = ReplyLog(reply.pk, asked=reply.asked, attempt=reply.attempts)
    late.write("words", text=SECRET)
    late.settle()
    tasks.erase(ana.pk, forget(ana, said.turn.pk).pk)
    late.write("words", text=SECRET)
    late.settle()
    assert late.refused
    assert redis_holds(WORD) == []


def test_a_reply_that_is_begun_anew_follows_in_its_log_and_the_one_before_is_refused(ana):
    (turn,) = remember(ana, [SECRET])
    said = say(ana, "Where does my brooch lie?")
    with acting_as(ana.pk):
        reply = replies.claim(reply_id=said.reply.pk)
    late = ReplyLog(reply.pk, asked=reply.asked, attempt=reply.attempts)
    late.write("words", text=SECRET)
    late.settle()
    asked = forget(ana, turn.pk, after=timedelta(minutes=1))
    left = erasing.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert left.reply_ids == [reply.pk]
    late.write("words", text=SECRET)
    late.settle()
    assert late.refused
    assert redis_holds(WORD) == []
    write_reply(person_id=ana.pk, reply_id=reply.pk, engine=RecallOnly(), encoder=encoder.current())
    with acting_as(ana.pk):
        assert Reply.objects.get(pk=reply.pk).state == "whole"
    assert connection().xlen(stream_key(reply.pk)) > 2


def test_the_sweep_finds_what_is_due_and_what_was_left_half_done(ana, time_machine, monkeypatch):
    time_machine.move_to("2026-11-05T12:00:00Z")
    told = answered(ana, SECRET)
    asked = forget(ana, told.turn_id, after=timedelta(seconds=30))
    assert sweeps.erasures_due() == []
    time_machine.shift(timedelta(seconds=31))
    assert sweeps.erasures_due() == [(ana.pk, asked.pk)]
    with monkeypatch.context() as patch:
        patch.setattr(stream, "_empty", away)
        with pytest.raises(RedisAway):
            tasks.erase(ana.pk, asked.pk)
    assert state(ana, asked) == "erased"
    assert count(Turn, ana) == 0
    assert sweeps.erasures_due() == [(ana.pk, asked.pk)]
    tasks.erase(ana.pk, asked.pk)
    assert sweeps.erasures_due() == []
    assert state(ana, asked) == "done"
    assert redis_holds(WORD) == []


def away(*_):
    raise RedisAway


def test_carried_out_twice_is_carried_out_once(ana):
    told = answered(ana, SECRET)
    asked = forget(ana, told.turn_id)
    tasks.erase(ana.pk, asked.pk)
    with acting_as(ana.pk):
        receipt = Erasure.objects.values().get(pk=asked.pk)
    tasks.erase(ana.pk, asked.pk)
    with acting_as(ana.pk):
        assert Erasure.objects.values().get(pk=asked.pk) == receipt


def test_turns_that_lost_their_keys_are_queued_to_get_new_ones(ana, monkeypatch):
    turns = remember(ana, ["We had soup.", SECRET, "The dog slept."])
    queued = []
    monkeypatch.setattr(tasks.index, "delay", lambda *ids: queued.append(ids))
    tasks.erase(ana.pk, forget(ana, turns[1].pk).pk)
    assert queued == [(ana.pk, [turns[0].pk, turns[2].pk])]


def test_with_the_account_go_the_logs(ana, settings):
    settings.LEAVE_AFTER_SECONDS = 0
    told = answered(ana, SECRET)
    answered(ana, "Where does my brooch lie?", conversation=told.turn.conversation_id)
    erasing.carry_out(person_id=ana.pk, erasure_id=leaving.ask(person_id=ana.pk).pk)
    assert redis_holds(WORD) == []
    with pytest.raises(erasure.NothingToForget):
        forget(ana, told.turn_id)
