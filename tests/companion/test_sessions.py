"""A session stands until its person signs out, changes the password or is closed out."""

import pytest
from django.test import Client

from companion.accounts.sessions import is_open
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(ana):
    client = Client()
    client.force_login(ana)
    return client


def test_a_session_stands_for_the_person_who_signed_in_and_no_other(ana, stranger, signed_in):
    key = signed_in.session.session_key
    assert is_open(key, ana)
    assert not is_open(key, stranger)
    assert not is_open("no-such-session", ana)


def test_signing_out_another_password_and_a_closed_account_end_it(ana, signed_in):
    key = signed_in.session.session_key
    ana.is_active = False
    ana.save()
    assert not is_open(key, ana)
    ana.is_active = True
    ana.set_password(PASSWORD + "!")
    ana.save()
    assert not is_open(key, ana)
    signed_in.force_login(ana)
    key = signed_in.session.session_key
    assert is_open(key, ana)
    signed_in.logout()
    assert not is_open(key, ana)
