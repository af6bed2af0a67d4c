"""The doors of the page of memories: what is remembered of a person, shown to that person alone, in their own hands."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companion.memories import listing, searching
from companion.memories.listing import Filters
from memory import clock, dialogue, encoder, erasure, retention
from memory import listed as counting
from memory.consolidation import periods
from memory.isolation import acting_as
from memory.models import Conversation, Erasure, Memory, Period, Recall, Turn
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import answered
from tests.memory.test_facts import MARCH, answering, consolidate, known, one, told
from tests.memory.test_recall import LIFE, remember
from worker import tasks
from worker.distant_encoder import EncoderAway
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

SISTER, FOOD = "My sister lives in Porto.", "My favourite food is curry."


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """What is handed to the workers, who are not there."""
    sent = []
    for task in (tasks.index, tasks.erase):
        monkeypatch.setattr(task, "delay", lambda *args, name=task.name: sent.append((name.rpartition(".")[2], *args)))
    return sent


@pytest.fixture(autouse=True)
def read_here(monkeypatch):
    """The question is read in this process, as a chat worker would."""
    monkeypatch.setattr(searching, "DistantEncoder", encoder.current)


def door(person, client=None):
    """A signed-in browser: (status, what came back) of an address under /api/memories, with a body by POST."""
    client = client or Client()
    client.force_login(person)

    def ask(address="", body=None):
        path = f"/api/memories{address}"
        answer = client.get(path) if body is None else client.post(path, json.dumps(body), "application/json")
        return answer.status_code, json.loads(answer.content)

    return ask


def heard(person, act, frames):
    """What comes of an act, then so many frames that an open tab of the person's is told."""

    async def listen():
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(f"person.{person.pk}", channel)
        done = await sync_to_async(act)()
        return [done, *[json.loads((await layer.receive(channel))["frame"]) for _ in range(frames)]]

    return async_to_sync(listen)()


def texts(listed):
    return [item["text"] for item in listed["items"]]


def sum_up_days(person):
    """Days and the acquaintance, as a worker does it once they are over."""
    with acting_as(person.pk):
        Period.objects.update(due_at=clock.now())
        due = list(Period.objects.filter(layer="summary").order_by("day").values_list("pk", flat=True))
    for period in due:
        periods.run(person_id=person.pk, period_id=period, engine=RecallOnly(), encoder=encoder.current())


@pytest.fixture
def life(ana):
    """A session of last March, consolidated; the newest first: (food, sister)."""
    consolidate(ana, told(ana, SISTER, FOOD, at=MARCH))
    sister, food = known(ana)
    return food, sister


class TestTheList:
    def test_it_holds_what_was_made_of_the_words_newest_first_with_quote_and_place(self, ana, life):
        status, listed = door(ana)("", {})
        assert status == 200
        facts = [item for item in listed["items"] if item["kind"] == "fact"]
        assert [item["text"] for item in facts] == [FOOD, SISTER]
        with acting_as(ana.pk):
            turn = Turn.objects.get(text=FOOD)
        quote = facts[0]["quote"]
        assert (quote["text"], quote["turn"], quote["conversation"]) == (FOOD, turn.pk, str(turn.conversation_id))
        assert [item["label"] for item in listed["items"] if item["kind"] == "session"] == ["Summary of a conversation"]

    def test_under_a_summary_no_name_says_what_is_being_forgotten(self, ana):
        first = told(ana, SISTER, at=MARCH)
        consolidate(ana, first)
        consolidate(ana, told(ana, FOOD, at=MARCH + timedelta(days=2), conversation=first.conversation_id))
        ask = door(ana)
        named = [item["talk"]["title"] for item in ask("", {"kind": "summary"})[1]["items"]]
        assert named == [SISTER, SISTER]
        (sister,) = [memory for memory in known(ana) if memory.text == SISTER]
        ask(f"/{sister.pk}/forget", {})
        assert [item["talk"]["title"] for item in ask("", {"kind": "summary"})[1]["items"]] == [FOOD]

    def test_a_stranger_sees_nothing_of_it(self, ana, stranger, life):
        _, listed = door(stranger)("", {})
        assert listed["items"] == []
        assert listed["counts"]["all"] == 0

    def test_kinds_and_states_and_days_choose_and_the_counts_say_how_many(self, ana, life):
        ask = door(ana)
        _, everything = ask("", {})
        assert everything["counts"] | {"since": None} == {
            "all": 3,
            "fact": 2,
            "event": 0,
            "summary": 1,
            "said": 0,
            "pinned": 0,
            "superseded": 0,
            "since": None,
            **{state: sum(item["state"] == state for item in everything["items"]) for state in retention_words()},
        }
        food, _ = life
        ask(f"/{food.pk}/pin", {"pinned": True})
        assert texts(ask("", {"states": ["pinned"]})[1]) == [FOOD]
        assert len(texts(ask("", {"kind": "summary"})[1])) == 1
        assert texts(ask("", {"kind": "event"})[1]) == []
        day = MARCH.date()
        assert len(texts(ask("", {"since": str(day), "until": str(day)})[1])) == 3
        assert texts(ask("", {"since": str(day + timedelta(days=1))})[1]) == []

    def test_pinned_words_stand_in_the_list_and_in_its_counts_until_they_are_let_go_of(self, ana, life):
        ask = door(ana)
        before = ask("", {})[1]["counts"]
        with acting_as(ana.pk):
            words = Memory.objects.get(kind="round", sources__turn__text=SISTER)
        ask(f"/{words.pk}/pin", {"pinned": True})
        for filters in ({}, {"states": ["pinned"]}, {"kind": "said"}):
            listed = ask("", filters)[1]
            assert words.pk in [item["id"] for item in listed["items"]]
            assert listed["counts"] == before | {name: before[name] + 1 for name in ("all", "said", "vivid", "pinned")}
        assert ask(f"/{words.pk}/pin", {"pinned": True})[1]["listed"]
        assert not ask(f"/{words.pk}/pin", {"pinned": False})[1]["listed"]
        assert ask("", {})[1]["counts"] == before
        assert ask("", {"states": ["pinned"]})[1]["items"] == []

    def test_a_pinned_memory_that_holds_no_longer_is_counted_with_what_holds_no_longer_alone(self, ana, life):
        _, sister = life
        ask = door(ana)
        ask(f"/{sister.pk}/pin", {"pinned": True})
        body = {"text": "My sister lives in Lisbon.", "mistaken": False, "client_id": str(uuid4())}
        right = ask(f"/{sister.pk}/correct", body)[1]
        listed = ask("", {"states": ["pinned"]})[1]
        assert listed["counts"]["pinned"] == len(listed["items"]) == int(right["pinned"])
        assert texts(ask("", {"states": ["superseded"]})[1]) == [SISTER]

    def test_what_the_only_session_of_a_day_says_is_listed_and_counted_once(self, ana, life):
        sum_up_days(ana)
        ask = door(ana)
        listed = ask("", {"kind": "summary"})[1]
        assert sorted(item["kind"] for item in listed["items"]) == ["session", "whole"]
        assert listed["counts"]["summary"] == 2
        with acting_as(ana.pk):
            day = Memory.objects.get(kind="day")
            of_all = list(Memory.objects.of(ana.pk))
            counts = set(counting.listed(Memory.objects.of(ana.pk)))
        assert {memory for memory in of_all if counting.is_listed(memory)} == counts
        ask(f"/{day.pk}/pin", {"pinned": True})
        assert [item["id"] for item in ask("", {"states": ["pinned"]})[1]["items"]] == [day.pk]

    def test_a_day_of_two_sessions_is_listed_beside_them(self, ana, life):
        consolidate(ana, told(ana, "My cousin Rui lives in Faro.", at=MARCH + timedelta(hours=3)))
        sum_up_days(ana)
        kinds = [item["kind"] for item in door(ana)("", {"kind": "summary"})[1]["items"]]
        assert sorted(kinds) == ["day", "session", "session", "whole"]

    def test_no_summary_is_said_to_be_of_what_is_about_to_be_forgotten(self, ana):
        begun = told(ana, SISTER, at=MARCH)
        turn = say(ana, FOOD, conversation=begun.conversation_id, at=MARCH + timedelta(days=1)).turn
        with acting_as(ana.pk):
            dialogue.close_session(session=turn.session, at=MARCH + timedelta(days=1, hours=1))
            first = Turn.objects.get(text=SISTER)
        consolidate(ana, turn.session)
        with acting_as(ana.pk):
            Conversation.objects.update(title=SISTER)
        erasure.forget(person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [first.pk]))
        (summary,) = door(ana)("", {"kind": "summary"})[1]["items"]
        assert summary["talk"]["title"] == FOOD

    def test_days_are_the_persons_own(self, stranger):
        late = MARCH.replace(hour=16)  # 1 in the morning of the next day in Tokyo
        consolidate(stranger, told(stranger, SISTER, at=late))
        ask = door(stranger)
        assert texts(ask("", {"until": str(late.date())})[1]) == []
        assert SISTER in texts(ask("", {"since": str(late.date() + timedelta(days=1))})[1])

    def test_the_pages_together_hold_each_memory_once_in_order(self, ana, life, monkeypatch):
        monkeypatch.setattr(listing, "PAGE", 1)
        ask, after, seen = door(ana), "", []
        while after is not None:
            _, page = ask("", {"after": after})
            seen += page["items"]
            after = page["after"]
        assert len(seen) == len({item["id"] for item in seen}) == 3
        assert [item["said_at"] for item in seen] == sorted((item["said_at"] for item in seen), reverse=True)

    def test_a_page_asks_the_database_as_often_however_long_it_is(self, ana, life):
        consolidate(ana, told(ana, *(f"My cousin {name} lives in Faro." for name in ("Rui", "Rita", "Lena"))))

        def asked(page):
            with pytest.MonkeyPatch.context() as patch, CaptureQueriesContext(connection) as queries:
                patch.setattr(listing, "PAGE", page)
                listing.list_memories(ana, Filters())
            return len(queries)

        assert asked(2) == asked(50)

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "secret"},
            {"states": ["dead"]},
            {"since": "never"},
            {"since": "0001-01-01"},
            {"after": "yesterday"},
            {"after": "2026-03-10T12:00:00,1"},
            {"after": "2026-03-10T12:00:00+00:00,99999999999999999999"},
            {"companion": 2**70},
            {"unheard": 1},
            [],
        ],
    )
    def test_what_is_none_of_the_pages_is_refused_in_words(self, ana, body):
        status, told = door(ana)("", body)
        assert (status, told["code"]) == (400, "malformed")


def retention_words():
    return [str(state) for state in Memory.State]


class TestOne:
    def test_it_shows_the_words_it_came_from_and_where_they_stand(self, ana, life):
        food, _ = life
        status, detail = door(ana)(f"/{food.pk}")
        assert status == 200
        (source,) = detail["sources"]
        assert (source["before"], source["quote"], source["after"]) == ("", FOOD, "")
        assert detail["history"] == []
        assert detail["can_correct"]

    def test_anothers_is_as_if_it_did_not_exist_at_every_door(self, ana, stranger, life):
        food, _ = life
        ask = door(stranger)
        acts = {
            "": None,
            "/foretold": None,
            "/pin": {"pinned": True},
            "/correct": {"text": "x", "mistaken": True, "client_id": str(uuid4())},
            "/uncorrect": {},
            "/forget": {},
        }
        answers = {act: ask(f"/{food.pk}{act}", body) for act, body in acts.items()}
        assert {status for status, _ in answers.values()} == {404}
        assert answers[""] == ask("/999999999")
        client = Client()
        client.force_login(stranger)
        assert client.get(f"/memories/{food.pk}/").status_code == 404
        with acting_as(ana.pk):
            assert Memory.objects.get(pk=food.pk).pinned is False
            assert not Erasure.objects.exists()

    def test_its_curve_begins_with_what_was_told_and_ends_with_what_stands_in_the_memory(self, ana, life):
        food, _ = life
        _, detail = door(ana)(f"/{food.pk}")
        (stretch,) = detail["curve"]["stretches"]
        assert stretch["strength"] == pytest.approx(food.strength, abs=1e-3)
        assert (
            detail["curve"]["faded_at"]
            == retention.fades_at(food.recalled_at, strength=food.strength, threshold=retention.FADED).isoformat()
        )

    def test_each_recall_that_a_reply_used_lifts_the_curve(self, ana):
        remember(ana, LIFE, at=clock.now() - timedelta(days=40))
        answered(ana, "Which nut am I allergic to?")
        with acting_as(ana.pk):
            used = Recall.objects.get().recalled.filter(used=True).first().memory
        _, detail = door(ana)(f"/{used.pk}")
        first, second = detail["curve"]["stretches"]
        assert second["strength"] == pytest.approx(used.strength, abs=1e-3)
        assert second["strength"] > first["strength"] > 0


class TestActs:
    def test_pinned_and_let_go(self, ana, life):
        food, _ = life
        ask = door(ana)
        assert ask(f"/{food.pk}/pin", {"pinned": True})[1]["retention"] == 1.0
        assert ask(f"/{food.pk}/pin", {"pinned": False})[1]["pinned"] is False

    def test_a_correction_answers_with_what_stands_there_now_and_its_history_and_can_be_taken_back(
        self, ana, life, queued
    ):
        _, sister = life
        ask = door(ana)
        status, right = ask(
            f"/{sister.pk}/correct",
            {"text": "My sister lives in Lisbon.", "mistaken": True, "client_id": str(uuid4())},
        )
        assert (status, right["label"], right["by_hand"]) == (200, "Fact, corrected", True)
        assert [version["text"] for version in right["history"]] == ["My sister lives in Lisbon.", SISTER]
        assert "mistake" in right["history"][1]["validity"]
        assert queued == [("index", ana.pk, [right["sources"][0]["turn"]])]
        assert SISTER not in texts(ask("", {})[1])
        assert texts(ask("", {"states": ["superseded"]})[1]) == [SISTER]
        assert ask(f"/{right['id']}/uncorrect", {})[0] == 200
        assert SISTER in texts(ask("", {})[1])

    @pytest.mark.parametrize(("text", "code"), [(" ", "empty"), ("a" * 601, "too_long")])
    def test_a_correction_that_says_nothing_or_too_much_is_refused_in_words(self, ana, life, text, code):
        food, _ = life
        body = {"text": text, "mistaken": True, "client_id": str(uuid4())}
        status, refused = door(ana)(f"/{food.pk}/correct", body)
        assert (status, refused["code"]) == (400, code)

    def test_what_goes_is_told_first_then_hidden_at_once_and_taken_back_in_time(self, ana, life, queued):
        food, _ = life
        ask = door(ana)
        foretold = {"said": 1, "answers": 0, "facts": 1, "summaries": 1, "repeats": 0}
        assert ask(f"/{food.pk}/foretold") == (200, foretold)
        status, asked = ask(f"/{food.pk}/forget", {})
        assert status == 200
        assert queued == [("erase", ana.pk, asked["id"])]
        assert FOOD not in texts(ask("", {})[1])
        assert ask(f"/{food.pk}")[0] == 404
        assert ask("/forgetting")[1] == [asked]
        assert ask(f"/forgetting/{asked['id']}/undo", {})[0] == 200
        assert FOOD in texts(ask("", {})[1])
        assert ask("/forgetting")[1] == []

    def test_open_tabs_of_the_person_hear_of_it_and_of_its_undoing(self, ana, life):
        food, _ = life
        ask = door(ana)

        def forget_and_undo():
            _, asked = ask(f"/{food.pk}/forget", {})
            ask(f"/forgetting/{asked['id']}/undo", {})
            return asked["id"]

        erased, forgotten, unforgotten = heard(ana, forget_and_undo, 2)
        assert (forgotten["type"], forgotten["erasure"], forgotten["said"]) == ("forgotten", erased, 1)
        assert unforgotten == {"type": "unforgotten", "erasure": erased}
        with acting_as(ana.pk):
            assert forgotten["turns"] == [Turn.objects.get(text=FOOD).pk]

    def test_what_is_erased_or_anothers_can_not_be_taken_back(self, ana, stranger, life):
        food, _ = life
        _, asked = door(ana)(f"/{food.pk}/forget", {})
        assert door(stranger)(f"/forgetting/{asked['id']}/undo", {})[0] == 409
        with acting_as(ana.pk):
            Erasure.objects.update(due_at=clock.now())
        erasure.carry_out(person_id=ana.pk, erasure_id=asked["id"])
        assert door(ana)(f"/forgetting/{asked['id']}/undo", {}) == (
            409,
            {"code": "too_late", "message": "There is nothing to take back any more: it is erased."},
        )

    def test_what_is_done_without_a_token_of_the_page_is_refused(self, ana, life):
        food, _ = life
        client = Client(enforce_csrf_checks=True)
        client.force_login(ana)
        answer = client.post(f"/api/memories/{food.pk}/pin", '{"pinned": true}', "application/json")
        assert answer.status_code == 403
        assert known(ana)[1].pinned is False


class TestTheSearchBox:
    def test_it_finds_by_meaning_what_was_made_of_the_words_and_then_the_words(self, ana, life):
        status, found = door(ana)("/search", {"question": "Which meal do I like best?"})
        assert (status, found["by"], found["notice"]) == (200, "meaning", "")
        assert [item["kind"] for item in found["items"][:2]] == ["fact", "round"]
        assert texts(found)[:2] == [FOOD, FOOD]

    def test_filters_hold_for_what_is_found_as_well(self, ana, life):
        ask = door(ana)
        question = {"question": "Which meal do I like best?"}
        assert {item["kind"] for item in ask("/search", question | {"kind": "fact"})[1]["items"]} == {"fact"}
        assert {item["kind"] for item in ask("/search", question | {"kind": "summary"})[1]["items"]} == {"session"}
        assert ask("/search", question | {"until": "2020-01-01"})[1]["items"] == []

    def test_it_writes_nothing_and_strengthens_nothing(self, ana, life):
        def rows():
            with acting_as(ana.pk):
                return list(Memory.objects.order_by("pk").values()), Recall.objects.count()

        before = rows()
        door(ana)("/search", {"question": "Which meal do I like best?"})
        assert rows() == before

    def test_without_a_worker_words_are_looked_for_as_they_stand_and_it_says_what_to_do(self, ana, life, monkeypatch):
        class Away:
            def read(self, texts):
                raise EncoderAway("No chat worker answered in time; start one.")

        monkeypatch.setattr(searching, "DistantEncoder", Away)
        _, found = door(ana)("/search", {"question": "food CURRY"})
        assert (found["by"], texts(found)[0], texts(found)[-1]) == ("words", FOOD, FOOD)
        assert [item["kind"] for item in found["items"]] == ["fact", "session", "round"]
        assert "start one" in found["notice"]

    @pytest.mark.parametrize("question", ["hi", "%", "_", "100%"])
    def test_what_asks_nothing_is_looked_for_as_it_stands(self, ana, life, question):
        status, found = door(ana)("/search", {"question": question})
        assert status == 200
        assert found["by"] == "meaning" or not found["items"]

    def test_nothing_that_is_being_forgotten_is_found(self, ana, life):
        food, _ = life
        ask = door(ana)
        ask(f"/{food.pk}/forget", {})
        for question in ("Which meal do I like best?", "hi curry"):
            assert FOOD not in texts(ask("/search", {"question": question})[1])


def test_the_page_itself_shows_the_list_and_the_memory_without_asking_again(ana, life):
    client = Client()
    client.force_login(ana)
    food, _ = life
    page = client.get(f"/memories/{food.pk}/").content.decode()
    assert page.count(FOOD) >= 2
    assert "style=" not in page


@pytest.mark.parametrize("path", ["/", "/memories/", "/portrait/", "/timeline/"])
def test_no_two_parts_of_a_page_have_one_id(ana, path):
    client = Client()
    client.force_login(ana)
    ids = re.findall(r'\bid="([^"]+)"', client.get(path).content.decode())
    assert len(ids) == len(set(ids))


def test_an_event_tells_its_days_and_a_plan_is_among_the_events(ana):
    plan = one("fly to Oslo on 3 May 2026", "Ana plans to fly to Oslo on 3 May 2026.", "plan")
    consolidate(ana, told(ana, "I am going to fly to Oslo on 3 May 2026.", at=MARCH), answering(plan))
    _, listed = door(ana)("", {"kind": "event"})
    assert [(item["label"], item["validity"]) for item in listed["items"]] == [("Plan", "Sunday 3 May 2026")]
