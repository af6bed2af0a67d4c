"""What all depends on fails in its own way: who talks is told, nothing acknowledged goes, and all of it heals."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import redis

from tests.faults.household import Household, household
from tests.faults.talkers import SLOW, Talker, ended, newcomer
from tests.socket_client import open_tab
from tests.stack import ROOT
from worker.heartbeat import SEEN

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PATIENCE = 180  # seconds: on a busy machine a worker that was started anew loads its encoder for half a minute
SILENCE = 4  # seconds after which a silent engine is given up


@pytest.fixture(scope="module")
def house(tmp_path_factory, engine_server) -> Iterator[Household]:
    told = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo", "ENGINE_TIMEOUT": str(SILENCE)}
    with household(tmp_path_factory.mktemp("hard"), **told) as house:
        yield house


@pytest.fixture(scope="module")
def ana(house) -> Talker:
    return newcomer(house.stack.url, "anamiro")


@pytest.fixture(scope="module")
def sam(house, ana) -> Talker:
    return newcomer(house.stack.url, "samogalu")


def standing(house, reply):
    """State, answer and explanation of a reply."""
    found = house.rows(
        "select r.state, a.text, r.explanation from memory_reply r left join memory_turn a on a.id = r.answer_id"
        " where r.id = %s",
        [reply],
    )
    return found[0]


async def to_the_end(tab, reply):
    return await asyncio.wait_for(ended(tab, reply), PATIENCE)


# Redis is emptied


async def test_after_redis_was_emptied_queues_work_without_anybody_starting_anew(house, ana):
    client = redis.Redis.from_url(house.environment["REDIS_URL"])
    async with open_tab(house.stack.url, cookie=ana.cookie) as tab:
        await tab.ask("Before.")
        client.flushall()
        asked = time.monotonic()
        kept = await tab.say("After.")
        done = await to_the_end(tab, kept["reply"])
    assert done["state"] == "whole"
    assert time.monotonic() - asked < PATIENCE
    for name in ("web", "chat", "memory", "beat"):
        assert house.stack.runs(name)
    deadline = time.monotonic() + 60
    while not client.exists(SEEN) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    assert client.exists(SEEN), "what beat sends reaches the worker no more"


def test_after_redis_was_emptied_workers_answer_who_asks_for_them(house):
    redis.Redis.from_url(house.environment["REDIS_URL"]).flushall()
    deadline, answer = time.monotonic() + 90, ""
    while "pong" not in answer and time.monotonic() < deadline:
        command = [sys.executable, "-m", "celery", "-A", "worker.app", "inspect", "ping", "--timeout", "3"]
        asked = subprocess.run(
            command, cwd=ROOT, env=house.stack.environment, capture_output=True, text=True, check=False
        )
        answer = asked.stdout
    assert answer.count("pong") == 2, answer


# The database's disk is full


@contextmanager
def no_room(house, speaker):
    """PostgreSQL refuses a turn of this speaker's as it does where its disk is full."""
    refuse = f"""
        create function no_room() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger no_room before insert on memory_turn for each row
        when (new.speaker = '{speaker}') execute function no_room()
    """
    with psycopg.connect(house.environment["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(refuse)
        try:
            yield
        finally:
            owner.execute("drop trigger no_room on memory_turn; drop function no_room")


async def test_on_a_full_disk_nothing_is_acknowledged_and_the_page_is_told_to_send_it_again(house, ana):
    async with open_tab(house.stack.url, cookie=ana.cookie) as tab:
        with no_room(house, "person"):
            refused = await tab.say("Is there room?", client_id="22222222-2222-4222-8222-222222222222")
        assert (refused["type"], refused["code"], refused["retry"]) == ("error", "unavailable", True)
        assert refused["client_id"] == "22222222-2222-4222-8222-222222222222"
        assert house.rows("select count(*) from memory_turn where text = 'Is there room?'") == [(0,)]
        kept = await tab.say("Is there room?", client_id=refused["client_id"])
        assert (await to_the_end(tab, kept["reply"]))["state"] == "whole"


async def test_a_reply_that_finds_no_room_is_written_again_once_there_is(house, ana):
    async with open_tab(house.stack.url, cookie=ana.cookie) as tab:
        with no_room(house, "companion"):
            kept = await tab.say("Tell me of the cellar. /slow")
            await tab.receive("words", reply=kept["reply"])
            await asyncio.sleep(3.5)  # it has come to its end, and could not be kept
            assert standing(house, kept["reply"])[0] in ("waiting", "writing")
        done = await to_the_end(tab, kept["reply"])
    assert done["state"] in ("whole", "broken")
    assert done["state"] == "broken" or done["text"] == SLOW
    assert done["state"] == "whole" or (done["explanation"] and done["can_retry"])


# The engine hangs


async def test_an_engine_that_hangs_is_given_up_and_told_and_holds_nobody_else_up(house, ana, sam):
    async with (
        open_tab(house.stack.url, cookie=ana.cookie) as one,
        open_tab(house.stack.url, cookie=sam.cookie) as other,
    ):
        hanging = await one.say("Do you hear me? /silent")
        begun = time.monotonic()
        assert (await other.ask("And me?"))["state"] == "whole"
        assert time.monotonic() - begun < SILENCE
        done = await to_the_end(one, hanging["reply"])
    assert (done["state"], done["can_retry"]) == ("broken", True)
    assert done["explanation"]


# The clock is set back


async def test_a_clock_that_is_set_back_an_hour_keeps_order_and_holds_no_reply_up(house, sam):
    async with open_tab(house.stack.url, cookie=sam.cookie) as tab:
        before = await tab.say("Before the clock was set back. /slow")
        await tab.receive("words", reply=before["reply"])
        for name in ("chat", "beat", "web"):
            await asyncio.to_thread(house.stack.kill, name)
    try:
        await asyncio.to_thread(house.stack.start, "web", "chat", "beat", CLOCK_SHIFT="-3600")
        async with open_tab(house.stack.url, cookie=sam.cookie) as tab:
            done = await to_the_end(tab, before["reply"])
            assert (done["state"], done["text"]) == ("whole", SLOW)
            after = await tab.say("After it.", conversation=before["conversation"])
            assert after["type"] == "kept"
            assert (await to_the_end(tab, after["reply"]))["state"] == "whole"
        told = house.rows(
            "select text from memory_turn where conversation_id = %s and speaker = 'person' order by number",
            [before["conversation"]],
        )
        assert [text for (text,) in told] == ["Before the clock was set back. /slow", "After it."]
    finally:
        for name in ("chat", "beat", "web"):
            await asyncio.to_thread(house.stack.kill, name)
        await asyncio.to_thread(house.stack.start, "web", "chat", "beat")
