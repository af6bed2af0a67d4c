"""People for tests in which the whole product runs: each has an own address, so nothing is wiped in between."""

from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher

PASSWORD = "a long sentence to keep"


class OneRound(PBKDF2PasswordHasher):
    """The product's own hash, so that a running stack can read it, in one round in place of a million."""

    iterations = 1


def make_person(name: str, *, time_zone: str = "Europe/Lisbon") -> Any:
    """Somebody with an account."""
    address = f"{name.lower()}-{uuid4().hex[:12]}@example.org"
    return get_user_model().objects.create_user(address, PASSWORD, name=name, time_zone=time_zone)
