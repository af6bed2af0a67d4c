"""The page of preferences: what may be remembered, how fast it fades, who has looked, one's time zone, pause."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from companion.accounts.forms import PreferencesForm
from companion.accounts.matters import as_shown
from companion.accounts.models import Person
from companion.accounts.views import person_of
from companion.inspection.audit import in_words, looks_at
from companion.preferences.curve import curves
from companion.preferences.forms import JoiningForm, RememberingForm
from memory import companions, permission, policy, preferences, unremembered
from memory.isolation import acting_as
from memory.models import Companion, Erasure

LOOKS = 3  # told on the page; all stand on a page of their own


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """All preferences; what is sent here is one's name and time zone."""
    person = person_of(request)
    form = PreferencesForm(request.POST or None, person=person)
    if form.is_valid():
        form.save()
        with override(form.person.speaks):
            return _kept(request)
    return _shown(request, person, form=form)


@login_required
@require_POST
def remembering(request: HttpRequest) -> HttpResponse:
    """Keep what may be remembered, and how fast it fades."""
    person = person_of(request)
    with acting_as(person.pk):
        form = RememberingForm(request.POST, preference=permission.chosen(person.pk), ruled=policy.ruled(person.pk))
        if form.is_valid():
            preferences.choose(person_id=person.pk, unkept=form.unkept(), fading=form.chosen_fading())
            return _kept(request)
    return _shown(request, person, remembering=form)


@login_required
@require_POST
def joining(request: HttpRequest) -> HttpResponse:
    """Let the companions share what they remember, or keep them apart."""
    person = person_of(request)
    with acting_as(person.pk):
        form = JoiningForm(request.POST, preference=permission.chosen(person.pk))
        if form.is_valid():
            preferences.join(person_id=person.pk, joined=form.cleaned_data["joined"])
    return _kept(request)


@login_required
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Remember nothing new from now on, or go on remembering."""
    person = person_of(request)
    act = unremembered.resume if "resume" in request.POST else unremembered.pause
    with acting_as(person.pk):
        act(person_id=person.pk)
    return redirect("account_preferences")


def _companions(person: Person) -> list[Companion]:
    """Theirs, each with its manner as they read it. Runs inside `acting_as(person)`."""
    companions = list(Companion.objects.of(person.pk).present().order_by("pk"))
    for companion in companions:
        companion.manner = as_shown(companion.manner)
    return companions


def _kept(request: HttpRequest) -> HttpResponse:
    messages.success(request, gettext("Kept."))
    return redirect("account_preferences")


def _shown(request: HttpRequest, person: Person, **forms: Any) -> HttpResponse:
    with acting_as(person.pk):
        chosen, ruled = permission.chosen(person.pk), policy.ruled(person.pk)
        context = {
            "companions": _companions(person),
            "deleted": companions.deletions(person.pk),
            "joining": JoiningForm(preference=chosen),
            "paused": unremembered.paused_since(person.pk),
            "remembering": RememberingForm(preference=chosen, ruled=ruled),
            "fading": permission.fading_of(person.pk),
            "ruled": ruled,
            "overdue": Erasure.objects.of(person.pk).filter(kind=Erasure.Kind.OVERDUE).order_by("-asked_at").first(),
        }
    looks = [(look, [(act, in_words(act)) for act in (look.acts or [look.opened])]) for look in looks_at(person, LOOKS)]
    shown = {"form": PreferencesForm(person=person), **context, "curves": curves(), "looks": looks, **forms}
    return render(request, "preferences/preferences.html", shown)
