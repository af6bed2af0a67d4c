"""Companions are made and changed: name, manner, the model they speak by, what they may remember."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from companion.accounts.models import Person
from companion.accounts.views import person_of
from companion.preferences.forms import CompanionForm
from memory import companions, policy
from memory.isolation import acting_as
from memory.models import Companion
from worker import engines


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Another companion."""
    return _page(request, person_of(request), None)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, companion_id: int) -> HttpResponse:
    """One of the person's own."""
    person = person_of(request)
    try:
        with acting_as(person.pk):
            companion = companions.find(person_id=person.pk, companion_id=companion_id)
    except companions.NoSuchCompanion as missing:
        raise Http404(str(missing)) from missing
    return _page(request, person, companion)


def _page(request: HttpRequest, person: Person, companion: Companion | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    with acting_as(person.pk):
        ruled = policy.ruled(person.pk)
    form = CompanionForm(sent, companion=companion, models=engines.offered(), ruled=ruled)
    if form.is_valid():
        kept = _keep(person, companion, form)
        messages.success(request, _told(kept, is_new=companion is None))
        return redirect("account_preferences")
    with acting_as(person.pk):
        last = companion is not None and companions.is_last(companion)
    return render(request, "preferences/companion.html", {"form": form, "companion": companion, "last": last})


def _told(kept: Companion, *, is_new: bool) -> str:
    """That it is done; a new one can be talked to at once."""
    if not is_new:
        return gettext("%(name)s is kept.") % {"name": kept.name}
    done = gettext("%(name)s is here.") % {"name": kept.name}
    talk = gettext("Talk to %(name)s") % {"name": kept.name}
    return format_html('{} <a href="{}?with={}">{}</a>', done, reverse("chat"), kept.pk, talk)


def _keep(person: Person, companion: Companion | None, form: CompanionForm) -> Companion:
    told = {name: form.cleaned_data[name] for name in ("name", "manner", "engine")}
    with acting_as(person.pk):
        if companion is None:
            return companions.create(person_id=person.pk, unkept=form.unkept(), **told)
        return companions.edit(companion=companion, unkept=form.unkept(), **told)
