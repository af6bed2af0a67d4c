"""Who comes in: the first account, the rule for later ones, and invitations."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from companion.accounts import admission
from companion.accounts.models import Invitation, Person
from companion.operations.setup_token import token
from memory import clock, permission, policy
from memory.isolation import acting_as
from memory.models import Companion, Matter
from tests.visitor import SENTENCE, errors, sign_in, sign_up, who, words

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    """Open to all, on this machine, with a set-up token of its own."""
    settings.SIGN_UP = "open"
    settings.SITE_URL = "http://localhost:8000"
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "rosemary.example"]
    settings.ACCOUNT_RATE_LIMITS = False
    settings.DATA_DIR = tmp_path


@pytest.fixture
def visitor():
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def administrator():
    return Person.objects.create_superuser("clara@example.org", SENTENCE, name="Clara")


@pytest.fixture
def guest():
    return Person.objects.create_user("gus@example.org", SENTENCE, name="Gus")


@contextmanager
def held_until_both_wait(sql, params):
    """Hold what both will ask for, until the database says that two wait for it: then they are truly at once."""
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        cursor.execute(sql, params)
        yield
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            cursor.execute("select count(distinct pid) from pg_locks where not granted")
            if cursor.fetchone()[0] >= 2:
                return
            time.sleep(0.05)
        raise AssertionError("two never waited at once")


def at_once(*acts):
    """Run each in a thread with a connection of its own; what they return, once all have ended."""

    def run(act):
        try:
            return act()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(len(acts))
    return [pool.submit(run, act) for act in acts]


# The first account


def test_the_first_account_is_the_administrator_and_the_second_is_not(visitor):
    sign_up(visitor)
    sign_up(Client(HTTP_HOST="localhost"), email="bob@example.org")
    first, second = Person.objects.order_by("pk")
    assert (first.is_staff, first.is_superuser) == (True, True)
    assert (second.is_staff, second.is_superuser) == (False, False)


def test_nobody_makes_themselves_administrator_by_sending_more_fields(visitor, guest):
    sign_up(visitor, is_staff="on", is_superuser="on")
    assert not Person.objects.filter(is_staff=True).exists()


def test_in_the_first_run_what_the_house_rules_out_cannot_be_ticked_and_ones_own_choice_of_it_stays(visitor):
    policy.rule_house({"unkept": ["portrait"]})
    page = visitor.get(reverse("account_signup"))
    assert page.context["form"]["portrait"].field.disabled
    assert "has switched this off for you" in words(page)
    assert "What this house allows" in words(page)
    ticked = {"ticked": "True", "facts": "on", "sensitive": "on", "portrait": "on", "companion": "Sage"}
    assert sign_up(visitor, **ticked).status_code == 302
    person = Person.objects.get()
    with acting_as(person.pk):
        assert permission.chosen(person.pk).unkept == ["summaries"]
        assert not permission.may_remember(Companion.objects.get(), Matter.PORTRAIT)


def test_of_two_first_accounts_at_once_exactly_one_is_the_administrator():
    visitors = [Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")]
    with held_until_both_wait("select pg_advisory_xact_lock(%s)", [admission.FIRST_ACCOUNT_LOCK]):
        acts = at_once(
            lambda: sign_up(visitors[0]),
            lambda: sign_up(visitors[1], email="bob@example.org"),
        )
    assert [act.result().status_code for act in acts] == [302, 302]
    assert Person.objects.count() == 2
    assert Person.objects.filter(is_staff=True, is_superuser=True).count() == 1
    assert Person.objects.filter(is_staff=False, is_superuser=False).count() == 1


def test_of_two_first_accounts_at_once_where_later_ones_are_closed_only_one_comes_in(settings):
    settings.SIGN_UP = "closed"
    visitors = [Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")]
    with held_until_both_wait("select pg_advisory_xact_lock(%s)", [admission.FIRST_ACCOUNT_LOCK]):
        acts = at_once(
            lambda: sign_up(visitors[0]),
            lambda: sign_up(visitors[1], email="bob@example.org"),
        )
    assert sorted(act.result().status_code for act in acts) == [302, 403]
    assert Person.objects.get().is_superuser
    assert sorted(who(one) is None for one in visitors) == [False, True]
    assert Companion.objects.using("owner").count() == 1


def test_of_the_same_address_twice_at_once_one_gets_the_account_and_the_other_an_error():
    with held_until_both_wait("lock table accounts_person in share row exclusive mode", []):
        acts = at_once(*[lambda: sign_up(Client(HTTP_HOST="localhost"))] * 2)
    responses = sorted((act.result() for act in acts), key=lambda response: response.status_code)
    assert [response.status_code for response in responses] == [200, 302]
    assert errors(responses[0], "email")
    assert Person.objects.count() == 1


# The set-up token


@pytest.mark.parametrize(
    "carried",
    [
        {"HTTP_HOST": "rosemary.example"},
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "172.18.0.1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "localhost"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
    ids=str,
)
def test_from_anywhere_but_this_machine_the_first_account_takes_the_token(carried):
    visitor = Client(**{"HTTP_HOST": "localhost", **carried})
    assert "Set-up token" in words(visitor.get(reverse("account_signup")))
    assert errors(sign_up(visitor), "token")
    assert errors(sign_up(visitor, token="guessed"), "token")
    assert not Person.objects.exists()
    assert sign_up(visitor, token=f" {token()}\n").status_code == 302
    assert Person.objects.get().is_superuser


def test_a_proxy_that_hides_itself_does_not_open_the_first_account(settings):
    settings.SITE_URL = "https://rosemary.example"
    assert errors(sign_up(Client(HTTP_HOST="localhost")), "token")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_on_this_machine_it_takes_none(host, address):
    visitor = Client(HTTP_HOST=host, REMOTE_ADDR=address)
    assert "Set-up token" not in words(visitor.get(reverse("account_signup")))
    assert sign_up(visitor).status_code == 302


@pytest.mark.parametrize("given", ["", "\x00", "\ufffd", "x" * 100_000, "ключ"])
def test_a_token_that_can_be_none_is_an_error_beside_its_field(given):
    assert errors(sign_up(Client(HTTP_HOST="rosemary.example"), token=given), "token")


def test_a_link_may_carry_the_token():
    page = Client(HTTP_HOST="rosemary.example").get(reverse("account_signup"), {"token": "from-the-link"})
    assert 'value="from-the-link"' in page.content.decode()


def test_later_accounts_need_no_token(guest):
    visitor = Client(HTTP_HOST="rosemary.example")
    assert "Set-up token" not in words(visitor.get(reverse("account_signup")))
    assert sign_up(visitor).status_code == 302


def test_the_token_is_made_once_and_only_its_owner_can_read_it(settings):
    assert token() == token()
    assert (settings.DATA_DIR / "setup_token").stat().st_mode & 0o077 == 0


# Later accounts


@pytest.mark.parametrize(("rule", "said"), [("closed", "No new accounts"), ("invitation", "by invitation")])
def test_where_sign_up_is_not_open_the_page_says_so_and_lets_nobody_in(visitor, guest, settings, rule, said):
    settings.SIGN_UP = rule
    page = visitor.get(reverse("account_signup"))
    assert (page.status_code, said in words(page)) == (403, True)
    assert sign_up(visitor).status_code == 403
    assert Person.objects.count() == 1
    assert "Sign up" not in words(visitor.get(reverse("account_login")))


@pytest.mark.parametrize("rule", ["closed", "invitation"])
def test_the_first_account_is_let_in_whatever_the_rule(visitor, settings, rule):
    settings.SIGN_UP = rule
    assert sign_up(visitor).status_code == 302


def test_a_rule_nobody_knows_is_found_before_anything_starts_and_lets_nobody_in(visitor, guest, settings):
    settings.SIGN_UP = "opne"
    assert "accounts.E001" in [found.id for found in run_checks()]
    assert sign_up(visitor).status_code == 403


# Invitations


def link_for(administrator):
    return reverse("accounts_invitation", args=[admission.invite(by=administrator, made_for="Ana")])


def test_an_invitation_lets_one_newcomer_in_once(visitor, administrator, settings):
    settings.SIGN_UP = "invitation"
    link = link_for(administrator)
    assert visitor.get(link)["Location"] == reverse("account_signup")
    assert sign_up(visitor).status_code == 302
    invitation = Invitation.objects.get()
    assert invitation.used_by == Person.objects.get(email="ana@example.org")
    assert not invitation.used_by.is_staff
    late = Client(HTTP_HOST="localhost")
    assert late.get(link).status_code == 410
    assert sign_up(late, email="bob@example.org").status_code == 403


def test_looking_at_an_invitation_does_not_use_it_up(visitor, administrator, settings):
    settings.SIGN_UP = "invitation"
    link = link_for(administrator)
    Client(HTTP_HOST="localhost").get(link)
    visitor.get(link)
    assert sign_up(visitor, password1="short").status_code == 200
    assert sign_up(visitor).status_code == 302


def test_an_invitation_used_by_two_at_once_lets_one_in(administrator, settings):
    settings.SIGN_UP = "invitation"
    link = link_for(administrator)
    visitors = [Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")]
    for one in visitors:
        one.get(link)
    with held_until_both_wait("select 1 from accounts_invitation for update", []):
        acts = at_once(
            lambda: sign_up(visitors[0]),
            lambda: sign_up(visitors[1], email="bob@example.org"),
        )
    assert sorted(act.result().status_code for act in acts) == [302, 403]
    assert Person.objects.exclude(pk=administrator.pk).count() == 1


def test_an_invitation_is_over_after_fourteen_days(visitor, administrator, settings):
    settings.SIGN_UP = "invitation"
    link = link_for(administrator)
    Invitation.objects.update(expires_at=clock.now() + timedelta(minutes=1))
    visitor.get(link)
    settings.CLOCK_SHIFT = 120
    assert sign_up(visitor).status_code == 403
    assert "fourteen days" in words(visitor.get(link))


def test_an_invitation_lasts_fourteen_days(administrator):
    link_for(administrator)
    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.made_at == timedelta(days=14)


def test_an_invitation_taken_back_lets_nobody_in_even_who_opened_it_before(visitor, administrator, settings):
    settings.SIGN_UP = "invitation"
    visitor.get(link_for(administrator))
    host = Client(HTTP_HOST="localhost")
    sign_in(host)
    host.post(reverse("accounts_revoke_invitation", args=[Invitation.objects.get().pk]))
    assert sign_up(visitor).status_code == 403


def test_an_invitation_does_not_open_a_closed_house(visitor, administrator, settings):
    settings.SIGN_UP = "closed"
    visitor.get(link_for(administrator))
    assert sign_up(visitor).status_code == 403


@pytest.mark.parametrize("code", ["x", "%00", "%ED%A0%80", "x" * 4000])
def test_a_made_up_invitation_is_over(visitor, administrator, code):
    assert visitor.get(f"/account/invitation/{code}/").status_code == 410


def test_the_link_is_shown_once_and_its_code_is_kept_nowhere(visitor, administrator):
    sign_in(visitor)
    page = visitor.post(reverse("accounts_invitations"), {"made_for": "Ana, from the choir"}, follow=True)
    link = page.context["link"]
    code = link.rstrip("/").rpartition("/")[2]
    assert link.startswith("http://localhost/account/invitation/")
    assert link in page.content.decode()
    again = visitor.get(reverse("accounts_invitations"))
    assert "Ana, from the choir" in words(again)
    assert code not in again.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("select i::text from accounts_invitation i")
        assert code not in cursor.fetchone()[0]
    assert Client(HTTP_HOST="localhost").get(link).status_code == 302


def test_only_administrators_make_see_and_take_back_invitations(visitor, administrator, guest):
    link_for(administrator)
    invitation = Invitation.objects.get()
    doors = [
        ("get", reverse("accounts_invitations")),
        ("post", reverse("accounts_invitations")),
        ("post", reverse("accounts_revoke_invitation", args=[invitation.pk])),
    ]
    assert [getattr(visitor, way)(door).status_code for way, door in doors] == [302, 302, 302]
    sign_in(visitor, email=guest.email)
    assert [getattr(visitor, way)(door).status_code for way, door in doors] == [403, 403, 403]
    assert list(Invitation.objects.all()) == [invitation]


def test_a_used_invitation_stays_in_the_list_and_cannot_be_taken_back(visitor, administrator, settings):
    settings.SIGN_UP = "invitation"
    newcomer = Client(HTTP_HOST="localhost")
    newcomer.get(link_for(administrator))
    sign_up(newcomer)
    sign_in(visitor)
    assert visitor.post(reverse("accounts_revoke_invitation", args=[Invitation.objects.get().pk])).status_code == 404
    assert "by ana@example.org" in words(visitor.get(reverse("accounts_invitations")))
