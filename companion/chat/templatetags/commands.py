"""The palette and the sheet of keys, on pages that the server draws."""

from typing import Any

from django.template import Context, Library
from django.utils.html import json_script
from django.utils.safestring import SafeString

from companion import chosen
from companion.chat.sidebar import addresses

register = Library()


@register.simple_tag(takes_context=True)
def commands(context: Context) -> SafeString | str:
    """What frontend/src/commands.ts is given; nothing where nobody is signed in."""
    person: Any = context.get("user")
    if person is None or not person.is_authenticated:
        return ""
    given = {
        "email": person.email,
        "urls": addresses(person).model_dump(),
        "companions": chosen.companions(person),
    }
    return json_script(given, "commands")
