"""Whoever floods, stalls or sends too much is refused in words, and nobody else notices."""

import asyncio
import re
import socket
import statistics
import time
from contextlib import AsyncExitStack, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from companion.chat import pace
from companion.operations import body_limit
from memory import clock
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Session, Turn
from tests.people import PASSWORD, make_person
from tests.socket_client import open_tab, signed_in_cookie
from tests.stack import running

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

ROUNDS = 40  # pings that are measured
DELAYED = 5.0  # times as long, and a twentieth of a second, is what nobody notices
LARGEST_FRAME = 4 * 1024 * 1024  # bytes, as the server is told


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory, engine_server):
    told = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("abuse"), "web", "chat", "beat", **told) as stack:
        yield stack


@pytest.fixture
def cookies(stack):
    """Of somebody who floods, and of somebody who talks."""
    return [signed_in_cookie(make_person(name)) for name in ("Flora", "Ana")]


async def pings(tab):
    """How long each took, in seconds."""
    took = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        await tab.send(type="ping")
        await tab.receive("pong")
        took.append(time.monotonic() - begun)
    return statistics.median(took)


async def a_reply(tab):
    begun = time.monotonic()
    done = await asyncio.wait_for(tab.ask("And how are you?"), 120)
    assert done["state"] == "whole"
    return time.monotonic() - begun


async def felt_by_another(stack, cookie, abuse):
    """Somebody else's ping and reply, alone and beside the abuse: (ping, ping beside it, reply, reply beside it)."""
    async with open_tab(stack.url, cookie=cookie) as tab:
        await a_reply(tab)  # the worker is warm
        alone = await pings(tab), await a_reply(tab)
        abusing = asyncio.create_task(abuse())
        await asyncio.sleep(0.5)
        beside = await pings(tab), await a_reply(tab)
        abusing.cancel()
        await asyncio.gather(abusing, return_exceptions=True)
    return alone, beside


def assert_not_noticed(alone, beside):
    for what, without, with_abuse in zip(("ping", "reply"), alone, beside, strict=True):
        print(f"{what}: {1000 * without:.0f} ms alone, {1000 * with_abuse:.0f} ms beside it")
        assert with_abuse < DELAYED * without + 0.05 * (20 if what == "reply" else 1), what


async def flood(stack, cookie, frame, heard):
    """As many frames as the socket takes, on three tabs."""

    async def one():
        async with open_tab(stack.url, cookie=cookie) as tab:

            async def listen():
                while True:
                    heard.append(await tab.receive())

            listening = asyncio.create_task(listen())
            try:
                while True:
                    await tab.send(**frame())
            finally:
                listening.cancel()

    await asyncio.gather(*(one() for _ in range(3)))


async def test_a_flood_of_messages_is_refused_in_words_and_nobody_else_waits(stack, cookies):
    heard = []

    def message():
        return {"type": "say", "client_id": str(uuid4()), "conversation": None, "text": "Again and again."}

    alone, beside = await felt_by_another(stack, cookies[1], lambda: flood(stack, cookies[0], message, heard))
    assert_not_noticed(alone, beside)
    refused = [frame for frame in heard if frame.get("code") == "too_many"]
    assert refused
    assert all(frame["retry"] and frame["client_id"] and "sent again" in frame["message"] for frame in refused)
    kept = [frame for frame in heard if frame["type"] == "kept"]
    assert len(kept) >= pace.SAID_AT_ONCE


async def test_a_flood_of_pings_waits_for_its_turn_and_nobody_else_does(stack, cookies):
    heard = []
    begun = time.monotonic()
    alone, beside = await felt_by_another(
        stack, cookies[1], lambda: flood(stack, cookies[0], lambda: {"type": "ping"}, heard)
    )
    took = time.monotonic() - begun
    assert_not_noticed(alone, beside)
    assert pace.FRAMES_AT_ONCE * 0.5 < len(heard) < pace.FRAMES_AT_ONCE + pace.FRAMES_A_SECOND * took + 50


async def test_one_tab_too_many_is_told_so_and_those_before_it_go_on(stack, cookies):
    async with AsyncExitStack() as open_ones:
        tabs = [
            await open_ones.enter_async_context(open_tab(stack.url, cookie=cookies[0])) for _ in range(pace.MOST_TABS)
        ]
        async with open_tab(stack.url, cookie=cookies[1]) as other:
            await other.send(type="ping")
            await other.receive("pong")
        async with open_tab(stack.url, cookie=cookies[0]) as one_more:
            with pytest.raises(ConnectionClosed) as closed:
                await one_more.receive("pong")
            assert closed.value.rcvd.code == 1013
        await tabs[0].send(type="ping")
        await tabs[0].receive("pong")
    async with open_tab(stack.url, cookie=cookies[0]) as again:  # the others are closed by now
        await again.send(type="ping")
        await again.receive("pong")


async def test_who_connects_again_and_again_is_told_to_wait_and_nobody_else_is(stack, cookies):
    heard = {}
    for _ in range(3 * pace.SOCKETS_AT_ONCE):
        async with open_tab(stack.url, cookie=cookies[0]) as tab:
            heard = tab.greeted
        if heard["type"] == "error":
            break
    assert (heard["code"], heard["retry"]) == ("too_many", True)
    async with open_tab(stack.url, cookie=cookies[1]) as other:
        await other.send(type="ping")
        await other.receive("pong")
    await asyncio.sleep(2 / pace.SOCKETS_A_SECOND)
    async with open_tab(stack.url, cookie=cookies[0]) as again:
        await again.send(type="ping")
        await again.receive("pong")


async def test_a_frame_that_is_too_large_closes_its_socket_and_no_other(stack, cookies):
    async with (
        open_tab(stack.url, cookie=cookies[0]) as tab,
        open_tab(stack.url, cookie=cookies[0]) as second,
    ):
        with pytest.raises(ConnectionClosed) as closed:
            await tab.say("a" * LARGEST_FRAME)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
        assert (await second.say("a" * 20_001))["code"] == "too_long"
        assert (await second.say("Short."))["type"] == "kept"


@pytest.mark.parametrize(
    "frame", ["[" * 100_000, '{"type":' * 50_000, "\0", "{}", '{"type": "say", "text": ["a"]}', "nan", '"say"']
)
async def test_a_frame_that_makes_no_sense_is_answered_and_harms_nothing(stack, cookies, frame):
    async with open_tab(stack.url, cookie=cookies[0]) as tab:
        await tab.socket.send(frame)
        assert (await tab.receive("error"))["code"] in ("malformed", "unknown_type")
        await tab.send(type="ping")
        await tab.receive("pong")


async def test_who_reads_nothing_of_their_socket_is_dropped_and_holds_nobody_up(stack, cookies):
    async with open_tab(stack.url, cookie=cookies[0]) as tab:
        long = await asyncio.wait_for(tab.ask("Count. /fast"), 200)

    async def deaf():
        async with AsyncExitStack() as open_ones:
            for _ in range(3):
                tab = await open_ones.enter_async_context(open_tab(stack.url, cookie=cookies[0]))
                tab.socket.transport.pause_reading()
                for _ in range(pace.FRAMES_AT_ONCE // 2):
                    await tab.send(type="follow", reply=long["reply"], last_seq=0)
            await asyncio.sleep(600)

    assert_not_noticed(*await felt_by_another(stack, cookies[1], deaf))


# Requests


def address(stack):
    parts = urlsplit(stack.url)
    return parts.hostname, parts.port


@contextmanager
def begun(stack, head):
    """A request of which only this has been sent."""
    with socket.create_connection(address(stack), timeout=60) as line:
        line.sendall(head.replace("\n", "\r\n").encode())
        yield line


def asked(path, *more):
    return "\n".join([f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *more, "", ""])


def whole(line):
    """All that comes until the other side hangs up."""
    return b"".join(iter(lambda: line.recv(4096), b"")).decode()


@pytest.mark.parametrize("path", ["/account/login/", "/api/memories", "/no/such/place"])
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(stack, path):
    with begun(stack, asked(path, "Content-Length: 99999999999", "Content-Type: application/json")) as line:
        answer = whole(line)
    assert answer.startswith("HTTP/1.1 413")
    assert "larger than the 3 MB" in answer


def test_a_body_that_does_not_say_how_large_it_is_is_refused_once_it_is_too_large(stack):
    with begun(stack, asked("/account/login/", "Transfer-Encoding: chunked")) as line:
        sent, part = 0, b"10000\r\n" + b"a" * 65536 + b"\r\n"
        try:
            while sent < 20 * body_limit.PLAIN:
                line.sendall(part)
                sent += len(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 20 * body_limit.PLAIN
    assert httpx.get(f"{stack.url}/health/ready").status_code == 200


def test_the_refusal_speaks_the_browsers_language(stack):
    more = ("Content-Length: 99999999999", "Accept-Language: zh-CN,zh;q=0.9")
    with begun(stack, asked("/account/login/", *more)) as line:
        answer = whole(line)
    assert "3 MB" in answer
    assert "larger" not in answer


async def test_requests_that_stop_in_the_middle_hold_nobody_up(stack, cookies):
    async def stall():
        lines = []
        try:
            for _ in range(200):
                line = await asyncio.open_connection(*address(stack))
                line[1].write(asked("/account/login/", "Content-Length: 1000").replace("\n", "\r\n").encode() + b"a")
                lines.append(line)
            await asyncio.sleep(600)
        finally:
            for _, writer in lines:
                writer.close()

    assert_not_noticed(*await felt_by_another(stack, cookies[1], stall))


def test_a_request_that_stops_coming_is_given_up(stack):
    with begun(stack, asked("/account/login/", "Content-Length: 1000")) as line:
        line.settimeout(body_limit.PATIENCE + 30)
        assert line.recv(4096).startswith(b"HTTP/1.1 408")


def test_guessing_a_password_is_slowed_down_with_the_limits_of_the_house(stack):
    person = make_person("Clara")
    with httpx.Client(base_url=stack.url, timeout=60) as visitor:
        answers = [guess(visitor, person.email, f"a wrong sentence {number}") for number in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429 or "Too many" in answer.text]
        assert refused
        assert guess(visitor, person.email, PASSWORD).status_code != 302, "nor is the right one taken meanwhile"


def guess(visitor, address, password):
    page = visitor.get("/account/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if token is None:
        return page
    form = {"csrfmiddlewaretoken": token[1], "login": address, "password": password}
    return visitor.post("/account/login/", data=form, headers={"Referer": str(visitor.base_url)})


def test_with_a_thousand_conversations_the_list_stays_short_and_quick(stack):
    flora = make_person("Thousandfold")
    thousand(flora)
    cookie = signed_in_cookie(flora)
    with httpx.Client(base_url=stack.url, timeout=60, headers={"Cookie": cookie}) as client:
        for path in ("/api/conversations", "/", "/account/"):
            begun_at = time.monotonic()
            answer = client.get(path, follow_redirects=True)
            assert answer.status_code == 200
            assert time.monotonic() - begun_at < 3, path
        listed = client.get("/api/conversations").json()
    assert len(listed["conversations"]) == 200
    assert listed["more"]


def thousand(person):
    now = clock.now()
    with acting_as(person.pk):
        companion = Companion.objects.create(owner=person, created_at=now)
        conversations = Conversation.objects.bulk_create(
            Conversation(owner=person, companion=companion, title=f"Talk {n}", started_at=now, active_at=now)
            for n in range(1000)
        )
        sessions = Session.objects.bulk_create(
            Session(owner=person, conversation=one, started_at=now, ended_at=now) for one in conversations
        )
        Turn.objects.bulk_create(
            Turn(
                owner=person,
                session=one,
                conversation=one.conversation,
                number=1,
                said_at=now,
                client_id=uuid4(),
                **SAID,
            )
            for one in sessions
        )


SAID = {"speaker": "person", "text": "One of a thousand."}
