"""Who may choose the language model of the house, and what becomes of what they type."""

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from companion.accounts.models import Person
from companion.operations.setup_token import token
from tests.inspectors import signed_in
from tests.stack import free_port
from tests.visitor import errors, sign_up, words
from tests.worker.test_chosen_engine import KEY, base, guarded
from worker import engines
from worker.engines import chosen
from worker.engines.chosen import Choice, Kind

__all__ = ["guarded"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(settings, db):
    settings.SITE_URL = "http://localhost:8000"
    settings.ALLOWED_HOSTS = ["localhost", "rosemary.example"]
    settings.ACCOUNT_RATE_LIMITS = False
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("delete from memory_house_engine")


@pytest.fixture
def visitor():
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def administrator(ana):
    ana.is_staff = True
    ana.save()
    return signed_in(ana)


def address_of(url, **more):
    return {"engine": "address", "engine_url": url, "engine_key": "", "engine_model": "", **more}


def page(client, **sent):
    where = reverse("preferences_engine")
    return client.post(where, sent) if sent else client.get(where)


def tried(client, url, **more):
    return client.post(reverse("accounts_try_engine"), {"engine_url": url, **more})


# The first run


def test_the_first_run_keeps_an_address_that_answers(visitor, engine_server):
    assert "Another address" in words(visitor.get(reverse("account_signup")))
    sign_up(visitor, **address_of(engine_server.url.removesuffix("/v1"), engine_model="echo"))
    assert Person.objects.get().is_staff
    assert chosen.choice() == Choice(Kind.ADDRESS, engine_server.url, "echo")


def test_an_address_where_nothing_answers_costs_no_password_and_is_mended_on_its_own_page(visitor):
    url = f"http://127.0.0.1:{free_port()}/v1"
    answer = sign_up(visitor, **address_of(url))
    assert answer["Location"] == reverse("preferences_engine")
    assert Person.objects.get().is_staff
    assert chosen.choice() == Choice()
    page = visitor.get(reverse("preferences_engine"))
    assert "Your account is made. The language model is not: Nothing answers at 127.0.0.1:" in words(page)
    assert page.context["form"]["engine_url"].value() == url
    assert page.context["form"]["engine"].value() == Kind.ADDRESS
    assert visitor.get(reverse("preferences_engine")).context["form"]["engine_url"].value() == ""


def test_later_leaves_what_is_found_alone(visitor):
    sign_up(visitor, engine="none")
    assert chosen.choice().kind is Kind.NONE


def test_only_who_may_make_the_first_account_may_try_an_address(visitor, engine_server, ana):
    assert tried(visitor, engine_server.url).status_code == 403
    Person.objects.all().delete()
    assert "echo" in tried(visitor, engine_server.url).json()["models"]
    afar = Client(HTTP_HOST="rosemary.example")
    assert tried(afar, engine_server.url, token="guessed").status_code == 403
    assert tried(afar, engine_server.url, token=token()).status_code == 200


def test_the_second_account_chooses_nothing(visitor, ana, engine_server):
    sign_up(visitor, email="bob@example.org", **address_of(engine_server.url))
    assert Person.objects.filter(email="bob@example.org").exists()
    assert chosen.choice() == Choice()


def test_with_a_wrong_token_no_address_is_asked(guarded):
    sign_up(Client(HTTP_HOST="rosemary.example"), token="guessed", **address_of(base(guarded)))
    assert guarded.told == []


# Afterwards


def test_others_than_administrators_see_nothing_and_change_nothing(stranger, administrator):
    theirs = signed_in(stranger)
    assert page(theirs).status_code == 403
    assert page(theirs, engine="none").status_code == 403
    assert tried(theirs, "http://localhost:1").status_code == 403
    assert reverse("preferences_engine") not in theirs.get(reverse("account_preferences")).content.decode()
    assert reverse("preferences_engine") in administrator.get(reverse("account_preferences")).content.decode()
    assert chosen.choice() == Choice()


def test_the_administrator_names_another_and_its_key_is_never_shown(administrator, guarded):
    assert page(administrator, **address_of(base(guarded), engine_key=KEY)).status_code == 302
    assert chosen.choice() == Choice(Kind.ADDRESS, f"{base(guarded)}/v1", "", KEY)
    shown = page(administrator)
    assert "It answered in" in words(shown)
    assert KEY not in shown.content.decode()
    refused = page(administrator, **address_of(base(guarded), engine_key="wrong-but-secret"))
    assert "wrong-but-secret" not in refused.content.decode()
    assert "refuses this key" in words(refused)


def test_a_kept_key_goes_on_at_its_server_and_is_sent_to_no_other(administrator, guarded, engine_server):
    chosen.choose(Choice(Kind.ADDRESS, f"{base(guarded)}/v1", "", KEY))
    assert page(administrator, **address_of(base(guarded), engine_model="kind")).status_code == 302
    assert chosen.choice() == Choice(Kind.ADDRESS, f"{base(guarded)}/v1", "kind", KEY)
    chosen.choose(Choice(Kind.ADDRESS, engine_server.url, "", "a key for another server"))
    assert "wants a key" in tried(administrator, base(guarded)).json()["problem"]
    assert guarded.told[-1] is None


def test_a_server_that_is_away_can_be_kept_all_the_same_and_a_wrong_address_cannot(administrator):
    away = f"http://127.0.0.1:{free_port()}/v1"
    asked = page(administrator, **address_of(away))
    assert "Keep it all the same" in words(asked)
    assert page(administrator, **address_of(away), anyway="1").status_code == 302
    assert chosen.choice().url == away
    assert "Nothing answers" in words(page(administrator))
    wrong = page(administrator, **address_of("ftp://gpu"), anyway="1")
    assert "This is no address" in words(wrong)
    assert "Keep it all the same" not in words(wrong)
    assert chosen.choice().url == away


def test_a_model_that_the_server_does_not_have_is_refused_with_those_it_has(administrator, guarded):
    answer = page(administrator, **address_of(base(guarded), engine_key=KEY, engine_model="grand"))
    assert errors(answer, "engine_url") == ["It has no model “grand”. It has: kind."]


def test_where_the_environment_names_one_the_page_says_so_and_keeps_nothing(administrator, settings, engine_server):
    settings.ENGINE_URL = engine_server.url.replace("127.0.0.1", "clara:opensesame@127.0.0.1")
    shown = page(administrator)
    assert "ENGINE_URL names it" in words(shown)
    assert "opensesame" not in shown.content.decode()
    page(administrator, engine="none")
    assert chosen.choice() == Choice()
    assert engines.describe()["connected"]
