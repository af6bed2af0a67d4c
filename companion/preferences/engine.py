"""The language model of the house: its administrator sees whether it answers, and names another."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from companion.accounts import house_engine
from companion.accounts.views import person_of
from companion.preferences.forms import EngineForm
from worker import engines
from worker.engines import chosen, trial
from worker.engines.chosen import Choice, Kind

GLANCE = 1.0  # seconds that the page waits for a server to answer


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What speaks now, and the choice; for administrators alone."""
    if not person_of(request).is_staff:
        raise PermissionDenied
    before = _typed_before(request) or chosen.choice()
    sent = request.POST if request.method == "POST" and not house_engine.is_fixed() else None
    form = EngineForm(sent, before=before)
    if form.is_valid() and form.engine_choice is not None:
        chosen.choose(form.engine_choice)
        messages.success(request, gettext("Kept. It holds from the next reply on."))
        return redirect("preferences_engine")
    shown: dict[str, Any] = {"form": form, "engine": engines.describe(), "answer": _answer(chosen.named())}
    return render(request, "preferences/engine.html", {**shown, **house_engine.context()})


def _typed_before(request: HttpRequest) -> Choice | None:
    """What failed in the first run, to be mended here; shown once."""
    typed = request.session.pop(house_engine.TYPED_IN_SESSION, "") if request.method == "GET" else ""
    return Choice(Kind.ADDRESS, typed) if typed else None


def _answer(choice: Choice) -> dict[str, str]:
    """Whether what is named answers just now, in words; nothing where none is named."""
    if choice.kind is not Kind.ADDRESS:
        return {}
    try:
        heard = trial.listen(choice.url, key=choice.key, patience=GLANCE)
    except trial.NoEngine as why:
        return {"problem": str(why)}
    return {"words": house_engine.in_words(heard)}
