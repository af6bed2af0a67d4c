"""Two workers a queue under load: one is killed, one is told to stop, and nobody loses a word."""

import asyncio
import signal
import time

import pytest
from channels.db import database_sync_to_async

from companion.operations.benchmarks.synthetic import SESSION, Talk, history
from memory import clock, encoder
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Companion, Memory, Reply, Session, Speaker, Step, Turn
from tests.people import make_person
from tests.socket_client import open_tab, signed_in_cookie
from tests.stack import running
from worker import backlog, tasks

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

PEOPLE = 6
MESSAGES = 2  # of each
SESSIONS = 6  # that somebody imports meanwhile
PATIENCE = 200  # seconds: the machine may be busy with other tests
WORKERS = ("chat", "chat.2", "memory", "memory.2")


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory, engine_server):
    with django_db_blocker.unblock():
        environment = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
        with running(tmp_path_factory.mktemp("many"), "web", "beat", *WORKERS, **environment) as stack:
            yield stack


def imported(person):
    """Months of somebody’s talk elsewhere, all due to be consolidated."""
    with acting_as(person.pk):
        companion = Companion.objects.create(owner=person, created_at=clock.now())
    keep(companion=companion, history=history(Talk(), turns=SESSIONS * SESSION), encoder=encoder.current())
    with acting_as(person.pk):
        return list(Session.objects.of(person.pk).values_list("pk", flat=True))


async def talk(stack, cookie, replies):
    """A few messages, one after the other, each followed to its end."""
    async with open_tab(stack.url, cookie=cookie) as tab:
        conversation = None
        for number in range(MESSAGES):
            done = await asyncio.wait_for(tab.ask(f"Word {number}, please. /slow", conversation=conversation), PATIENCE)
            replies.append(done)
            conversation = conversation or (await database_sync_to_async(conversation_of)(done["reply"], cookie))


def conversation_of(reply_id, cookie):
    person_id = OWNERS[cookie]
    with acting_as(person_id):
        return str(Reply.objects.get(pk=reply_id).turn.conversation_id)


OWNERS = {}


async def lose_workers(stack):
    """A second after the other: one is killed, one stops in order, and one that nobody was told of comes."""
    await asyncio.sleep(2)
    await asyncio.to_thread(stack.kill, "chat", signal.SIGKILL)
    await asyncio.to_thread(stack.kill, "memory", signal.SIGKILL)
    await asyncio.to_thread(stack.start, "chat.3", "memory.3")
    stopping = stack.processes["chat.2"], stack.processes["memory.2"]
    for process in stopping:
        process.send_signal(signal.SIGTERM)
    return [await asyncio.to_thread(process.wait, 60) for process in stopping]


def wait_until(met, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert met()


def test_no_reply_and_no_memory_is_lost_or_doubled_when_workers_die_and_stop_under_load(stack):
    people = [make_person(f"Talker{number}") for number in range(PEOPLE)]
    OWNERS.update({signed_in_cookie(person): person.pk for person in people})
    importer = make_person("Importer")
    sessions = imported(importer)
    for session_id in sessions:
        tasks.consolidate.delay(importer.pk, session_id)
    replies = []

    async def all_of_it():
        talking = [talk(stack, cookie, replies) for cookie in OWNERS]
        return (await asyncio.gather(lose_workers(stack), *talking))[0]

    assert asyncio.run(all_of_it()) == [0, 0]
    assert [reply["state"] for reply in replies] == ["whole"] * (PEOPLE * MESSAGES)
    for person in people:
        with acting_as(person.pk):
            said = Turn.objects.of(person.pk).filter(speaker=Speaker.PERSON).count()
            answered = list(Turn.objects.of(person.pk).filter(speaker=Speaker.COMPANION).values_list("text", flat=True))
            attempts = max(Reply.objects.of(person.pk).values_list("attempts", flat=True))
        assert said == MESSAGES
        assert answered == ["One word after the other, and then the end."] * MESSAGES
        assert attempts <= 2

    def steps_done():
        with acting_as(importer.pk):
            left = Step.objects.of(importer.pk).exclude(state=Step.State.DONE)
            if stuck := list(left.values_list("session_id", flat=True).distinct()):
                if not backlog.length("memory"):  # what a killed worker held comes back after its lease
                    for session_id in stuck:
                        tasks.consolidate.delay(importer.pk, session_id)
                return False
        return True

    wait_until(steps_done)
    with acting_as(importer.pk):
        summaries = Memory.objects.of(importer.pk).filter(kind=Memory.Kind.SESSION_SUMMARY)
        assert sorted(summaries.values_list("session_id", flat=True)) == sorted(sessions)


def test_who_comes_to_a_full_queue_is_told_and_answered_later(stack):
    for name in [name for name in stack.processes if name.startswith("chat") and stack.runs(name)]:
        stack.kill(name, signal.SIGTERM)
    ana, sam = make_person("Ana"), make_person("Sam")

    async def come():
        async with (
            open_tab(stack.url, cookie=signed_in_cookie_of[ana.pk]) as first,
            open_tab(stack.url, cookie=signed_in_cookie_of[sam.pk]) as second,
        ):
            waiting = await first.say("Is anybody there?")
            await asyncio.sleep(backlog.CROWDED + 1)
            kept = await second.say("Hello?")
            told = await asyncio.wait_for(second.receive("error"), PATIENCE)
            assert "Your words are kept" in told["message"]
            assert (told["reply"], told["retry"]) == (kept["reply"], False)
            await asyncio.to_thread(stack.start, "chat.4")
            for tab, reply in ((first, waiting["reply"]), (second, kept["reply"])):
                done = await asyncio.wait_for(tab.receive("done", reply=reply), PATIENCE)
                assert done["state"] == "whole"

    signed_in_cookie_of = {person.pk: signed_in_cookie(person) for person in (ana, sam)}
    asyncio.run(come())
