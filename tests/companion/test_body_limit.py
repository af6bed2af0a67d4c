"""What a request may bring: how much, from whom, and how slowly."""

import asyncio

import pytest

from companion.accounts.sessions import is_signed_in
from companion.operations import body_limit
from companion.operations.body_limit import PLAIN, BodyLimit
from tests.people import make_person
from tests.socket_client import signed_in_cookie

LARGER = "/preferences/import/"
ALLOWED = {LARGER: 50_000_000}


class Request:
    """One that comes in parts, so many seconds apart; and what became of it."""

    def __init__(self, path, *, parts=(b"",), apart=0.0, headers=(), signed_in=True):
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
        self.parts = list(parts)
        self.apart = apart
        self.signed_in = signed_in
        self.arrived = 0
        self.status = None
        self.words = ""

    async def receive(self):
        await asyncio.sleep(self.apart)
        body = self.parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.parts)}

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.words += message.get("body", b"").decode()

    async def application(self, scope, receive, send):
        while (message := await receive())["type"] == "http.request":
            self.arrived += len(message["body"])
            if not message["more_body"]:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                return

    async def sent(self):
        async def signed_in(scope):
            return self.signed_in

        await BodyLimit(self.application, ALLOWED, signed_in)(self.scope, self.receive, self.send)
        return self


def of(size):
    return [b"a" * 1_000_000] * (size // 1_000_000)


async def test_what_is_allowed_more_is_taken_whole():
    request = await Request(LARGER, parts=of(50_000_000)).sent()
    assert (request.status, request.arrived) == (200, 50_000_000)


@pytest.mark.parametrize(
    "path", ["/preferences/import", "/preferences/import/x", "//preferences/import/", "/Preferences/import/", "/"]
)
async def test_the_exact_address_alone_is_allowed_more(path):
    request = await Request(path, parts=of(2 * PLAIN)).sent()
    assert request.status == 413
    assert request.arrived <= PLAIN
    assert "larger than the 3 MB" in request.words


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_what_sends_a_form_is_allowed_more(method):
    request = Request(LARGER, parts=of(2 * PLAIN), signed_in=False)
    request.scope["method"] = method
    assert (await request.sent()).status == 413
    assert request.arrived <= PLAIN


async def test_what_is_too_large_is_told_the_figure_that_its_form_tells():
    request = await Request(LARGER, headers=[(b"content-length", b"99000000")]).sent()
    assert request.status == 413
    assert "larger than the 50 MB" in request.words


@pytest.mark.parametrize("length", [b"9" * 30, b"9" * 5000, b"99999999999"])
async def test_a_long_length_is_refused_before_anything_comes(length):
    request = await Request("/account/login/", headers=[(b"content-length", length)]).sent()
    assert (request.status, request.arrived) == (413, 0)


@pytest.mark.parametrize("length", [b"-5", b"ten", b"0" * 30 + b"7", b"\xb2"])
async def test_a_length_that_is_none_is_counted_as_it_comes(length):
    request = await Request("/account/login/", parts=of(2 * PLAIN), headers=[(b"content-length", length)]).sent()
    assert request.status == 413
    assert request.arrived <= PLAIN


async def test_who_is_signed_out_brings_nothing_to_where_more_is_allowed():
    request = await Request(LARGER, parts=of(4_000_000), signed_in=False).sent()
    assert (request.status, request.arrived) == (401, 0)
    assert "Sign in, then try again." in request.words


class TestATrickle:
    """A byte now and then does not hold a request for as long as the largest may take."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(body_limit, "PATIENCE", 0.3)
        monkeypatch.setattr(body_limit, "SLOWEST", 1000)

    @pytest.mark.parametrize("path", [LARGER, "/account/login/"])
    async def test_is_given_up_after_the_patience_and_what_its_bytes_are_worth(self, path):
        began = asyncio.get_running_loop().time()
        request = await Request(path, parts=[b"a"] * 1000, apart=0.05).sent()
        assert request.status == 408
        assert "Try again" in request.words
        assert 0.3 <= asyncio.get_running_loop().time() - began < 2.0

    async def test_is_none_where_it_comes_as_fast_as_the_slowest_may(self):
        request = await Request(LARGER, parts=[b"a" * 100] * 15, apart=0.05).sent()
        assert (request.status, request.arrived) == (200, 1500)


@pytest.mark.django_db(transaction=True)
async def test_only_a_session_that_stands_makes_a_request_somebodys():
    person = await asyncio.to_thread(make_person, "Flora")
    cookie = (await asyncio.to_thread(signed_in_cookie, person)).encode()
    name = cookie.partition(b"=")[0]
    assert await is_signed_in({"headers": [(b"cookie", b"a=b; " + cookie)]})
    for forged in (b"", name + b"=", name + b"=" + b"a" * 32, name + b"=\xff\x00", b"sessionid"):
        assert not await is_signed_in({"headers": [(b"cookie", forged)]})
    assert not await is_signed_in({"headers": []})

    def sign_out_everywhere():
        person.set_password("another sentence to keep")
        person.save(update_fields=["password"])

    await asyncio.to_thread(sign_out_everywhere)
    assert not await is_signed_in({"headers": [(b"cookie", cookie)]})
