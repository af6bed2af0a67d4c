"""The chat page, and what it reads beside the websocket."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from companion.accounts.models import Person
from companion.chat.conversations import list_conversations, read_conversation
from memory import clock
from memory.dialogue import NoSuchConversation, default_companion
from memory.isolation import acting_as
from worker import engines


@login_required
@never_cache
@require_GET
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The page; without a conversation, the beginning of a new one."""
    person = cast(Person, request.user)
    conversation = _conversation(person, conversation_id) if conversation_id else None
    return render(request, "chat/chat.html", {"boot": _boot(person, conversation)})


@login_required
@require_GET
def conversations(request: HttpRequest) -> JsonResponse:
    """The sidebar's list."""
    return JsonResponse(list_conversations(cast(Person, request.user)), safe=False)


@login_required
@require_GET
def turns(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """A page of turns that ends before the turn named by `before`."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        return JsonResponse({"message": "“before” is the id of a turn."}, status=400)
    person = cast(Person, request.user)
    return JsonResponse(_conversation(person, conversation_id, before=int(before) if before else None))


def _conversation(person: Person, conversation_id: UUID, *, before: int | None = None) -> dict[str, Any]:
    """Another person's conversation is as if it did not exist."""
    try:
        return read_conversation(person, conversation_id, before=before)
    except NoSuchConversation as missing:
        raise Http404(str(missing)) from missing


def _boot(person: Person, conversation: dict[str, Any] | None) -> dict[str, Any]:
    """All that the page needs to show its first content without waiting for the socket."""
    with acting_as(person.pk):
        companion = default_companion(person_id=person.pk)
    return {
        "person": {
            "name": person.called,
            "email": person.email,
            "time_zone": person.time_zone,
            "administrator": person.is_staff,
        },
        "companion": {"name": companion.name},
        "engine": engines.describe(),
        "conversations": list_conversations(person),
        "conversation": conversation,
        "limit": settings.MESSAGE_LIMIT,
        "now": clock.now().isoformat(),
        "urls": {
            "sign_out": reverse("account_logout"),
            "password": reverse("account_change_password"),
            "preferences": reverse("account_preferences"),
        },
    }
