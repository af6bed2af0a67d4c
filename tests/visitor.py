"""What a visitor does in a browser without script, as Django's test client does it."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from companion.accounts.models import Person

SENTENCE = "the kettle sings at dawn"


def sign_up(visitor: Client, **changes: str) -> Any:
    """Send the sign-up form, filled in well but for the changes."""
    form = {"name": "Ana", "email": "ana@example.org", "password1": SENTENCE, "time_zone": "Europe/Rome"}
    return visitor.post(reverse("account_signup"), {**form, **changes})


def sign_in(visitor: Client, email: str = "clara@example.org", password: str = SENTENCE, **more: str) -> Any:
    """Send the sign-in form."""
    return visitor.post(reverse("account_login"), {"login": email, "password": password, **more})


def who(visitor: Client) -> str | None:
    """The address of who is signed in."""
    pk = visitor.session.get("_auth_user_id")
    return Person.objects.get(pk=pk).email if pk else None


def words(response: Any) -> str:
    """The page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def errors(response: Any, field: str) -> list[str]:
    """What stands beside a field; "__all__" for the whole form."""
    found: list[str] = response.context["form"].errors.get(field, [])
    return found
