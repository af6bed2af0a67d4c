"""Others' memories are read only by who may, with a reason, for an hour; what is forgotten stays withheld."""

import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

from companion.inspection.models import Act, Role
from companion.inspection.roles import LastAdministrator, appoint, role_of
from memory import clock, encoder, erasure
from memory.consolidation import periods
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Memory, Period, Recall, Session, Step
from tests.companion.test_one_recall import QUESTION, by_chat
from tests.guards.test_architecture import patterns
from tests.inspectors import administrator, inspector, official, signed_in, support, to, visit
from tests.memory.test_dialogue import say
from tests.memory.test_facts import consolidate, told
from tests.memory.test_recall import remember
from tests.visitor import words
from worker.engines.recall_only import RecallOnly

__all__ = ["administrator", "inspector", "support"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SECRETS = ["Zanzibar", "quokka", "saffron"]
LIFE = [
    "I live in Zanzibar, and my sister is called Rita.",
    "My favourite animal is the quokka.",
    "What colour is the saffron kitchen?",
]


@pytest.fixture
def clara(stranger):
    """Somebody with turns, a summary, facts, a day, a kept recall, and a step that failed."""
    session = told(stranger, *LIFE)
    consolidate(stranger, session)
    by_chat(stranger)
    with acting_as(stranger.pk):
        Step.objects.filter(kind="facts").update(state="failed", attempts=5, error="EngineError")
    return stranger


@pytest.fixture
def ids(clara):
    """One of each thing that has a page or an act."""
    with acting_as(clara.pk):
        return {
            "memory_id": Memory.objects.filter(kind="fact").first().pk,
            "step_id": Step.objects.filter(state="failed").get().pk,
            "period_id": Period.objects.filter(day=None, layer="summary").get().pk,
            "companion_id": Companion.objects.get().pk,
            "erasure_id": 1,
        }


def pages(ids, **more):
    """Every address of inspection about somebody."""
    for pattern in patterns(get_resolver().url_patterns):
        if pattern.name.startswith("inspection_") and "pk" in pattern.pattern.regex.groupindex:
            names = set(pattern.pattern.regex.groupindex) - {"pk"}
            yield reverse(pattern.name, kwargs={**more, **{name: ids[name] for name in names}})


def told_words(response):
    """All that left the server, in lower case."""
    return f"{response.headers} {response.content.decode()}".lower()


def tells_nothing(response):
    return not any(secret.lower() in told_words(response) for secret in SECRETS)


POSTED = {"question": "Where do I live?", "reason": "", "address": "nobody@example.org"}


@pytest.mark.parametrize("role", [None, *Role])
def test_before_a_reason_nothing_of_a_person_leaves_the_server(clara, ids, role, caplog):
    client = signed_in(official(role))
    caplog.set_level(logging.DEBUG)
    seen = 0
    for address in pages(ids, pk=clara.pk):
        for answer in (client.get(address), client.post(address, POSTED)):
            assert answer.status_code in (200, 302, 403, 405)
            assert tells_nothing(answer), address
            seen += 1
    assert seen > 20
    with acting_as(clara.pk):
        assert Step.objects.filter(state="failed").count() == 1
        assert not Erasure.objects.exists()
    assert not any(secret in caplog.text for secret in SECRETS)


def test_who_has_no_role_is_told_that_it_is_not_for_them_and_learns_of_nobody(clara, ana):
    for address in ("/inspect/", f"/inspect/{clara.pk}/", "/inspect/999999/", "/inspect/roles/", "/inspect/record.csv"):
        answer = signed_in(ana).get(address)
        assert answer.status_code == 403
        assert clara.email not in answer.content.decode()


def test_with_a_reason_an_inspector_reads_memories_with_sources_and_retention(inspector, clara):
    visit(inspector, clara)
    page = words(inspector.get(to("person", clara)))
    assert "I live in Zanzibar" in page
    assert "sees this visit" in page
    with acting_as(clara.pk):
        fact = Memory.objects.get(kind="fact", text__contains="Zanzibar")
    page = inspector.get(to("memory", clara, memory_id=fact.pk)).content.decode()
    assert "<mark>I live in Zanzibar</mark>, and my sister is called Rita." in page
    assert "vivid, 100 %" in words(inspector.get(to("memory", clara, memory_id=fact.pk)))


@pytest.mark.parametrize("kind", ["session", "day", "whole"])
def test_summaries_of_each_layer_are_read(inspector, clara, kind):
    with acting_as(clara.pk):
        that_day = Session.objects.earliest("started_at").started_at
    consolidate(clara, told(clara, "The quokka came to tea.", at=that_day))
    with acting_as(clara.pk):
        Period.objects.update(due_at=clock.now())
        due = list(Period.objects.order_by("day").values_list("pk", flat=True))
    for period in due:
        periods.run(person_id=clara.pk, period_id=period, engine=RecallOnly(), encoder=encoder.current())
    visit(inspector, clara)
    page = inspector.get(to("person", clara), {"kind": kind})
    assert {one.memory.kind for one in page.context["memories"]} == {kind}
    assert "Zanzibar" in words(page) or "quokka" in words(page)


def test_what_was_only_asked_is_no_memory_and_is_read_as_talk_with_a_count_of_its_own(inspector, clara):
    visit(inspector, clara)
    page = inspector.get(to("person", clara))
    assert "What colour is the saffron kitchen?" not in [one.text for one in page.context["memories"]]
    talk = inspector.get(to("person", clara), {"kind": "round"})
    assert "What colour is the saffron kitchen?" in words(talk)
    counted = {kind: count for kind, _, count in talk.context["figures"]["kinds"]}
    assert counted["round"] == len(talk.context["memories"]) == 4
    assert sum(counted.values()) - counted["round"] == talk.context["figures"]["memories"]


def test_what_was_recalled_is_read_with_what_reached_the_prompt(inspector, clara):
    visit(inspector, clara)
    page = words(inspector.get(to("recalls", clara)))
    assert "What colour is the kitchen?" in page
    assert "in prompt" in page


def test_support_sees_states_and_figures_and_no_words(support, clara, ids):
    visit(support, clara)
    page = support.get(to("person", clara))
    assert "EngineError" in words(page)
    assert page.context["figures"]["turns"] == 4
    for address in pages(ids, pk=clara.pk):
        for answer in (support.get(address), support.post(address, POSTED)):
            assert tells_nothing(answer), address


def test_a_visit_is_over_after_an_hour(inspector, clara, time_machine):
    visit(inspector, clara)
    now = clock.now()
    time_machine.move_to(now + timedelta(minutes=59), tick=True)
    assert "Zanzibar" in words(inspector.get(to("person", clara)))
    time_machine.move_to(now + timedelta(minutes=61), tick=True)
    assert tells_nothing(inspector.get(to("person", clara)))


def test_a_visit_ends_when_one_leaves_and_is_nobody_elses(inspector, clara):
    visit(inspector, clara)
    colleague = signed_in(official(Role.INSPECTOR, "Ines"))
    assert tells_nothing(colleague.get(to("person", clara)))
    inspector.post(to("leave", clara))
    assert tells_nothing(inspector.get(to("person", clara)))


def test_a_visit_to_one_person_shows_nothing_of_another(inspector, clara, ana, ids):
    visit(inspector, ana)
    for address in pages(ids, pk=ana.pk):
        assert tells_nothing(inspector.get(address)), address
    assert inspector.get(to("memory", ana, memory_id=ids["memory_id"])).status_code == 404


def test_who_loses_the_role_loses_the_visit(clara):
    somebody = official(Role.INSPECTOR)
    client = signed_in(somebody)
    visit(client, clara)
    appoint(person=somebody, role=None, by=official(Role.ADMINISTRATOR))
    assert client.get(to("person", clara)).status_code == 403


@pytest.mark.parametrize(
    "reason",
    ["", "short", "x" * 600, "a reason\x00 that cannot be kept", "\u202e a reason that is turned around"],
)
def test_a_reason_says_something_that_the_person_can_read(inspector, clara, reason):
    answer = inspector.post(to("person", clara), {"reason": reason})
    assert answer.status_code == 200
    assert tells_nothing(inspector.get(to("person", clara)))


def test_what_is_about_to_be_erased_is_withheld_everywhere(inspector, clara, ids):
    with acting_as(clara.pk):
        turn = Memory.objects.get(kind="fact", text__contains="Zanzibar").sources.get().turn_id
        facts = list(Memory.objects.filter(kind="fact", text__contains="Zanzibar").values_list("pk", flat=True))
    erasure.forget(person_id=clara.pk, wish=Wish(Erasure.Kind.TURN, ids=[turn]))
    visit(inspector, clara)
    assert "Withheld: a turn" in words(inspector.get(to("person", clara)))
    assert inspector.get(to("memory", clara, memory_id=facts[0])).status_code == 404
    for address in pages(ids, pk=clara.pk):
        assert "zanzibar" not in told_words(inspector.get(address)), address
    exported = inspector.post(to("export", clara, companion_id=ids["companion_id"]))
    assert "zanzibar" not in told_words(exported)
    assert "quokka" in told_words(exported)


def test_what_a_short_question_was_read_with_is_withheld_with_it(inspector, ana):
    turn = remember(ana, ["I live in Zanzibar."])[0]
    reply = say(ana, "And her?", conversation=turn.conversation_id).reply
    with acting_as(ana.pk):
        forms = ["And her?", "I live in Zanzibar. her"]
        Recall.objects.create(owner=ana, reply=reply, question="And her?", moment=clock.now(), forms=forms)
    visit(inspector, ana)
    assert "Zanzibar" in words(inspector.get(to("recalls", ana)))
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[turn.pk]))
    page = words(inspector.get(to("recalls", ana)))
    assert "And her?" in page
    assert "Zanzibar" not in page


def test_no_page_is_kept_by_the_browser(inspector, clara):
    visit(inspector, clara)
    assert "no-store" in inspector.get(to("person", clara))["Cache-Control"]


def test_there_is_no_admin_site_beside_it():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


def test_the_last_administrator_stays_one(transactional_db):
    only = official(Role.ADMINISTRATOR)
    with pytest.raises(LastAdministrator):
        appoint(person=only, role=Role.SUPPORT, by=only)
    assert role_of(only) == Role.ADMINISTRATOR


def test_an_administrator_gives_roles_and_takes_them(administrator, ana):
    for given, expected in (("support", Role.SUPPORT), ("inspector", Role.INSPECTOR), ("none", None)):
        answer = administrator.post("/inspect/roles/", {"email": ana.email, "role": given})
        assert answer.status_code == 302
        ana.refresh_from_db()
        assert role_of(type(ana).objects.get(pk=ana.pk)) == expected
    page = words(signed_in(ana).get("/account/looks/"))
    assert page.count("gave a role") == 3


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.INSPECTOR])
def test_only_administrators_give_roles_and_read_the_whole_record(role, ana):
    client = signed_in(official(role))
    for address in ("/inspect/roles/", "/inspect/record/", "/inspect/record.csv", "/inspect/record.jsonl"):
        assert client.get(address).status_code == 403
    assert client.post("/inspect/roles/", {"email": ana.email, "role": "administrator"}).status_code == 403
    assert Act.APPOINTED not in words(signed_in(ana).get("/account/looks/"))


ENGLISH = re.compile(r"(?:[A-Za-z’]{2,} ){2,}[a-z’]{2,}")  # three words of it together


def test_whoever_inspects_reads_the_pages_in_their_language(clara):
    by = official(Role.ADMINISTRATOR)
    by.language = "zh-hans"
    by.save()
    own = set(re.findall(r"\w+", " ".join([*LIFE, QUESTION])))
    client = signed_in(by)
    assert "你为什么需要读" in words(client.get(to("person", clara)))
    visit(client, clara, reason="她说 Rosemary 把她妹妹住的城市弄错了，请我看看是怎么回事。")
    pages = [client.get(to(name, clara)) for name in ("person", "portrait", "summaries", "recalls", "person_policy")]
    pages += [client.get(reverse(f"inspection_{name}")) for name in ("people", "figures", "log", "policies", "roles")]
    for page in pages:
        assert page.status_code == 200
        said = words(page)
        foreign = [found for found in ENGLISH.findall(said) if not own.issuperset(found.split())]
        assert foreign == []
