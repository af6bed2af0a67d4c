"""A person deletes their account: hidden at once, for a while to be taken back, then gone, with a receipt."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from companion.accounts.models import Departure, Person
from companion.inspection.models import Access, Role
from memory import clock
from memory.isolation import acting_as
from memory.leaving import gone
from memory.models import Erasure, Turn
from tests.inspectors import official, signed_in, visit
from tests.memory.test_dialogue import say
from tests.memory.test_isolation import OWNED
from tests.memory.test_preferences import lived
from tests.people import PASSWORD
from tests.visitor import errors, sign_in, words
from worker import erasing, sweeps

pytestmark = pytest.mark.django_db

LEAVE = "preferences_leave"


@pytest.fixture
def clara(ana):
    """Somebody with a life that is remembered."""
    lived(ana)
    return ana


def leave(client, password=PASSWORD):
    return client.post(reverse(LEAVE), {"password": password})


def rows(person):
    with acting_as(person.pk):
        counts = {model.__name__: model.objects.of(person.pk).count() for model in OWNED}
    return {name: count for name, count in counts.items() if count}


def due(time_machine):
    """The time is over, and a sweep has come by."""
    time_machine.move_to(clock.now() + timedelta(hours=1))
    for person_id, erasure_id in sweeps.erasures_due():
        erasing.carry_out(person_id=person_id, erasure_id=erasure_id)


def test_what_goes_is_spelled_out_before(clara):
    page = words(signed_in(clara).get(reverse(LEAVE)))
    assert "2 turns of yours, and 0 replies" in page
    assert "1 companion" in page
    assert "lines of your portrait" in page


@pytest.mark.parametrize("password", ["", "not it at all"])
def test_without_the_password_nothing_happens(clara, password):
    before = rows(clara)
    assert errors(leave(signed_in(clara), password), "password")
    clara.refresh_from_db()
    assert clara.is_active
    assert rows(clara) == before


def test_all_is_hidden_at_once_and_one_is_signed_out_of_every_browser(clara):
    here, elsewhere = signed_in(clara), signed_in(clara)
    answer = leave(here)
    assert answer["Location"].startswith("/goodbye/")
    for browser in (here, elsewhere):
        assert browser.get("/")["Location"].startswith(reverse("account_login"))
    with acting_as(clara.pk):
        assert not Turn.objects.of(clara.pk).shown().exists()
    visitor = Client(HTTP_HOST="localhost")
    assert "rests" in words(visitor.get(sign_in(visitor, clara.email, PASSWORD)["Location"]))
    page = words(visitor.get(answer["Location"]))
    assert "Take it back" in page
    assert "Ana" not in page


def test_until_it_is_due_it_can_be_taken_back_and_all_is_as_it_was(clara, time_machine):
    before = rows(clara)
    client = signed_in(clara)
    address = leave(client)["Location"]
    assert client.post(f"{address}back/")["Location"] == reverse("account_login")
    assert sign_in(client, clara.email, PASSWORD)["Location"] == "/"
    with acting_as(clara.pk):
        assert Turn.objects.of(clara.pk).shown().count() == 2
    due(time_machine)
    after = rows(clara)
    assert after.pop("Erasure") == 1
    assert after == before
    assert client.get(address).status_code == 404


def test_a_session_that_was_ended_stays_ended_when_it_is_taken_back(clara):
    elsewhere, here = signed_in(clara), signed_in(clara)
    here.post(f"{leave(here)['Location']}back/")
    assert elsewhere.get("/")["Location"].startswith(reverse("account_login"))


def test_once_it_is_due_nothing_is_left_but_a_receipt_without_words(clara, time_machine):
    kept = rows(clara)
    address = leave(signed_in(clara))["Location"]
    due(time_machine)
    assert not Person.objects.filter(pk=clara.pk).exists()
    assert rows(clara) == {}
    anybody = Client(HTTP_HOST="localhost")
    page = words(anybody.get(address))
    assert "Everything is erased" in page
    assert f"{kept['Turn']} turns" in page
    receipt = json.loads(anybody.get(f"{address}receipt.json").content)
    assert receipt["rows"]["turn"] == kept["Turn"]
    assert receipt["rows"]["companion"] == kept["Companion"]
    assert not re.search("Porto|Rita|ana@", json.dumps(receipt) + page)


def test_it_is_too_late_to_take_back_what_is_done(clara, time_machine):
    address = leave(signed_in(clara))["Location"]
    due(time_machine)
    assert Client(HTTP_HOST="localhost").post(f"{address}back/")["Location"] == address
    assert not Person.objects.filter(pk=clara.pk).exists()


def test_carried_out_twice_it_is_carried_out_once(clara, time_machine):
    leave(signed_in(clara))
    departure = Departure.objects.get()
    due(time_machine)
    done = Departure.objects.get()
    erasing.carry_out(person_id=clara.pk, erasure_id=departure.erasure)
    assert Departure.objects.get().counts == done.counts != {}


def test_a_failure_on_the_way_leaves_all_of_it_to_the_next_sweep(clara, time_machine):
    leave(signed_in(clara))
    before = rows(clara)
    departure = Departure.objects.get()

    def fails(**_):
        raise OSError("the disk is full")

    gone.connect(fails)
    try:
        time_machine.move_to(clock.now() + timedelta(hours=1))
        with pytest.raises(OSError, match="full"):
            erasing.carry_out(person_id=clara.pk, erasure_id=departure.erasure)
    finally:
        gone.disconnect(fails)
    assert rows(clara) == before
    assert Departure.objects.get().done_at is None
    due(time_machine)
    assert rows(clara) == {}


def test_nobody_else_loses_anything(clara, stranger, time_machine):
    lived(stranger)
    before = rows(stranger)
    leave(signed_in(clara))
    due(time_machine)
    assert rows(stranger) == before
    assert signed_in(stranger).get("/").status_code == 200


def test_the_record_of_who_looked_stays(clara, time_machine):
    visit(signed_in(official(Role.INSPECTOR)), clara)
    leave(signed_in(clara))
    due(time_machine)
    with acting_as(clara.pk):
        assert Access.objects.filter(owner_id=clara.pk).exists()


def test_the_only_one_who_looks_after_others_cannot_leave_them_alone(clara, stranger):
    Person.objects.filter(pk=clara.pk).update(is_staff=True)
    answer = leave(signed_in(Person.objects.get(pk=clara.pk)))
    assert "the only one who looks after this house" in words(answer)
    with acting_as(clara.pk):
        assert not Erasure.objects.of(clara.pk).exists()
    Person.objects.filter(pk=stranger.pk).update(is_staff=True)
    assert leave(signed_in(Person.objects.get(pk=clara.pk))).status_code == 302


def test_who_never_said_a_word_can_leave_too(stranger, time_machine):
    leave(signed_in(stranger))
    due(time_machine)
    assert not Person.objects.filter(pk=stranger.pk).exists()


def test_what_is_still_said_through_an_open_tab_goes_with_the_rest(clara, time_machine):
    leave(signed_in(clara))
    say(clara, "One more thing.")
    due(time_machine)
    assert rows(clara) == {}


@pytest.mark.parametrize("door", ["goodbye", "goodbye_receipt"])
def test_a_code_that_nobody_was_given_leads_nowhere(door):
    assert Client(HTTP_HOST="localhost").get(reverse(door, args=["guessed"])).status_code == 404
