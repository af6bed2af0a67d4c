"""The language model that an administrator names: read at once by all, its key sealed, its address without secrets."""

import logging
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.db import DatabaseError, connections

from tests.stack import free_port
from worker import engines
from worker.engines import chosen, trial
from worker.engines.chosen import Choice, Kind
from worker.engines.openai_compatible import OpenAICompatible
from worker.engines.recall_only import RecallOnly
from worker.engines.sealed import bech32, seal, unseal

pytestmark = pytest.mark.django_db

KEY = "sk-very-secret-indeed"


@pytest.fixture(autouse=True)
def nothing_chosen(db):
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("delete from memory_house_engine")


@pytest.fixture
def guarded():
    """A server that wants KEY, answers nonsense under /odd/v1 and has no model under /empty/v1; what it was told."""
    told = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            told.append(self.headers.get("Authorization"))
            known = self.headers.get("Authorization") == f"Bearer {KEY}"
            bodies = {"/v1/models": b'{"data": [{"id": "kind"}]}', "/empty/v1/models": b'{"data": []}'}
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(bodies.get(self.path, b"<p>hello</p>"))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    server.told = told
    yield server
    server.shutdown()


def base(server):
    return f"http://127.0.0.1:{server.server_port}"


def test_what_is_chosen_speaks_from_the_next_time_an_engine_is_asked_for():
    assert isinstance(engines.current(), RecallOnly)
    chosen.choose(Choice(Kind.ADDRESS, "http://gpu:1/v1", "kind", KEY))
    engine = engines.current()
    assert isinstance(engine, OpenAICompatible)
    assert (engine.url, engine.name) == ("http://gpu:1/v1", "kind")
    assert engines.describe()["words"] == "kind at gpu:1"
    chosen.choose(Choice(Kind.NONE))
    assert isinstance(engines.current(), RecallOnly)
    assert not engines.describe()["connected"]


def test_what_the_environment_names_goes_before_the_choice(settings):
    chosen.choose(Choice(Kind.ADDRESS, "http://gpu:1/v1", "kind", KEY))
    settings.ENGINE_MODEL = "other"
    assert engines.current().name == "other"
    settings.ENGINE_URL = "http://elsewhere:2/v1"
    assert engines.current().url == "http://elsewhere:2/v1"
    assert chosen.named().key == ""


@pytest.fixture
def away():
    """What was chosen can't be read."""

    @contextmanager
    def out_of_reach():
        with connections["owner"].cursor() as cursor:
            cursor.execute("alter table memory_house_engine rename to out_of_reach")
        try:
            yield
        finally:
            with connections["owner"].cursor() as cursor:
                cursor.execute("alter table out_of_reach rename to memory_house_engine")

    return out_of_reach


def test_while_the_database_is_away_the_last_choice_holds(away):
    chosen.choose(Choice(Kind.ADDRESS, "http://gpu:1/v1", "kind", KEY))
    engines.current()
    with away():
        assert engines.current().url == "http://gpu:1/v1"


def test_a_process_that_never_read_the_choice_answers_nobody_by_another(away, monkeypatch):
    monkeypatch.setattr(chosen._Known, "choice", None)
    with away(), pytest.raises(DatabaseError):
        engines.current()


def test_the_key_lies_sealed_and_is_never_told(caplog, settings):
    caplog.set_level(logging.DEBUG)
    chosen.choose(Choice(Kind.ADDRESS, "http://gpu:1/v1", "kind", KEY))
    assert chosen.choice().key == KEY
    with connections["owner"].cursor() as cursor:
        cursor.execute("select key, row_to_json(memory_house_engine)::text from memory_house_engine")
        key, row = cursor.fetchone()
    assert KEY.encode() not in bytes(key)
    assert KEY not in row
    assert KEY not in repr(chosen.choice()) + caplog.text + str(engines.describe())
    settings.SECRET_KEY = "another one altogether"
    assert chosen.choice().key == ""
    assert "give it anew" in caplog.text


def test_sealing_writes_its_identity_as_bip_173_does():
    assert bech32("a", b"") == "a12uel5l"  # a vector of its own
    assert unseal(seal("näh")) == "näh"
    assert seal("") == b""
    assert seal("same") != seal("same")


def test_an_address_with_a_password_is_shown_to_nobody(settings):
    settings.ENGINE_URL = "http://clara:opensesame@gpu:8000/v1"
    engine = engines.current()
    told = f"{engines.describe()} {engine.where} {engine.name}"
    assert "gpu:8000" in told
    assert "opensesame" not in told
    assert "clara" not in told
    assert chosen.bare(settings.ENGINE_URL) == "http://gpu:8000/v1"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "gpu:8000",
        "ftp://gpu/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://gpu:99999/v1",
        "http://gpu:x/v1",
        "http://a b/v1",
        "http://[::1/v1",
        "http://clara:pw@gpu/v1",
        "http://gpu/v1?key=1",
        "http://gpu/v1#x",
        "http://gpu/" + "x" * 500,
    ],
)
def test_what_is_no_plain_http_address_is_not_even_asked(typed):
    with pytest.raises(trial.NoAddress):
        trial.address(typed)


def test_a_server_tells_its_models_also_where_v1_was_left_out(engine_server):
    plain = trial.listen(trial.address(engine_server.url.removesuffix("/v1") + "/"))
    assert plain.url == trial.listen(engine_server.url).url == engine_server.url
    assert "echo" in plain.models


def test_a_key_is_asked_for_refused_or_right(guarded):
    for key, words in (("", "wants a key"), ("wrong", "refuses this key")):
        with pytest.raises(trial.NoEngine, match=words):
            trial.listen(base(guarded), key=key)
    assert trial.listen(base(guarded), key=KEY).models == ["kind"]


def test_nothing_nonsense_and_an_empty_server_are_told_apart(guarded):
    for url, words in (
        (f"http://127.0.0.1:{free_port()}/v1", "Nothing answers"),
        (f"{base(guarded)}/odd/v1", "no OpenAI-compatible server"),
        (f"{base(guarded)}/empty/v1", "has no language model"),
    ):
        with pytest.raises(trial.NoEngine, match=words):
            trial.listen(url, key=KEY)
