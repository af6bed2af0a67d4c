"""The doors of inspection: who is signed in, with what role, and whether a visit is open. Nothing is read before."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from companion.accounts.models import Person
from companion.inspection.models import Act, Role
from companion.inspection.roles import may, role_of
from companion.inspection.visits import NoVisit, looking

READ = ("GET", "HEAD")
View = Callable[..., HttpResponse]


def person_of(request: HttpRequest) -> Person:
    """Who is signed in, on a page that asks for it."""
    return cast(Person, request.user)


def for_role(least: Role, methods: Sequence[str] = READ) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """A page for who has at least this role: the view gets `role`. Others are told that it is not for them."""

    def guard(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            role = role_of(person_of(request))
            if not may(role, least):
                raise PermissionDenied
            return view(request, role=role, **kwargs)

        return never_cache(login_required(require_http_methods(list(methods))(guarded)))

    return guard


def during_visit(
    act: Act, least: Role = Role.INSPECTOR, methods: Sequence[str] = READ
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """A page that is seen, or a thing that is done, within a visit, in one transaction with its record.

    The view gets the `Visit`. Without one that is open it leads to where the reason is asked for.
    """

    def guard(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *, role: Role, pk: int, **kwargs: Any) -> HttpResponse:
            person = get_object_or_404(Person, pk=pk)
            try:
                with looking(act, person=person, by=person_of(request), role=role, **kwargs) as visit:
                    return view(request, visit, **kwargs)
            except NoVisit:
                return redirect("inspection_person", pk=pk)

        return for_role(least, methods)(guarded)

    return guard
