"""Those who look after others' memories, for the tests of inspection: each signed in, with a role."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companion.inspection.models import Office, Role
from memory import clock
from tests.people import make_person

WHY = "She reports that Rosemary confuses her sister’s city."


def official(role: Role | None, name: str = "Tomas") -> Any:
    """Somebody with this role."""
    person = make_person(name)
    if role == Role.ADMINISTRATOR:
        person.is_staff = person.is_superuser = True
        person.save()
    elif role is not None:
        Office.objects.create(person=person, role=role, given_at=clock.now())
    return person


def signed_in(person: Any) -> Client:
    """A browser in which they are signed in."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def to(name: str, person: Any, **more: Any) -> str:
    """An address of inspection about somebody."""
    return reverse(f"inspection_{name}", kwargs={"pk": person.pk, **more})


def visit(client: Client, person: Any, reason: str = WHY) -> None:
    """Give the reason."""
    answer = client.post(to("person", person), {"reason": reason})
    assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def inspector(transactional_db: None) -> Client:
    """Who may read with a reason."""
    return signed_in(official(Role.INSPECTOR))


@pytest.fixture
def support(transactional_db: None) -> Client:
    """Who may see states and figures."""
    return signed_in(official(Role.SUPPORT))


@pytest.fixture
def administrator(transactional_db: None) -> Client:
    """Who may give roles and read the whole record."""
    return signed_in(official(Role.ADMINISTRATOR))
