"""Pages of accounts that are ours: sign-up and invitations. The rest are allauth's own."""

import sys
from typing import Any, cast

import redis.exceptions
from allauth.account.views import LoginView, SignupView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from companion import doors
from companion.accounts import admission, house_engine
from companion.accounts.forms import InvitationForm, SignUpForm
from companion.accounts.models import Invitation, Person
from memory import clock
from memory.isolation import Held
from worker import engines
from worker.engines import trial

LINK_IN_SESSION = "invitation_link"
UNREACHABLE = (OperationalError, InterfaceError, redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)


class SignUpView(SignupView):
    """The first sign-up has a page of its own; whoever loses a race to it is told by the page for a closed door."""

    def get_template_names(self) -> list[str]:
        """One page for the first account, a simpler one for all that follow."""
        return ["accounts/first_run.html" if admission.is_first() else "account/signup.html"]

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form asks for the token where this request needs one."""
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The first page says what language model was found, or is named already."""
        found = {"engine": engines.describe(), **house_engine.context()} if admission.is_first() else {}
        return {**super().get_context_data(**kwargs), **found}

    def get_initial(self) -> dict[str, Any]:
        """A link may carry the set-up token."""
        return {**super().get_initial(), "token": self.request.GET.get("token", "")}

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """As allauth's, and an answer for whoever came a moment too late."""
        try:
            response = cast(HttpResponse, super().form_valid(form))
        except admission.NotAdmitted:
            return self.closed()
        except ValidationError as taken:
            form.add_error("email", taken)
            return cast(HttpResponse, self.form_invalid(form))
        self.request.session.pop(admission.INVITATION_IN_SESSION, None)
        return self.to_the_engine(form) if form.engine_trouble else response

    def to_the_engine(self, form: SignUpForm) -> HttpResponse:
        """The account is made; the address that failed is mended on the page of the language model."""
        self.request.session[house_engine.TYPED_IN_SESSION] = form.cleaned_data["engine_url"]
        told = gettext("Your account is made. The language model is not: %(why)s") % {"why": form.engine_trouble}
        messages.warning(self.request, told)
        return redirect("preferences_engine")

    def closed(self) -> HttpResponse:
        """The door is closed, or opens by invitation."""
        by_invitation = admission.by_invitation()
        return render(self.request, "account/signup_closed.html", {"by_invitation": by_invitation}, status=403)


class SignInView(LoginView):
    """Before the first account there is nobody to sign in: that leads to sign-up."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, or the way to the first sign-up."""
        if admission.is_first():
            return redirect("account_signup")
        return cast(HttpResponse, super().get(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Sign-up is offered only to those it would let in."""
        return {**super().get_context_data(**kwargs), "may_sign_up": admission.may_sign_up(self.request)}


def person_of(request: HttpRequest) -> Person:
    """Who is signed in, on a page that asks for it."""
    return cast(Person, request.user)


def _administrator(request: HttpRequest) -> Person:
    person = person_of(request)
    if not person.is_staff:
        raise PermissionDenied
    return person


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """All invitations; making one shows its link once."""
    administrator = _administrator(request)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = admission.invite(by=administrator, made_for=form.cleaned_data["made_for"])
        request.session[LINK_IN_SESSION] = request.build_absolute_uri(reverse("accounts_invitation", args=[code]))
        return redirect("accounts_invitations")
    now = clock.now()
    made = [(one, one.state(now)) for one in Invitation.objects.select_related("made_by", "used_by")]
    page = {"form": form, "invitations": made, "link": request.session.pop(LINK_IN_SESSION, None)}
    return render(request, "accounts/invitations.html", page)


@login_required
@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one back before it is used."""
    _administrator(request)
    gone, _ = Invitation.objects.filter(pk=pk, used_at=None).delete()
    if not gone:
        raise Http404
    messages.success(request, gettext("Taken back. Its link lets nobody in any more."))
    return redirect("accounts_invitations")


@sensitive_post_parameters()
@never_cache
@require_POST
def try_engine(request: HttpRequest) -> JsonResponse:
    """What answers at an address, for an administrator, and for whoever makes the first account.

    A key that is kept already goes along where the address leads to the same server.
    """
    if not (person_of(request).is_staff or admission.may_be_first(request, token=request.POST.get("token", ""))):
        raise PermissionDenied
    try:
        heard = house_engine.heard(request.POST.get("engine_url", ""), request.POST.get("engine_key", ""))
    except trial.NoEngine as why:
        return JsonResponse({"problem": str(why)})
    return JsonResponse({"url": heard.url, "models": heard.models, "words": house_engine.in_words(heard)})


@never_cache
@require_safe
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """An invitation's link: on to sign-up, without the code in the address."""
    if not admission.accept(request, code=code):
        return render(request, "accounts/invitation_over.html", status=410)
    return redirect("account_signup")


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed. Where it is the database or Redis that cannot be reached, say so: that mends itself.

    So does an erasure that holds up what was asked.
    """
    error = sys.exc_info()[1]
    unreachable = isinstance(error, UNREACHABLE)
    status = 503 if unreachable else 500
    # Without the request, so that no part of the page asks the database who is signed in.
    held = doors.HELD if isinstance(error, Held) else ""
    return HttpResponse(render_to_string(f"{status}.html", {"held": held}), status=status)
