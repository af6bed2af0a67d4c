"""Parts die, and nothing that was acknowledged is lost, doubled or left hanging."""

import asyncio
import signal

import pytest
import redis as redis_client
from channels.db import database_sync_to_async
from django.conf import settings

from memory.isolation import acting_as
from memory.models import Reply, Turn
from tests import parts
from tests.people import make_person
from tests.socket_client import open_tab, signed_in_cookie
from tests.stack import running

pytestmark = pytest.mark.stack

PATIENCE = 120  # seconds: on a busy machine a worker that was started anew loads its encoder for half a minute

PROCESSES = ("web", "chat", "beat")


@pytest.fixture(scope="module")
def one_stack(django_db_setup, django_db_blocker, tmp_path_factory, engine_server):
    with django_db_blocker.unblock():
        environment = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
        with running(tmp_path_factory.mktemp("faults"), *PROCESSES, **environment) as stack:
            yield stack


@pytest.fixture
def stack(one_stack):
    """All of it runs, whatever a test before has killed."""
    one_stack.start(*(name for name in PROCESSES if not one_stack.runs(name)))
    return one_stack


@pytest.fixture
def ana(stack):
    return make_person("Ana")


@pytest.fixture
def cookie(ana):
    return signed_in_cookie(ana)


@database_sync_to_async
def said_by(person, speaker):
    with acting_as(person.pk):
        return list(Turn.objects.of(person.pk).filter(speaker=speaker).order_by("pk").values_list("text", flat=True))


@database_sync_to_async
def reply_of(person, reply):
    with acting_as(person.pk):
        return Reply.objects.get(pk=reply)


async def whole_log(tab, reply, frames):
    """Frames of a reply until it is done; a client drops partial words at `again`."""
    while True:
        frame = await tab.receive(reply=reply)
        if frame["type"] == "again":
            frames.clear()
        if frame["type"] == "done":
            return frame
        frames.append(frame)


async def test_a_chat_worker_killed_in_the_middle_of_a_reply_loses_and_doubles_nothing(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Tell me of the river. /slow")
        frames = [await tab.receive("words", reply=kept["reply"])]
        await asyncio.to_thread(stack.kill, "chat", signal.SIGKILL)
        await asyncio.to_thread(stack.start, "chat")
        done = await asyncio.wait_for(whole_log(tab, kept["reply"], frames), PATIENCE)
    assert done["state"] == "whole"
    assert done["text"] == "".join(frame["text"] for frame in frames if frame["type"] == "words")
    assert await said_by(ana, "person") == ["Tell me of the river. /slow"]
    assert await said_by(ana, "companion") == [done["text"]]
    assert (await reply_of(ana, kept["reply"])).attempts == 2


async def test_a_web_process_killed_in_the_middle_of_a_reply_is_resumed_from_the_last_sequence(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Tell me of the woods. /slow")
        frames = [await tab.receive("words", reply=kept["reply"])]
        await asyncio.to_thread(stack.kill, "web", signal.SIGKILL)
    await asyncio.to_thread(stack.start, "web")
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.send(type="follow", reply=kept["reply"], last_seq=frames[0]["seq"])
        done = await asyncio.wait_for(whole_log(tab, kept["reply"], frames), PATIENCE)
    assert done["state"] == "whole"


async def test_what_is_said_while_no_worker_runs_is_kept_and_answered_when_one_comes(stack, ana, cookie):
    await asyncio.to_thread(stack.kill, "chat", signal.SIGTERM)
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Anybody there?")
        assert kept["type"] == "kept"
        await asyncio.to_thread(stack.start, "chat")
        done = await asyncio.wait_for(tab.receive("done", reply=kept["reply"]), PATIENCE)
    assert done["state"] == "whole"
    assert len(await said_by(ana, "companion")) == 1


async def insist(tab, text, client_id):
    """Send the same message again until it is kept, as the page does."""
    while (answer := await tab.say(text, client_id=client_id))["type"] != "kept":
        await asyncio.sleep(0.5)
    return answer


async def test_a_stopped_database_is_told_keeps_nothing_half_and_heals(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.ask("Before.")
        with parts.postgres_stopped():
            refused = await tab.say("Meanwhile.", client_id="11111111-1111-4111-8111-111111111111")
        assert refused["type"] == "error"
        assert (refused["code"], refused["retry"]) == ("unavailable", True)
        assert refused["client_id"] == "11111111-1111-4111-8111-111111111111"
        kept = await asyncio.wait_for(insist(tab, "Meanwhile.", refused["client_id"]), PATIENCE)
        await asyncio.wait_for(tab.receive("done", reply=kept["reply"]), PATIENCE)
    assert await said_by(ana, "person") == ["Before.", "Meanwhile."]


async def test_a_stopped_redis_is_told_and_what_was_said_is_answered_once_it_is_back(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.ask("Before.")
        with parts.redis_frozen():
            kept = await tab.say("Meanwhile.")
            assert kept["type"] == "kept"
            told = await asyncio.wait_for(tab.receive("error"), PATIENCE)
            assert told["code"] == "unavailable"
        done = await asyncio.wait_for(tab.receive("done", reply=kept["reply"]), PATIENCE)
    assert done["state"] == "whole"
    assert await said_by(ana, "person") == ["Before.", "Meanwhile."]
    assert len(await said_by(ana, "companion")) == 2


async def test_a_redis_that_lost_everything_in_the_middle_of_a_reply_costs_no_word_of_it(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Tell me of the hills. /slow")
        await tab.receive("words", reply=kept["reply"])
        redis_client.Redis.from_url(settings.REDIS_URL).flushall()
        done = await asyncio.wait_for(tab.receive("done", reply=kept["reply"]), PATIENCE)
    assert done["state"] == "whole"
    assert await said_by(ana, "companion") == [done["text"]]
    for name in PROCESSES:  # the queues that they declared went too; those of the next test declare them anew
        stack.kill(name)
