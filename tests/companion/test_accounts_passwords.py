"""Passwords: forgotten, replaced, changed."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from companion.accounts.models import Person
from tests.visitor import SENTENCE, errors, sign_in, who, words

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def house(settings):
    """Open to all, on this machine; limits on attempts have tests of their own."""
    settings.SIGN_UP = "open"
    settings.SITE_URL = "http://localhost:8000"
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def clara():
    return Person.objects.create_user("clara@example.org", SENTENCE, name="Clara", time_zone="Europe/Lisbon")


@pytest.fixture
def visitor():
    return Client(HTTP_HOST="localhost")


def ask_for_a_link(visitor, email):
    response = visitor.post(reverse("account_reset_password"), {"email": email})
    assert response["Location"] == reverse("account_reset_password_done")
    return response


def link_in(message):
    return re.search(r"http://localhost(/\S+)", message.body).group(1)


def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail_once(visitor, clara):
    ask_for_a_link(visitor, "Clara@example.org")
    link = link_in(mail.outbox[0])
    page = visitor.get(link, follow=True)
    action = page.context["action_url"]
    done = visitor.post(action, {"password1": "a lamp in the window"}, follow=True)
    assert "Sign in with the new one" in words(done)
    sign_in(visitor, password="a lamp in the window")
    assert who(visitor) == "clara@example.org"
    assert "used already" in words(Client(HTTP_HOST="localhost").get(link, follow=True))


def test_asking_for_a_link_shows_a_stranger_nothing_of_who_is_here(visitor, clara):
    known, unknown = ask_for_a_link(visitor, clara.email), ask_for_a_link(visitor, "nobody@example.org")
    assert known.content == unknown.content
    assert [message.to for message in mail.outbox] == [["clara@example.org"], ["nobody@example.org"]]
    assert "there is no account" in mail.outbox[1].body


def test_a_mail_server_that_does_not_answer_is_said_alike_for_everybody(visitor, clara, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    pages = [visitor.post(reverse("account_reset_password"), {"email": email}) for email in (clara.email, "no@b.org")]
    assert [page.status_code for page in pages] == [503, 503]
    assert words(pages[0]) == words(pages[1])
    assert "mail server does not answer" in words(pages[0])


@pytest.mark.parametrize("key", ["1-abc-def", "zzzzzzzzzzzzzzz-x", "0-0"])
def test_a_made_up_link_has_faded(visitor, clara, key):
    assert "used already" in words(visitor.get(f"/account/password/reset/key/{key}/", follow=True))


def test_changing_the_password_takes_the_one_there_is_and_ends_other_sessions(visitor, clara):
    elsewhere = Client(HTTP_HOST="localhost")
    sign_in(visitor)
    sign_in(elsewhere)
    change = reverse("account_change_password")
    wrong = visitor.post(change, {"oldpassword": "not mine", "password1": "a lamp in the window"})
    assert errors(wrong, "oldpassword") == ["This is not your current password."]
    right = visitor.post(change, {"oldpassword": SENTENCE, "password1": "a lamp in the window"}, follow=True)
    assert "Your password is changed." in words(right)
    assert visitor.get(reverse("account_preferences")).status_code == 200
    assert elsewhere.get(reverse("account_preferences")).status_code == 302


def test_who_has_no_password_yet_may_choose_one(visitor, clara):
    visitor.force_login(clara)
    Person.objects.update(password="!")
    clara.refresh_from_db()
    visitor.force_login(clara)
    page = visitor.get(reverse("account_change_password"), follow=True)
    assert "Choose a password" in words(page)
    visitor.post(reverse("account_set_password"), {"password1": "a lamp in the window"})
    clara.refresh_from_db()
    assert clara.check_password("a lamp in the window")


def test_a_password_asked_for_once_more_must_be_the_right_one(visitor, clara):
    sign_in(visitor)
    again = reverse("account_reauthenticate")
    assert "password once more" in words(visitor.get(again))
    assert errors(visitor.post(again, {"password": "not this one"}), "password") == ["This is not your password."]
    assert visitor.post(again, {"password": SENTENCE}).status_code == 302
