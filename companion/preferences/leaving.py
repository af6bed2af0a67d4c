"""Deleting one's account: what goes is spelled out, the password asked again, and the receipt outlives the account."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companion.accounts import leaving as accounts
from companion.accounts.models import Departure
from companion.accounts.views import person_of
from companion.preferences.forms import LeaveForm
from memory import clock, leaving
from memory.erasure import NothingToForget
from memory.isolation import acting_as
from worker import tasks
from worker.queueing import soon

ALONE = gettext_lazy(
    "You are the only one who looks after this house, and others live here. Make somebody else an administrator first."
)
IN_WORDS = {
    "account": gettext_lazy("account"),
    "turn": gettext_lazy("turns, yours and the replies"),
    "conversation": gettext_lazy("conversations"),
    "companion": gettext_lazy("companions"),
    "memory": gettext_lazy("memories"),
    "portraitline": gettext_lazy("lines of your portrait"),
    "key": gettext_lazy("entries of the index"),
    "recall": gettext_lazy("receipts of what was recalled"),
    "erasure": gettext_lazy("receipts of what you had erased"),
    "tombstone": gettext_lazy("marks that kept it from coming back"),
    "preference": gettext_lazy("preferences"),
    "import": gettext_lazy("imports"),
}


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """What would go, and the password; then it is hidden, and everybody is signed out."""
    person = person_of(request)
    form = LeaveForm(request.POST, person=person) if request.method == "POST" else LeaveForm(person=person)
    if form.is_valid():
        try:
            code = accounts.ask(person)
        except accounts.LastAdministrator:
            form.add_error(None, str(ALONE))
        except NothingToForget:
            form.add_error(None, gettext("It is asked for already."))
        else:
            request.session.flush()
            _queue(code)
            return redirect("goodbye", code=code)
    with acting_as(person.pk):
        goes = leaving.extent(person.pk)
    return render(request, "preferences/leave.html", {"form": form, "goes": goes})


def _queue(code: str) -> None:
    """Have replies stopped that are being written."""
    departure = accounts.find(code)
    if departure is not None:
        soon(tasks.erase, departure.leaver, departure.erasure)


@never_cache
@require_safe
def goodbye(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever has the link sees until when it can be taken back, and after that the receipt."""
    departure = _find(code)
    state = "done" if departure.done_at else "waiting" if departure.due_at > clock.now() else "due"
    counts = [(count, IN_WORDS[name]) for name, count in departure.counts.items() if name in IN_WORDS]
    context = {"departure": departure, "code": code, "state": state, "counts": counts}
    return render(request, "preferences/goodbye.html", context)


@never_cache
@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt as a file."""
    departure = _find(code)
    if departure.done_at is None:
        raise Http404
    told: dict[str, Any] = {
        "erased": "account",
        "asked_at": departure.asked_at.isoformat(),
        "done_at": departure.done_at.isoformat(),
        "rows": departure.counts,
    }
    return HttpResponse(
        json.dumps(told, indent=2) + "\n",
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="erased-{departure.done_at:%Y-%m-%d}.json"'},
    )


@require_POST
def come_back(request: HttpRequest, code: str) -> HttpResponse:
    """The account stays; its person signs in again."""
    if not accounts.take_back(_find(code)):
        return redirect("goodbye", code=code)
    messages.success(request, gettext("Nothing was erased: your account is as it was. Sign in again."))
    return redirect("account_login")


def _find(code: str) -> Departure:
    departure = accounts.find(code)
    if departure is None:
        raise Http404
    return departure
