"""The websocket, on a running web process and worker: kept before acknowledged, streamed in order, stopped, resumed."""

import asyncio
import json
import time
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from websockets.exceptions import ConnectionClosed, InvalidStatus

from memory import policy
from memory.isolation import acting_as
from memory.models import Key, Reply, Turn
from tests.erasing import erasing
from tests.people import make_person
from tests.socket_client import open_tab, signed_in_cookie
from tests.stack import running

pytestmark = pytest.mark.stack

NOBODYS = "5f0e7a10-7c1b-4c55-9a53-0f1de9a3c2b7"  # an id of nothing that was ever said


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory, engine_server):
    with (
        django_db_blocker.unblock(),
        running(
            tmp_path_factory.mktemp("stack"), "web", "chat", ENGINE_URL=engine_server.url, ENGINE_MODEL="echo"
        ) as stack,
    ):
        yield stack


@database_sync_to_async
def in_database(person):
    with acting_as(person.pk):
        return list(Turn.objects.of(person.pk).order_by("pk").values_list("speaker", "text"))


@database_sync_to_async
def recallable(person, turn):
    """Wait until this turn has its keys: they are made after the reply, and nobody waits for them."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with acting_as(person.pk):
            if Key.objects.of(person.pk).filter(turn=turn).exists():
                return
        time.sleep(0.05)
    raise AssertionError(f"turn {turn} got no keys")


@pytest.fixture
def ana(stack):
    return make_person("Ana")


@pytest.fixture
def stranger(stack):
    return make_person("Sam", time_zone="Asia/Tokyo")


@pytest.fixture
def cookie(ana):
    return signed_in_cookie(ana)


@pytest.fixture
def stranger_cookie(stranger):
    return signed_in_cookie(stranger)


async def test_what_is_acknowledged_is_in_the_database(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("I keep bees behind the garage.")
        assert kept["type"] == "kept"
        assert ("person", "I keep bees behind the garage.") in await in_database(ana)


async def test_a_reply_streams_in_order_and_ends_whole_with_its_receipt(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("I keep bees behind the garage.")
        await tab.receive("done", reply=kept["reply"])
        await recallable(ana, kept["turn"])
        again = await tab.say("Where do I keep my bees?", conversation=kept["conversation"])
        frames = [await tab.receive(reply=again["reply"])]
        while frames[-1]["type"] != "done":
            frames.append(await tab.receive(reply=again["reply"]))
    sequence = [frame["seq"] for frame in frames]
    assert sequence == sorted(set(sequence))
    phases = [frame["phase"] for frame in frames if frame["type"] == "phase"]
    assert phases == ["remembering", "remembered", "thinking"]
    done = frames[-1]
    assert done["state"] == "whole"
    assert done["text"] == "".join(frame["text"] for frame in frames if frame["type"] == "words")
    best = done["receipt"]["recalled"][0]
    assert best["quote"] == "I keep bees behind the garage."
    assert best["in_prompt"]
    assert best["when"].endswith("today")


async def test_the_same_client_id_again_is_answered_alike_and_kept_once(stack, ana, cookie):
    client_id = str(uuid4())
    async with open_tab(stack.url, cookie=cookie) as tab:
        first = await tab.say("Once only.", client_id=client_id)
        again = await tab.say("Once only.", client_id=client_id)
        await tab.receive("done", reply=first["reply"])
    assert first == again
    assert [text for speaker, text in await in_database(ana) if speaker == "person"] == ["Once only."]


async def test_two_tabs_that_send_the_same_message_at_once_keep_it_once(stack, ana, cookie):
    client_id = str(uuid4())
    async with open_tab(stack.url, cookie=cookie) as one, open_tab(stack.url, cookie=cookie) as other:
        answers = await asyncio.gather(*(tab.say("Once only.", client_id=client_id) for tab in (one, other)))
    assert answers[0]["turn"] == answers[1]["turn"]


async def test_the_same_client_id_with_other_words_is_a_conflict(stack, ana, cookie):
    client_id = str(uuid4())
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.say("I like tea.", client_id=client_id)
        assert (await tab.say("I like coffee.", client_id=client_id))["code"] == "conflict"


async def test_another_tab_sees_the_message_and_the_same_stream(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as one, open_tab(stack.url, cookie=cookie) as other:
        kept = await one.say("The kettle sings.")
        said = await other.receive("said")
        assert (said["reply"], said["text"]) == (kept["reply"], "The kettle sings.")
        await other.send(type="follow", reply=said["reply"], last_seq=0)
        done = [await tab.receive("done", reply=kept["reply"]) for tab in (one, other)]
        assert done[0]["text"] == done[1]["text"] != ""


async def test_a_tab_that_comes_back_resumes_after_its_last_sequence(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Tell me of the sea. /slow")
        seen = [await tab.receive("words", reply=kept["reply"])]
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.send(type="follow", reply=kept["reply"], last_seq=seen[0]["seq"])
        frame = await tab.receive(reply=kept["reply"])
        while frame["type"] != "done":
            if frame["type"] != "said":  # told to the first tab's others, of which this may be one by now
                seen.append(frame)
            frame = await tab.receive(reply=kept["reply"])
    sequence = [frame["seq"] for frame in seen]
    assert sequence == sorted(set(sequence))
    assert "".join(frame["text"] for frame in seen) == frame["text"]


async def test_stop_keeps_what_was_written_and_marks_it(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Talk without end. /endless")
        await tab.receive("words", reply=kept["reply"])
        await tab.send(type="stop", reply=kept["reply"])
        done = await asyncio.wait_for(tab.receive("done", reply=kept["reply"]), 10)
    assert done["state"] == "stopped"
    assert ("companion", done["text"]) in await in_database(ana)


async def test_a_broken_engine_is_told_in_plain_words_and_can_be_tried_again(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Break please. /broken-off")
        done = await tab.receive("done", reply=kept["reply"])
        assert done["state"] == "broken"
        assert done["can_retry"]
        assert "language model" in done["explanation"]
        await tab.send(type="try_again", reply=kept["reply"])
        again = await tab.receive("done", reply=kept["reply"])
        assert again["state"] == "broken"
    companion = [text for speaker, text in await in_database(ana) if speaker == "companion"]
    assert len(companion) == 1


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", "malformed"),
        ("[]", "malformed"),
        ("[" * 100_000, "malformed"),
        ('{"type": 7}', "malformed"),
        ('{"type": "dance"}', "unknown_type"),
        ('{"type": "say"}', "malformed"),
        ('{"type": "say", "client_id": "x", "conversation": null, "text": "hi"}', "malformed"),
        ('{"type": "follow", "reply": "00000000-0000-0000-0000-000000000000", "last_seq": -1}', "malformed"),
        ('{"type": "follow", "reply": "00000000-0000-0000-0000-000000000000", "last_seq": 1e400}', "malformed"),
        (f'{{"type": "follow", "reply": "{NOBODYS}", "last_seq": {"9" * 4000}}}', "malformed"),
        (f'{{"type": "follow", "reply": "{NOBODYS}", "last_seq": {2**53}}}', "malformed"),
        ('{"type": "ping", "\\ud800": 1}', "malformed"),
        ('{"type": "ping", "extra": 1}', "malformed"),
        ('{"type": "\\ud800"}', "unknown_type"),
        ('{"type": "say", "client_id": "\\ud800", "conversation": null, "text": "hi"}', "malformed"),
        (json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": ["hi"]}), "malformed"),
        (json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": ""}), "empty"),
        (
            json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": "\r\n\t \u3000"}),
            "empty",
        ),
        (json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": "\u200b \u2060"}), "empty"),
        (json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": " "}), "empty"),
        (
            json.dumps({"type": "say", "client_id": NOBODYS, "conversation": None, "text": "x" * 1_000_000}),
            "too_long",
        ),
        (
            json.dumps({"type": "say", "client_id": NOBODYS, "conversation": NOBODYS, "text": "x"}),
            "not_found",
        ),
        (json.dumps({"type": "stop", "reply": NOBODYS}), "not_found"),
        (json.dumps({"type": "follow", "reply": NOBODYS, "last_seq": 0}), "not_found"),
    ],
    ids=lambda value: value[:40],
)
async def test_what_cannot_be_done_is_answered_and_harms_nothing_else(stack, ana, cookie, frame, code):
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.socket.send(frame)
        assert (await tab.receive("error"))["code"] == code
        assert (await tab.say("Still here."))["type"] == "kept"
    assert [text for speaker, text in await in_database(ana) if speaker == "person"] == ["Still here."]


async def test_bytes_are_answered_and_harm_nothing(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.socket.send(b"\x00\xff")
        assert (await tab.receive("error"))["code"] == "malformed"


async def test_a_lone_surrogate_is_kept_as_a_replacement_character(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        frame = {"type": "say", "client_id": str(uuid4()), "conversation": None, "text": "a\ud800b\0c 👋"}
        await tab.socket.send(json.dumps(frame))
        await tab.receive("kept")
    assert ("person", "a\ufffdb\ufffdc 👋") in await in_database(ana)


@pytest.mark.parametrize(
    "text",
    [
        "\x07\x1b[31mred\x1b[0m\x7f\x85",
        "שלום \u202eabc\u202c مرحبا",
        "👩\u200d👩\u200d👧 🇵🇹 👍🏽",
        "e\u0301 ﷽",
        "x" * 20_000,
    ],
    ids=["control characters", "right to left", "emoji", "combined", "as long as may be"],
)
async def test_unusual_text_is_kept_to_the_letter_and_answered(stack, ana, cookie, text):
    async with open_tab(stack.url, cookie=cookie) as tab:
        done = await tab.ask(text)
    assert done["state"] == "whole"
    assert ("person", text) in await in_database(ana)


async def test_a_socket_without_a_session_is_closed_and_told_why(stack):
    async with open_tab(stack.url) as tab:
        with pytest.raises(ConnectionClosed) as closed:
            await tab.receive()
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "http://localhost.evil.example"])
async def test_a_socket_from_another_origin_is_refused(stack, cookie, origin):
    with pytest.raises(InvalidStatus):
        async with open_tab(stack.url, cookie=cookie, origin=origin):
            pass


async def test_a_stranger_can_neither_continue_nor_follow_nor_stop_what_is_anas(
    stack, ana, cookie, stranger, stranger_cookie
):
    async with open_tab(stack.url, cookie=cookie) as tab, open_tab(stack.url, cookie=stranger_cookie) as other:
        kept = await tab.say("Mine alone.")
        assert (await other.say("Let me in.", conversation=kept["conversation"]))["code"] == "not_found"
        for kind in ("stop", "try_again"):
            await other.send(type=kind, reply=kept["reply"])
            assert (await other.receive("error"))["code"] == "not_found"
        await other.send(type="follow", reply=kept["reply"], last_seq=0)
        assert (await other.receive())["code"] == "not_found"
        assert (await tab.receive("done", reply=kept["reply"]))["state"] == "whole"
    assert await in_database(stranger) == []


async def test_a_stranger_can_change_nothing_that_is_anas(stack, ana, cookie, stranger, stranger_cookie):
    async with open_tab(stack.url, cookie=cookie) as tab, open_tab(stack.url, cookie=stranger_cookie) as other:
        kept = await tab.say("Remember that the key lies under the pot.")
        done = await tab.receive("done", reply=kept["reply"])
        request, conversation = done["notice"]["request"], kept["conversation"]
        for frame in (
            {"type": "rename", "conversation": conversation, "title": "Mine"},
            {"type": "delete", "conversation": conversation},
            {"type": "undo", "request": request},
            {"type": "forget", "request": request, "turns": [kept["turn"]]},
            {"type": "stand", "reply": kept["reply"], "turn": done["turn"]},
            {"type": "stand_said", "turn": kept["turn"]},
        ):
            await other.send(**frame)
            assert (await other.receive())["code"] == "not_found", frame
        await other.send(type="write_anew", reply=kept["reply"])
        assert (await other.receive())["code"] == "not_found"
        await other.send(type="end", conversation=conversation)
        assert (await other.receive())["type"] == "ended"  # as for one that is gone
        await other.send(
            type="say", client_id=str(uuid4()), conversation=None, text="Instead.", instead_of=kept["turn"]
        )
        assert (await other.receive())["code"] == "not_found"
        await tab.send(type="delete", conversation=conversation)
        deleted = await tab.receive("deleted")
        await other.send(type="restore", erasure=deleted["erasure"])
        assert (await other.receive())["code"] == "not_found"
        await tab.send(type="restore", erasure=deleted["erasure"])
        assert (await tab.receive("restored", "error"))["conversation"] == conversation
    assert await in_database(stranger) == []


@database_sync_to_async
def state_of(person, reply):
    with acting_as(person.pk):
        return Reply.objects.get(pk=reply).state


async def test_a_closed_laptop_keeps_the_reply_going(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say("Tell me of the hills. /slow")
        await tab.receive("words", reply=kept["reply"])
    for _ in range(100):
        if await state_of(ana, kept["reply"]) == "whole":
            return
        await asyncio.sleep(0.2)
    pytest.fail("the reply was never finished")


async def test_the_page_of_who_sat_here_before_does_not_speak_for_who_has_signed_in_since(
    stack, ana, stranger, stranger_cookie
):
    with pytest.raises(ConnectionClosed) as closed:
        async with open_tab(stack.url, cookie=stranger_cookie, of=ana.pk) as tab:
            await tab.receive("welcome")
    assert closed.value.rcvd.code == 4401
    async with open_tab(stack.url, cookie=stranger_cookie, of=stranger.pk) as tab:
        assert (await tab.say("It is me."))["type"] == "kept"


async def test_a_line_ends_with_the_session_that_opened_it(stack, ana, cookie):
    async with open_tab(stack.url, cookie=cookie) as tab:
        await tab.send(type="ping")
        await tab.receive("pong")
        await signed_out(cookie)
        await tab.send(type="ping")
        with pytest.raises(ConnectionClosed) as closed:
            await tab.receive("pong")
    assert closed.value.rcvd.code == 4401


@database_sync_to_async
def signed_out(cookie):
    Session.objects.filter(session_key=cookie.partition("=")[2]).delete()


async def test_a_socket_speaks_the_language_of_its_person(stack, ana, stranger_cookie):
    ana.language = "zh-hans"
    await ana.asave()
    cookie = await database_sync_to_async(signed_in_cookie)(ana)
    async with open_tab(stack.url, cookie=cookie) as tab, open_tab(stack.url, cookie=stranger_cookie) as other:
        for each, message in ((tab, "里面没有文字。"), (other, "There are no words in it.")):
            assert (await each.say(" "))["message"] == message


@database_sync_to_async
def rule(person, **fields):
    with acting_as(person.pk):
        policy.rule_person(person.pk, fields)


async def test_more_than_the_house_allows_is_refused_in_words_and_taken_later(stack, ana):
    await rule(ana, messages_a_minute=1)
    async with open_tab(stack.url, cookie=await database_sync_to_async(signed_in_cookie)(ana)) as tab:
        client_id = str(uuid4())
        assert (await tab.say("One."))["type"] == "kept"
        refused = await tab.say("Two.", client_id=client_id)
        assert (refused["type"], refused["code"], refused["client_id"]) == ("error", "quota", client_id)
        assert (refused["retry"], "one message a minute" in refused["message"]) == (False, True)
        await rule(ana, messages_a_minute=None)
        assert (await tab.say("Two.", client_id=client_id))["type"] == "kept"
    assert [text for speaker, text in await in_database(ana) if speaker == "person"] == ["One.", "Two."]


async def test_while_something_of_theirs_is_erased_a_person_is_told_and_what_they_wrote_is_taken_after_it(
    stack, ana, cookie, stranger_cookie
):
    client_id = str(uuid4())
    async with open_tab(stack.url, cookie=cookie) as tab, open_tab(stack.url, cookie=stranger_cookie) as other:
        with erasing(ana):
            refused = await asyncio.wait_for(tab.say("And what else?", client_id=client_id), 20)
            assert (refused["code"], refused["retry"], refused["client_id"]) == ("unavailable", True, client_id)
            assert "is being kept or erased just now" in refused["message"]
            assert (await other.say("Good morning."))["type"] == "kept"
        assert (await tab.say("And what else?", client_id=client_id))["type"] == "kept"
