"""Logs of replies, followed by many at once through one reader: whole, in order, each their own."""

import asyncio
import json
from contextlib import AsyncExitStack, aclosing
from uuid import uuid4

import pytest

from companion.chat import following, metrics
from companion.chat.consumer import ChatConsumer
from companion.chat.following import _reader, follow
from companion.chat.pace import Pace
from tests import parts
from worker.reply_log import ReplyLog
from worker.stream import stream_key

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def nothing_is_finished(monkeypatch):
    """The database says of every reply that it is being written, but of those that are named here."""
    done = {}
    monkeypatch.setattr(following, "finished", lambda person, reply_id, *, seq: done.get(reply_id))
    return done


class Ended:
    """What the database tells of a finished reply."""

    def model_dump_json(self):
        return json.dumps({"type": "done"})


def opened():
    return ReplyLog(uuid4(), asked=1, attempt=1)


async def say(entries, *words):
    for word in words:
        entries.write("words", text=word)
        await asyncio.to_thread(entries.settle)


async def heard(frames, most=1000):
    """What a follower gets, until it ends or has so many."""
    told = []
    async with asyncio.timeout(PATIENCE):
        async for text in frames:
            told.append(json.loads(text))
            if len(told) == most:
                break
    return told


def text_of(told):
    return "".join(frame["text"] for frame in told if frame["type"] == "words")


async def test_a_follower_hears_what_was_there_and_what_comes(nothing_is_finished):
    entries = opened()
    await say(entries, "One ", "two ")
    async with aclosing(follow(None, entries.reply_id, 0)) as frames:
        first = await heard(frames, 2)
        await say(entries, "three")
        nothing_is_finished[entries.reply_id] = Ended()
        entries.write("done", state="whole")
        rest = await heard(frames)
    assert text_of(first) + text_of(rest) == "One two three"
    assert rest[-1] == {"type": "done"}


async def test_of_a_reply_that_was_just_asked_for_the_database_is_not_asked_first(monkeypatch):
    asked = []
    monkeypatch.setattr(following, "finished", lambda person, reply_id, *, seq: asked.append(seq) or Ended())
    entries = opened()
    async with aclosing(follow(None, entries.reply_id, 0, is_open=True)) as frames:
        await say(entries, "One")
        assert text_of(await heard(frames, 1)) == "One"
        assert not asked
        entries.write("done", state="whole")
        assert await heard(frames) == [{"type": "done"}]
    assert len(asked) == 1


async def test_followers_of_one_log_begin_wherever_they_were_and_hear_nothing_twice():
    entries = opened()
    await say(entries, "a", "b", "c")
    async with AsyncExitStack() as leaving:
        latest = await leaving.enter_async_context(aclosing(follow(None, entries.reply_id, entries.sequence)))
        waiting = asyncio.create_task(heard(latest, 2))
        await asyncio.sleep(0.2)  # it waits for what is new
        early = await leaving.enter_async_context(aclosing(follow(None, entries.reply_id, 0)))
        assert text_of(await heard(early, 3)) == "abc"
        await say(entries, "d", "e")
        assert text_of(await waiting) == "de"
        assert text_of(await heard(early, 2)) == "de"


async def test_a_read_that_waits_is_woken_for_another_log():
    silent, talking = opened(), opened()
    await say(silent, "…")
    async with AsyncExitStack() as leaving:
        first = await leaving.enter_async_context(aclosing(follow(None, silent.reply_id, silent.sequence)))
        waiting = asyncio.create_task(heard(first, 1))
        await asyncio.sleep(0.3)
        await say(talking, "Hello")
        second = await leaving.enter_async_context(aclosing(follow(None, talking.reply_id, 0)))
        began = asyncio.get_running_loop().time()
        assert text_of(await heard(second, 1)) == "Hello"
        assert asyncio.get_running_loop().time() - began < following.LOOK_UP / 2
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_a_hundred_logs_are_each_heard_whole_by_their_own():
    logs = [opened() for _ in range(100)]
    async with AsyncExitStack() as leaving:
        followers = [await leaving.enter_async_context(aclosing(follow(None, one.reply_id, 0))) for one in logs]
        hearing = [asyncio.create_task(heard(frames, 4)) for frames in followers]
        for word in range(4):
            for number, entries in enumerate(logs):
                entries.write("words", text=f"{number}.{word} ")
            await asyncio.to_thread(logs[0].settle)
            await asyncio.sleep(0.2)
        for number, told in enumerate(await asyncio.gather(*hearing)):
            assert text_of(told) == "".join(f"{number}.{word} " for word in range(4))


async def test_who_takes_nothing_for_long_is_given_the_rest_from_where_they_stand(monkeypatch):
    monkeypatch.setattr(following, "MOST_HELD", 3)
    entries = opened()
    with _reader().following(stream_key(entries.reply_id), 0) as slow:
        for number in range(9):
            await say(entries, f"{number} ")
            await asyncio.sleep(0.05)
        got = []
        async with asyncio.timeout(PATIENCE):
            while len(got) < 9:
                got += [json.loads(text)["text"] for _, text in await slow.next()]
    assert "".join(got) == "0 1 2 3 4 5 6 7 8 "


async def test_while_redis_is_away_the_database_is_asked(nothing_is_finished, monkeypatch):
    monkeypatch.setattr(following, "LOOK_UP", 1.0)
    entries = opened()
    await say(entries, "One ")
    async with aclosing(follow(None, entries.reply_id, 0)) as frames:
        assert text_of(await heard(frames, 1)) == "One "
        with parts.redis_frozen():
            nothing_is_finished[entries.reply_id] = Ended()
            assert await heard(frames) == [{"type": "done"}]


async def test_nothing_is_held_of_logs_that_nobody_follows_any_more():
    entries = opened()
    await say(entries, "One")
    async with aclosing(follow(None, entries.reply_id, 0)) as frames:
        await heard(frames, 1)
    assert _reader()._followers == {}
    assert _reader()._places == {}


async def test_what_begins_anew_right_after_an_end_is_heard_from_its_first_word():
    entries = opened()
    entries.write("words", text="One ")
    entries.write("done", state="broken")
    entries.write("again")
    entries.write("words", text="Two")
    await asyncio.to_thread(entries.settle)
    async with aclosing(follow(None, entries.reply_id, 0)) as frames:
        assert [frame["type"] for frame in await heard(frames, 3)] == ["words", "again", "words"]


async def test_a_socket_whose_peer_has_gone_gives_back_what_it_held(monkeypatch):
    pace = Pace()

    async def connect(consumer):
        consumer.pace = pace
        pace.tabs.add(consumer)
        raise OSError("the peer has gone")

    async def come():
        return {"type": "websocket.connect"}

    async def send(_):
        raise OSError("the peer has gone")

    monkeypatch.setattr(ChatConsumer, "connect", connect)
    before = metrics.sockets._value.get()
    with pytest.raises(OSError, match="gone"):
        await ChatConsumer()({"type": "websocket"}, come, send)
    assert len(pace.tabs) == 0
    assert metrics.sockets._value.get() == before


async def test_what_can_no_longer_be_said_is_no_error():
    async def send(_):
        raise OSError("the peer has gone")

    consumer = ChatConsumer()
    consumer.base_send = send
    await consumer.send_text("{}")
    assert consumer.gone
