"""Signing up, in and out, and the time zone that follows the browser."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.urls import reverse

from companion.accounts.forms import SignUpForm
from companion.accounts.models import Person
from memory.isolation import acting_as
from memory.models import Companion
from tests.visitor import SENTENCE, errors, sign_in, sign_up, who, words

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


# Signing up


def test_signing_up_signs_in_at_once_and_gives_a_companion_called_rosemary(visitor):
    response = sign_up(visitor)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert who(visitor) == "ana@example.org"
    ana = Person.objects.get()
    assert (ana.name, ana.time_zone, ana.time_zone_chosen) == ("Ana", "Europe/Rome", False)
    with acting_as(ana.pk):
        assert [companion.name for companion in Companion.objects.all()] == ["Rosemary"]


@pytest.mark.parametrize("zone", ["", "Middle/Earth", "../../etc/passwd", "x" * 100_000, "UTC\x00"])
def test_a_time_zone_nobody_knows_becomes_utc(visitor, zone):
    assert sign_up(visitor, time_zone=zone).status_code == 302
    assert Person.objects.get().time_zone == "UTC"


def test_an_address_is_kept_in_lower_case(visitor):
    sign_up(visitor, email="Ana.Maria@Example.ORG")
    assert Person.objects.get().email == "ana.maria@example.org"


def test_an_address_that_is_taken_is_refused_in_any_case_without_saying_whose_it_is(visitor, clara):
    response = sign_up(visitor, email="CLARA@Example.org")
    assert response.status_code == 200
    assert errors(response, "email") == [
        "No account can be made with this address. If it is yours, sign in or reset the password."
    ]
    assert "Clara" not in words(response)
    assert Person.objects.count() == 1
    assert who(visitor) is None


def test_with_mandatory_verification_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(
    visitor, clara, settings
):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    new, taken = sign_up(visitor), sign_up(Client(HTTP_HOST="localhost"), email="Clara@example.org")
    assert (new.status_code, new["Location"]) == (taken.status_code, taken["Location"])
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        "ana@example.org": "Welcome to Rosemary",
        "clara@example.org": "Your address at Rosemary",
    }
    assert Person.objects.count() == 2


def test_with_mandatory_verification_one_comes_in_after_opening_the_link(visitor, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert "A link is on its way" in words(visitor.get(sign_up(visitor)["Location"]))
    assert who(visitor) is None
    link = re.search(r"http://localhost(/\S+)", mail.outbox[0].body).group(1)
    assert "ana@example.org" in words(visitor.get(link))
    visitor.post(link)
    sign_in(visitor, email="ana@example.org")
    assert who(visitor) == "ana@example.org"
    assert "used already" in words(Client(HTTP_HOST="localhost").get(link[:-5] + "xxxx/"))


def test_the_same_address_in_two_cases_is_refused_by_the_database_too(clara):
    with pytest.raises(IntegrityError, match="person_email_in_any_case"), transaction.atomic():
        Person(email="Clara@Example.org").save()


@pytest.mark.parametrize(
    "password", ["eleven char", "aaaaaaaaaaa", "password12345678"[:11], "correcthorsebatterystaple" * 11]
)
def test_a_password_too_short_or_too_long_is_refused_beside_its_field(visitor, password):
    response = sign_up(visitor, password1=password)
    assert response.status_code == 200
    assert errors(response, "password1")
    page = response.content.decode()
    assert 'id="id_password1_error"' in page
    assert 'aria-describedby="id_password1_helptext id_password1_error"' in page
    assert 'aria-invalid="true"' in page
    assert not Person.objects.exists()


def test_a_password_like_the_address_is_refused(visitor):
    response = sign_up(visitor, email="rosmarinus@example.org", password1="rosmarinus@example")
    assert "too similar" in " ".join(errors(response, "password1"))


@pytest.mark.parametrize("field", ["name", "email", "password1"])
@pytest.mark.parametrize("bad", ["\x00", "\ufffd"])
def test_a_character_that_cannot_be_kept_is_an_error_beside_the_field(visitor, field, bad):
    good = {"name": "Ana", "email": "ana@example.org", "password1": SENTENCE}[field]
    response = sign_up(visitor, **{field: good[:2] + bad + good[2:]})
    assert response.status_code == 200
    assert errors(response, field)
    assert not Person.objects.exists()


@pytest.mark.parametrize("field", ["name", "email", "password1"])
def test_a_lone_surrogate_sent_as_raw_bytes_is_an_error_beside_the_field(visitor, field):
    good = {"name": "Ana", "email": "ana@example.org", "password1": SENTENCE.replace(" ", "+")}
    body = "&".join(f"{key}={value}{'%ED%A0%80' if key == field else ''}" for key, value in good.items())
    response = visitor.post(reverse("account_signup"), body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200
    assert errors(response, field)


def test_a_lone_surrogate_that_reached_the_forms_would_be_an_error_there(rf):
    data = {"name": "A\ud800na", "email": "a@b\ud800.org", "password1": SENTENCE + "\ud800"}
    form = SignUpForm(data, request=rf.get("/", HTTP_HOST="localhost"))
    assert set(form.errors) == {"name", "email", "password1"}


@pytest.mark.parametrize("name", ["", "   ", "A" * 61, "Ana\nBob", "Ana\u202egro", "x" * 1_000_000])
def test_a_name_that_is_blank_too_long_or_more_than_a_line_is_refused(visitor, name):
    response = sign_up(visitor, name=name)
    assert response.status_code == 200
    assert errors(response, "name")


@pytest.mark.parametrize("name", ["יעל", "O’Brien-Núñez", "🌿", "Anne Marie"])
def test_names_of_all_scripts_are_welcome(visitor, name):
    sign_up(visitor, name=name)
    assert Person.objects.get().name == name


def test_what_is_larger_than_any_form_is_answered_by_a_page(visitor):
    response = sign_up(visitor, name="x" * 3_000_000)
    assert response.status_code == 400
    assert "could not be read" in words(response)


# Signing in and out


def test_signing_in_takes_the_address_in_any_case(visitor, clara):
    response = sign_in(visitor, email="Clara@EXAMPLE.org")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert who(visitor) == "clara@example.org"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(visitor, clara):
    wrong = sign_in(visitor, password="not this one at all")
    unknown = sign_in(visitor, email="nobody@example.org")
    assert errors(wrong, "__all__") == errors(unknown, "__all__")
    assert errors(wrong, "__all__")[0].startswith("This e-mail and password do not go together")
    assert who(visitor) is None


@pytest.mark.parametrize("email", ["clara\x00@example.org", "clara@example.org" + "x" * 500, "\ufffd@example.org", ""])
def test_an_address_that_is_none_is_an_error_beside_the_field(visitor, clara, email):
    response = sign_in(visitor, email=email)
    assert response.status_code == 200
    assert errors(response, "login")


@pytest.mark.parametrize("password", ["\x00", "x" * 1_000_000, ""])
def test_a_password_that_can_be_nobodys_is_an_error_beside_the_field(visitor, clara, password):
    assert errors(sign_in(visitor, password=password), "password")


def test_signing_out_takes_a_post(visitor, clara):
    sign_in(visitor)
    assert "Sign out" in words(visitor.get(reverse("account_logout")))
    assert who(visitor) == "clara@example.org"
    response = visitor.post(reverse("account_logout"))
    assert (response.status_code, response["Location"]) == (302, reverse("account_login"))
    assert who(visitor) is None


def test_signing_in_leads_back_to_where_one_was_going_but_never_to_another_site(visitor, clara):
    account = reverse("account_preferences")
    assert visitor.get(account)["Location"] == f"{reverse('account_login')}?next={account}"
    assert sign_in(visitor, next=account)["Location"] == account
    visitor.post(reverse("account_logout"))
    assert sign_in(visitor, next="https://elsewhere.example/")["Location"] == "/"


def test_before_the_first_account_signing_in_leads_to_signing_up(visitor):
    assert visitor.get(reverse("account_login"))["Location"] == reverse("account_signup")


def test_someone_switched_off_is_told_so(visitor, clara):
    Person.objects.update(is_active=False)
    assert "switched off" in words(visitor.get(sign_in(visitor)["Location"]))
    assert who(visitor) is None


def test_guessing_is_slowed_down(visitor, clara, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    email = f"{clara.pk}-{id(visitor)}@example.org"
    answers = [errors(sign_in(visitor, email=email), "__all__")[0] for _ in range(4)]
    assert answers[2].startswith("This e-mail and password do not go together")
    assert answers[3].startswith("Too many attempts")


def test_signing_up_again_and_again_is_slowed_down(settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/m/ip"}
    robot = Client(HTTP_HOST="localhost", REMOTE_ADDR=f"2001:db8:{id(settings) % 65536:x}::1")
    statuses = [sign_up(robot, name="").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert "Wait a minute" in words(sign_up(robot))


# The time zone


def test_signing_in_moves_to_the_zone_the_browser_is_in(visitor, clara):
    sign_in(visitor, time_zone="Asia/Tokyo")
    clara.refresh_from_db()
    assert clara.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["", "Middle/Earth", "UTC\x00"])
def test_signing_in_from_no_known_zone_moves_nobody(visitor, clara, zone):
    assert sign_in(visitor, time_zone=zone).status_code == 302
    clara.refresh_from_db()
    assert clara.time_zone == "Europe/Lisbon"


def test_a_zone_chosen_by_hand_stays(visitor, clara):
    sign_in(visitor)
    visitor.post(reverse("account_preferences"), {"name": "Clara", "time_zone": "America/Lima"})
    visitor.post(reverse("account_logout"))
    sign_in(visitor, time_zone="Asia/Tokyo")
    clara.refresh_from_db()
    assert (clara.time_zone, clara.time_zone_chosen) == ("America/Lima", True)


def test_a_zone_given_back_to_the_browser_follows_it_again(visitor, clara):
    Person.objects.update(time_zone_chosen=True)
    sign_in(visitor)
    visitor.post(reverse("account_preferences"), {"name": "Clara", "time_zone": ""})
    visitor.post(reverse("account_logout"))
    sign_in(visitor, time_zone="Asia/Tokyo")
    clara.refresh_from_db()
    assert clara.time_zone == "Asia/Tokyo"


def test_ones_account_page_changes_oneself_and_nobody_else(visitor, clara):
    other = Person.objects.create_user("bob@example.org", SENTENCE, name="Bob")
    sign_in(visitor)
    visitor.post(reverse("account_preferences"), {"name": "C.", "time_zone": "", "pk": other.pk, "is_staff": "on"})
    clara.refresh_from_db()
    other.refresh_from_db()
    assert (clara.name, clara.is_staff, other.name) == ("C.", False, "Bob")


def test_a_zone_that_this_machine_has_lost_breaks_no_page(visitor, clara):
    sign_in(visitor)
    Person.objects.update(time_zone="Lost/Atlantis")
    assert visitor.get(reverse("account_preferences")).status_code == 200


def test_zones_are_offered_by_their_places_alone_and_the_one_that_was_chosen_with_them(visitor, clara):
    sign_in(visitor)
    Person.objects.update(time_zone="Japan", time_zone_chosen=True)
    page = visitor.get(reverse("account_preferences"))
    offered = [zone for zone, _ in page.context["form"].fields["time_zone"].choices if zone]
    assert {"Europe/Lisbon", "UTC", "Japan"} <= set(offered)
    assert not {"Factory", "localtime", "GB", "Etc/GMT-14"} & set(offered)


# When something is wrong


def test_a_form_without_its_token_is_told_to_load_again(clara):
    strict = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    response = sign_in(strict)
    assert response.status_code == 403
    assert "reload the page" in words(response)


def test_a_page_that_is_not_there_says_where_to_go(visitor, clara):
    response = visitor.get("/nothing/here/")
    assert response.status_code == 404
    assert "To the conversation" in words(response)


def test_something_broken_says_so_without_showing_what(visitor, clara, monkeypatch):
    visitor.raise_request_exception = False
    monkeypatch.setattr("companion.accounts.admission.is_first", lambda: 1 / 0)
    response = visitor.get(reverse("account_login"))
    assert response.status_code == 500
    assert "Something broke" in words(response)
    assert "division" not in words(response)


def test_a_database_out_of_reach_is_said_to_be_so(visitor, clara, monkeypatch):
    def unreachable():
        raise OperationalError("connection refused")

    visitor.raise_request_exception = False
    monkeypatch.setattr("companion.accounts.admission.is_first", unreachable)
    response = visitor.get(reverse("account_login"))
    assert response.status_code == 503
    assert "does not answer" in words(response)


def test_redis_out_of_reach_is_said_to_be_so(visitor, clara, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1"}}
    settings.ACCOUNT_RATE_LIMITS = {"login": "30/m/ip"}
    visitor.raise_request_exception = False
    response = sign_in(visitor)
    assert response.status_code == 503
    assert "does not answer" in words(response)


@pytest.mark.parametrize(
    "page", sorted(Path(settings.BASE_DIR, "companion/templates").rglob("*.html")), ids=lambda p: p.name
)
def test_no_page_carries_script_or_style_within(page):
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", page.read_text(encoding="utf-8"))
