"""What the sidebar shows: all of it on the pages beside the conversation, the addresses on every page."""

from typing import Any

from django.urls import reverse

from companion.accounts.models import Person
from companion.chat.conversations import list_conversations
from companion.chat.pages import Addresses
from companion.inspection.roles import role_of
from memory import clock
from worker import engines


def sidebar(person: Person) -> dict[str, Any]:
    """Who is signed in, with which engine; the latest conversations, and where the account's pages are."""
    return {
        "person": {"name": person.name, "email": person.email, "time_zone": person.time_zone},
        "engine": engines.describe(),
        "listed": list_conversations(person).model_dump(mode="json"),
        "now": clock.now().isoformat(),
        "urls": addresses(person).model_dump(),
    }


def addresses(person: Person) -> Addresses:
    """The account's pages, and for who has a role the administration's."""
    return Addresses(
        sign_out=reverse("account_logout"),
        password=reverse("account_change_password"),
        preferences=reverse("account_preferences"),
        companions=reverse("account_preferences") + "#companions",
        invitations=reverse("accounts_invitations") if person.is_staff else "",
        inspection=reverse("inspection_people") if role_of(person) else "",
    )
