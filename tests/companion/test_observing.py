"""What an operator sees of a running whole: figures and logs, and in neither a word that anybody said."""

import asyncio
import json
import re
import time
from uuid import uuid4

import httpx
import pytest
import yaml
from channels.db import database_sync_to_async
from django.db import connections
from django.test import override_settings
from prometheus_client.parser import text_string_to_metric_families

from memory.isolation import acting_as
from memory.models import Session, Step
from tests import parts
from tests.people import make_person
from tests.socket_client import open_tab, signed_in_cookie
from tests.stack import ROOT, free_port, running
from worker import backlog, tasks
from worker.app import ROUTES
from worker.stream import connection

OPERATING = ROOT / "docs" / "operating"
WORDS = ("quillwort", "zephyranthes", "otterbine", "marmelo")
SECRET = "My quillwort and the zephyranthes are for Otterbine."
FAILURES = ("/error-500", "/broken-off", "/malformed", "/quoting-error")
REFUSED = (
    "quillwort is no JSON",
    json.dumps({"type": "quillwort", "text": SECRET}),
    json.dumps({"type": "say", "client_id": "zephyranthes", "conversation": None, "text": SECRET}),
    json.dumps({"type": "say", "client_id": str(uuid4()), "conversation": None, "text": SECRET * 1000}),
    json.dumps({"type": "say", "client_id": str(uuid4()), "conversation": str(uuid4()), "text": SECRET}),
    json.dumps({"type": "rename", "conversation": str(uuid4()), "title": SECRET}),
)


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory, engine_server):
    with django_db_blocker.unblock():
        told = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo", "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
        with running(tmp_path_factory.mktemp("observed"), "web", "beat", **told) as stack:
            stack.scraped = {}
            for worker in ("chat", "memory"):
                stack.scraped[worker] = free_port()
                stack.start(worker, METRICS_PORT=str(stack.scraped[worker]))
            stack.scraped["web"] = stack.port
            stack.said = asyncio.run(conversation(stack))
            yield stack


QUOTING = """
create function quote_it() returns trigger language plpgsql as $$ begin
  raise exception 'this cannot be kept: %', new.text;
end $$;
create trigger unkeepable before insert on memory_turn for each row
  when (new.speaker = 'companion' and new.text like '%marmelo%') execute function quote_it();
"""


def unkeepable():
    """PostgreSQL refuses one turn of the companion, and its message quotes it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(QUOTING)


def keepable():
    with connections["owner"].cursor() as cursor:
        cursor.execute("drop function quote_it cascade")


async def conversation(stack):
    """Everything goes wrong that can; the ids of what was said."""
    ana = await database_sync_to_async(make_person)("Ana")
    cookie = await database_sync_to_async(signed_in_cookie)(ana)
    said = []
    async with open_tab(stack.url, cookie=cookie) as tab:
        kept = await tab.say(SECRET)
        said.append(kept["client_id"])
        await tab.receive("done", reply=kept["reply"])
        for failure in FAILURES:
            await tab.ask(f"{SECRET} {failure}", conversation=kept["conversation"])
        for frame in REFUSED:
            await tab.socket.send(frame)
            assert (await tab.receive("error"))["code"] != "unavailable"
        await database_sync_to_async(unkeepable)()
        try:
            done = await tab.ask("Is there marmelo?", conversation=kept["conversation"])
        finally:
            await database_sync_to_async(keepable)()
        assert done["state"] == "broken"
        await tab.ask("Another time.")
    await database_sync_to_async(consolidated)(ana)
    await asyncio.to_thread(search, stack, cookie)
    return said


def search(stack, cookie):
    """Over HTTP, with the words where they belong and where they don't."""
    with httpx.Client(base_url=stack.url, headers={"Cookie": cookie}) as client:
        page = client.get("/")
        token = re.search(r'csrf-token" content="(\w+)"', page.text)[1]
        client.cookies.set("csrftoken", page.cookies["csrftoken"])
        sent = {"X-CSRFToken": token, "Cookie": f"{cookie}; csrftoken={page.cookies['csrftoken']}"}
        found = client.post("/api/search", data={"words": "quillwort"}, headers=sent)
        assert found.status_code == 200
        assert len(found.json()) == 1
        assert client.get("/api/conversations?q=quillwort").status_code == 200


def consolidated(ana, seconds=60):
    """The memory worker has tried the first session, whose words make the engine quote them in an error."""
    with acting_as(ana.pk):
        session = Session.objects.of(ana.pk).exclude(closed_at=None).earliest("started_at")
        Step.objects.of(ana.pk).update(due_at=session.started_at)
    tasks.consolidate.delay(ana.pk, session.pk)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with acting_as(ana.pk):
            if Step.objects.of(ana.pk).exclude(error="", state=Step.State.WAITING).exists():
                return
        time.sleep(0.2)
    pytest.fail("nothing was consolidated")


def logged(stack, *names):
    return "\n".join(path.read_text(errors="replace") for name in names for path in stack.logs.glob(f"{name}*.log"))


def records(stack, *names):
    return [json.loads(line) for line in logged(stack, *names).splitlines() if line.startswith("{")]


def scrape(stack, name):
    answer = httpx.get(f"http://127.0.0.1:{stack.scraped[name]}/metrics").raise_for_status()
    families = list(text_string_to_metric_families(answer.text))
    samples = {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}
    return {(family.name,): None for family in families} | samples


@pytest.mark.stack
def test_no_log_of_web_workers_or_beat_holds_a_word_that_was_said(stack):
    told = logged(stack, "web", "chat", "memory", "beat").lower()
    assert [word for word in WORDS if word in told] == []


@pytest.mark.stack
def test_what_went_wrong_is_logged_with_its_name_and_its_place(stack):
    failed = [record for record in records(stack, "chat") if "raised unexpected" in record["message"]]
    assert failed
    assert re.search(r": \w*Error$", failed[0]["message"])
    assert re.search(r"worker/replying\.py:\d+ in _finish", failed[0]["places"])
    assert any("the engine failed: BadRequestError" in record["message"] for record in records(stack, "chat"))


@pytest.mark.stack
@pytest.mark.parametrize("name", ["web", "chat", "memory", "beat"])
def test_each_record_is_an_object_for_a_program(stack, name):
    told = records(stack, name)
    assert told
    for record in told:
        assert {"time", "level", "logger", "pid", "request_id", "message"} <= set(record)
    assert "Traceback" not in logged(stack, name)


@pytest.mark.stack
def test_one_id_goes_from_the_browser_to_the_engine(stack, engine_server):
    (request_id,) = stack.said
    for name in ("web", "chat"):
        assert any(record["request_id"] == request_id for record in records(stack, name)), name
    asked = [one for one in engine_server.seen() if one["request_id"] == request_id]
    assert len(asked) == 1
    assert SECRET in asked[0]["request"]["messages"][-1]["content"]


def named(expression):
    """The metrics in an expression of PromQL."""
    return set(re.findall(r"\b(?:rosemary|process)_\w+", expression))


def expressions():
    dashboard = json.loads((OPERATING / "grafana.json").read_text())
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    for group in yaml.safe_load((OPERATING / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


@pytest.mark.stack
def test_every_metric_of_the_dashboard_the_rules_and_the_table_is_exported(stack):
    exported = {name for worker in stack.scraped for name, *_ in scrape(stack, worker)}
    wanted = set().union(*(named(expression) for expression in expressions()))
    assert len(wanted) > 20
    assert wanted - exported == set()
    table = {name for name in named((OPERATING / "metrics.md").read_text()) if name.startswith("rosemary")}
    assert table - exported == set()
    ours = {name for name in exported if name.startswith("rosemary")}
    assert {re.sub(r"_(bucket|sum|count|created|total)$", "", name) for name in ours} <= {
        name.removesuffix("_total") for name in table
    }


@pytest.mark.stack
def test_a_worker_tells_how_its_replies_went(stack):
    told = scrape(stack, "chat")
    assert told["rosemary_first_token_seconds_count",] >= 1
    assert told["rosemary_recall_seconds_count",] >= 1
    assert told["rosemary_replies_total", ("state", "whole")] >= 2
    assert told["rosemary_engine_failures_total",] >= len(FAILURES)
    assert told["rosemary_task_failures_total", ("task", "worker.tasks.reply")] >= 1
    assert [value for (name, *_), value in told.items() if name == "rosemary_engine_up" and value is not None] == [1]
    assert told["rosemary_encoder_loaded", ("encoder", "all-MiniLM-L6-v2")] == 1


@pytest.mark.stack
def test_failures_of_each_task_are_counted_from_zero_so_that_the_first_is_an_increase(stack):
    told = scrape(stack, "memory")
    counted = {dict(labels)["task"] for (name, *labels), _ in told.items() if name == "rosemary_task_failures_total"}
    assert counted >= set(ROUTES)


@pytest.mark.stack
def test_the_web_tells_how_the_installation_stands(stack):
    told = scrape(stack, "web")
    assert told["rosemary_database_up",] == told["rosemary_redis_up",] == told["rosemary_engine_named",] == 1
    assert told["rosemary_beat_silent_seconds",] < 60
    assert told["rosemary_streams_open",] == 0
    assert told["rosemary_waiting", ("kind", "steps"), ("queue", "memory")] >= 0


@pytest.mark.django_db
def test_figures_are_for_this_machine_or_for_who_has_the_token(client):
    assert client.get("/metrics", headers={"Host": "localhost"}).status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 403
    carried = {"Host": "localhost", "X-Forwarded-For": "203.0.113.7"}
    assert client.get("/metrics", headers=carried).status_code == 403
    with override_settings(METRICS_TOKEN="tell me"):
        for given, status in (("Bearer tell me", 200), ("Bearer tell", 403), ("", 403), ("Bearer ", 403)):
            answer = client.get("/metrics", headers={"Authorization": given}, REMOTE_ADDR="203.0.113.7")
            assert answer.status_code == status
    assert client.get("/metrics", headers={"Authorization": "Bearer "}, REMOTE_ADDR="203.0.113.7").status_code == 403


@pytest.mark.django_db
def test_a_part_that_is_away_is_told_and_the_others_still_speak(client):
    with parts.redis_frozen():
        told = client.get("/metrics", headers={"Host": "localhost"}).content.decode()
    assert "rosemary_redis_up 0.0" in told
    assert "rosemary_queue_length{" not in told
    assert "rosemary_database_up 1.0" in told
    with parts.postgres_stopped():
        told = client.get("/metrics", headers={"Host": "localhost"}).content.decode()
    assert "rosemary_database_up 0.0" in told
    assert "rosemary_decay_lag_seconds" not in told
    assert "rosemary_redis_up 1.0" in told


def test_a_queue_tells_how_long_its_oldest_task_has_lain_there():
    nobodys = f"nobody-takes-{uuid4()}"
    assert backlog.oldest(nobodys) == 0
    tasks.sweep_keys.apply_async(queue=nobodys)
    time.sleep(0.3)
    tasks.sweep_keys.apply_async(queue=nobodys)
    assert 0.3 <= backlog.oldest(nobodys) < 5
    connection().delete(nobodys)


@pytest.mark.django_db
def test_a_request_bears_the_proxys_id_if_that_is_a_plain_word_else_our_own(client):
    assert client.get("/health/live", headers={"X-Request-ID": "abc-1"})["X-Request-ID"] == "abc-1"
    for none in ("", "with a blank", "x" * 65):
        ours = client.get("/health/live", headers={"X-Request-ID": none})["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f-]{36}", ours)
