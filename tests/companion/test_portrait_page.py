"""The page of the portrait and its doors: who the person is held to be, shown to them alone, in their own hands."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from memory import clock, companions, context, erasure, permission, policy, preferences
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Fading, Matter, Memory, Period, PortraitLine, Turn
from tests.memory.test_dialogue import companion_of
from tests.memory.test_portrait import BEES, DAY, NOW, drawn, noon, talked
from worker import tasks

__all__ = ["noon"]

pytestmark = pytest.mark.django_db

LIKES = "likes beekeeping"
ON, OFF = {"for_all": True, "for_this": True}, {"for_all": False, "for_this": True}


def door(person, client=None):
    """A signed-in browser: (status, what came back) of an address under /api/portrait, with a body by POST."""
    client = client or Client()
    client.force_login(person)

    def ask(address, body=None):
        path = f"/api/portrait{address}"
        answer = client.get(path) if body is None else client.post(path, json.dumps(body), "application/json")
        return answer.status_code, json.loads(answer.content)

    return ask


def page(person, address="/portrait/"):
    """What the page is given."""
    client = Client()
    client.force_login(person)
    answer = client.get(address)
    return answer.context["boot"] if answer.status_code == 200 else answer.status_code


def held(told):
    return {line["text"]: line for line in told["lines"]}


@pytest.fixture
def bees(ana, noon):
    """What is held of Ana, who loves beekeeping."""
    talked(ana, [BEES], NOW - DAY)
    drawn(ana)
    return held(page(ana)["portrait"])[LIKES]


def test_a_line_is_shown_with_how_sure_it_is_and_the_words_it_stands_on(ana, bees):
    with acting_as(ana.pk):
        turn = Turn.objects.get(text=BEES)
    assert (bees["sure"], bees["leaves"], bees["told"], bees["days"]) == ("fairly sure", 3, True, 1)
    (quote,) = bees["quotes"]
    assert quote == {
        "text": "I love beekeeping.",
        "turn": turn.pk,
        "conversation": str(turn.conversation_id),
        "when": "Wednesday 4 November",
    }


def test_what_was_said_later_against_a_line_stands_beside_it(ana, noon):
    talked(ana, ["I love opera."], NOW - 3 * DAY)
    talked(ana, ["I love opera."], NOW - 2 * DAY)
    talked(ana, ["I don't like opera."], NOW - DAY)
    drawn(ana)
    line = held(page(ana)["portrait"])["likes opera"]
    assert [quote["text"] for quote in line["against"]] == ["I don't like opera."]


def test_who_has_not_talked_yet_has_an_empty_page(ana):
    boot = page(ana)
    assert (boot["companion"], boot["portrait"]["lines"]) == (None, [])
    assert door(ana)("/moods")[1]["days"] == []


@pytest.mark.parametrize(("version", "own_words"), [("extractive 1", True), ("llama-8b digest 1", False)])
def test_a_likeness_of_the_persons_own_sentences_says_so(ana, bees, version, own_words):
    with acting_as(ana.pk):
        begun = {"said_at": NOW, "recalled_at": NOW, "fades_at": NOW + DAY, "strength": 1.0}
        begun["period"] = Period.objects.of(ana.pk).first()
        Memory.objects.create(
            owner=ana, companion=companion_of(ana), kind="whole", text="Bees.", version=version, **begun
        )
    assert page(ana)["portrait"]["likeness"]["own_words"] == own_words


def test_a_line_is_confirmed_and_that_is_taken_back(ana, bees):
    ask = door(ana)
    status, told = ask(f"/{bees['id']}/confirm", {})
    assert status == 200
    assert (held(told)[LIKES]["sure"], held(told)[LIKES]["confirmed"]) == ("you said so", True)
    _, told = ask(f"/{bees['id']}/take-back", {})
    assert held(told)[LIKES] == bees


def test_what_is_removed_is_listed_as_refused_and_can_be_allowed_again(ana, bees):
    ask = door(ana)
    _, told = ask(f"/{bees['id']}/refuse", {})
    assert LIKES not in held(told)
    assert [(one["id"], one["text"], one["when"]) for one in told["refused"]] == [
        (bees["id"], LIKES, "Thursday 5 November")
    ]
    _, told = ask(f"/{bees['id']}/take-back", {})
    assert held(told)[LIKES] == bees
    assert told["refused"] == []


def test_a_correction_stands_in_the_persons_words_and_can_be_taken_back(ana, bees):
    ask = door(ana)
    _, told = ask(f"/{bees['id']}/correct", {"text": "keeps wasps"})
    assert held(told)["keeps wasps"]["confirmed"]
    assert [one["text"] for one in told["refused"]] == [LIKES]
    _, told = ask(f"/{bees['id']}/uncorrect", {"text": LIKES, "confirmed": False})
    assert {**held(told)[LIKES], "id": 0} == {**bees, "id": 0}
    assert told["refused"] == []


def test_switched_off_nothing_is_shown_drawn_or_told_and_switched_on_it_is_drawn_again(ana, bees):
    ask = door(ana)
    ask(f"/{bees['id']}/confirm", {})
    status, told = ask("/keep", OFF)
    assert (status, told["kept"], told["ruled"], told["lines"], told["refused"]) == (200, False, False, [], [])
    assert page(ana)["portrait"] == told
    assert ask("/moods")[1]["days"] == []
    with acting_as(ana.pk):
        companion = companion_of(ana)
        stands_before = context.before_a_new_one(companion=companion, moment=clock.now()).summaries
        assert [one for one in stands_before if one.layer == "portrait"] == []
        assert Matter.PORTRAIT in permission.chosen(ana.pk).unkept
    talked(ana, ["I love opera."], clock.now() - DAY)
    assert drawn(ana).lines == []
    with acting_as(ana.pk):
        states = set(PortraitLine.objects.values_list("text", "state"))
    assert states == {(LIKES, "confirmed")}  # what she said of herself stays set aside
    _, told = ask("/keep", ON)
    assert told["lines"][0]["confirmed"]
    drawn(ana)
    assert "likes opera" in held(page(ana)["portrait"])


def test_switching_it_off_leaves_other_choices_and_is_taken_back_whole(ana, bees):
    with acting_as(ana.pk):
        preferences.choose(person_id=ana.pk, unkept=[Matter.SENSITIVE], fading=Fading.PAPER, joined=True)
    ask = door(ana)
    _, told = ask("/keep", OFF)
    assert told["kept"] is False
    _, told = ask("/keep", ON)
    assert held(told).keys() >= {LIKES}
    with acting_as(ana.pk):
        chosen = permission.chosen(ana.pk)
    assert (chosen.unkept, chosen.fading, chosen.joined) == ([Matter.SENSITIVE], Fading.PAPER, True)


def test_off_for_one_companion_alone_it_is_told_so_and_put_back_so(ana, bees):
    with acting_as(ana.pk):
        companion = companion_of(ana)
        companions.create(person_id=ana.pk, name="Sage")
        limits = {"name": "Rosemary", "manner": "", "engine": "", "unkept": [Matter.PORTRAIT, Matter.SENSITIVE]}
        companions.edit(companion=companion, **limits)
    before = page(ana)["portrait"]
    assert (before["kept"], before["for_all"], before["for_this"]) == (False, True, False)
    ask = door(ana)
    _, told = ask("/keep", ON)
    assert (told["kept"], told["for_all"], told["for_this"]) == (True, True, True)
    assert ask("/keep", {"for_all": True, "for_this": False})[1] == before
    with acting_as(ana.pk):
        assert permission.chosen(ana.pk).unkept == []
        kept = Companion.objects.of(ana.pk).order_by("pk").values_list("name", "unkept")
        assert list(kept) == [("Rosemary", [Matter.PORTRAIT, Matter.SENSITIVE]), ("Sage", [])]


@pytest.mark.parametrize("body", [{}, {"kept": True}, {"for_all": True}, {"for_all": True, "for_this": "maybe"}])
def test_both_switches_are_named_or_nothing_is_changed(ana, bees, body):
    status, told = door(ana)("/keep", body)
    assert (status, told["code"]) == (400, "malformed")
    assert page(ana)["portrait"]["kept"]


def test_lines_that_were_all_dropped_are_still_told_as_changed(ana, noon):
    talked(ana, ["I love tea."], NOW - 3 * DAY)
    drawn(ana)
    noon.shift(timedelta(days=700))
    drawn(ana)
    told = page(ana)["portrait"]
    assert told["lines"] == []
    assert [(one["text"], one["dropped"]) for one in told["changed"]] == [("likes tea", True)]


def test_what_the_house_has_switched_off_stays_off_and_says_so(ana, bees):
    with acting_as(ana.pk):
        policy.rule_person(ana.pk, {"unkept": [Matter.PORTRAIT]})
    _, told = door(ana)("/keep", ON)
    assert (told["kept"], told["ruled"], told["lines"]) == (False, True, [])


def test_what_changed_is_told_with_its_day_and_what_is_about_to_be_forgotten_is_not(ana, noon):
    turn = talked(ana, ["I live in Porto."], NOW - 3 * DAY)
    drawn(ana)
    talked(ana, ["I live in Lisbon."], NOW - DAY)
    drawn(ana)
    told = page(ana)["portrait"]["changed"]
    day = "Thursday 5 November"
    assert [(one["text"], one["dropped"], one["when"]) for one in told] == [
        ("I live in Lisbon", False, day),
        ("I live in Porto", True, day),
    ]
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, [turn.pk]), after=DAY)
    assert "I live in Porto" not in {one["text"] for one in page(ana)["portrait"]["changed"]}


def test_a_correction_that_never_was_is_not_taken_back(ana, bees):
    status, told = door(ana)(f"/{bees['id']}/uncorrect", {"text": "likes tea", "confirmed": False})
    assert (status, told["code"]) == (409, "too_late")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("confirm", {}),
        ("refuse", {}),
        ("take-back", {}),
        ("correct", {"text": "keeps wasps"}),
        ("uncorrect", {"text": LIKES, "confirmed": False}),
    ],
)
def test_a_stranger_finds_no_line_of_anothers_and_changes_none(ana, stranger, bees, act, body):
    status, told = door(stranger)(f"/{bees['id']}/{act}", body)
    assert (status, told["code"]) == (404, "not_found")
    assert held(page(ana)["portrait"])[LIKES] == bees


def test_a_stranger_sees_neither_the_portrait_nor_the_moods_of_anothers_companion(ana, stranger, bees):
    companion = companion_of(ana).pk
    assert page(stranger, f"/portrait/?companion={companion}") == 404
    assert door(stranger)(f"/moods?companion={companion}")[0] == 404
    assert page(stranger)["portrait"]["lines"] == []


def test_each_companion_has_a_portrait_of_its_own(ana, bees):
    with acting_as(ana.pk):
        other = Companion.objects.create(owner=ana, name="Sage", created_at=NOW)
    boot = page(ana, f"/portrait/?companion={other.pk}")
    assert (boot["companion"]["name"], boot["portrait"]["lines"]) == ("Sage", [])
    assert [one["name"] for one in boot["companions"]] == ["Rosemary", "Sage"]


def test_moods_are_told_by_day_over_the_weeks_that_are_asked_for(ana, noon):
    talked(ana, ["I was so sad today."], NOW - timedelta(days=100))
    talked(ana, ["I am so happy today!"], NOW - DAY)
    ask = door(ana)
    _, told = ask("/moods?weeks=8")
    assert [(one["day"], one["valence"]) for one in told["days"]] == [("2026-11-04", 1.0)]
    assert (told["since"], told["until"]) == ("2026-09-11", "2026-11-05")
    assert [one["day"] for one in ask("/moods?weeks=26")[1]["days"]] == ["2026-07-28", "2026-11-04"]


@pytest.mark.parametrize(("ago", "weeks"), [(1, 8), (55, 8), (56, 26), (300, 52), (900, 260)])
def test_where_no_span_is_asked_for_it_is_the_shortest_that_has_any(ana, noon, ago, weeks):
    talked(ana, ["I was so sad today."], NOW - timedelta(days=1000))
    talked(ana, ["I am so happy today!"], NOW - timedelta(days=ago))
    told = door(ana)("/moods")[1]
    assert told["weeks"] == weeks
    assert told == door(ana)(f"/moods?weeks={weeks}")[1]


def test_where_nobody_told_a_feeling_no_span_has_any(ana, noon):
    talked(ana, ["The bees are in the pear tree."], NOW - DAY)
    assert door(ana)("/moods")[1]["days"] == []


@pytest.mark.parametrize("address", ["?weeks=9", "?companion=x", "?companion=-1", f"?companion={2**70}", "?other=1"])
def test_what_is_none_of_the_pages_is_refused_in_words(ana, address):
    status, told = door(ana)(f"/moods{address}")
    assert (status, told["code"]) == (400, "malformed")


@pytest.mark.parametrize("text", ["", "   ", "a" * 161, 5, None])
def test_a_correction_is_one_short_line(ana, bees, text):
    assert door(ana)(f"/{bees['id']}/correct", {"text": text})[0] == 400


def test_nothing_is_done_without_the_pages_own_token(ana, bees):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana)
    assert client.post(f"/api/portrait/{bees['id']}/refuse", "{}", "application/json").status_code == 403


def test_what_is_about_to_be_erased_is_neither_held_nor_listed_as_refused(ana, bees, monkeypatch):
    monkeypatch.setattr(tasks.erase, "delay", lambda *args: None)
    door(ana)(f"/{bees['id']}/refuse", {})
    with acting_as(ana.pk):
        turn = Turn.objects.get(text=BEES)
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, [turn.pk]))
    told = page(ana)["portrait"]
    assert (told["lines"], told["refused"]) == ([], [])


def test_the_page_says_from_what_it_is_drawn(ana, bees):
    told = page(ana)["portrait"]
    assert (told["talks"], told["waits"]) == (1, False)  # it is due at once, which the page tells by itself
    with acting_as(ana.pk):
        Period.objects.filter(layer="portrait").update(due_at=NOW + DAY)
    assert page(ana)["portrait"]["waits"]
