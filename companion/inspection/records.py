"""Pages of the record and of roles: who has looked at mine, all looks, and who may look."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from companion.accounts.models import Person
from companion.inspection import audit
from companion.inspection.entry import for_role, person_of
from companion.inspection.forms import AppointForm
from companion.inspection.models import Access, Act, Office, Role
from companion.inspection.roles import LastAdministrator, appoint
from companion.inspection.views import page
from companion.inspection.visits import record
from memory import clock
from memory.isolation import acting_as

LATEST = 200  # rows of the record on its page; the files hold all


@never_cache
@login_required
@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """Who has looked at my memories, why, and what they did."""
    told = [
        (look, [(act, audit.in_words(act)) for act in (look.acts or [look.opened])])
        for look in audit.looks_at(person_of(request))
    ]
    return render(request, "inspection/looks.html", {"looks": told})


@for_role(Role.ADMINISTRATOR)
def log(request: HttpRequest, *, role: Role) -> HttpResponse:
    """The latest of the whole record."""
    with audit.auditing():
        latest = list(Access.objects.order_by("-pk")[:LATEST])
        count = Access.objects.count()
    names = Person.objects.in_bulk({one.owner_id for one in latest})
    told = [(one, names.get(one.owner_id), audit.IN_WORDS[Act(one.act)]) for one in latest]
    return page(request, "log.html", role=role, place="record", accesses=told, count=count)


def _download(write: Callable[..., str], kind: str, ending: str) -> Callable[..., Any]:
    def download(request: HttpRequest, *, role: Role) -> HttpResponse:
        """The whole record as a file; that it was taken is recorded, too."""
        by = person_of(request)
        with acting_as(by.pk):
            record(Act.EXPORTED_RECORD, person_id=by.pk, by=by, role=role, details={"as": ending})
        with audit.auditing():
            content = write(Access.objects.order_by("pk"))
        named = f'attachment; filename="looks-{clock.now():%Y-%m-%d}.{ending}"'
        return HttpResponse(content, content_type=f"{kind}; charset=utf-8", headers={"Content-Disposition": named})

    return for_role(Role.ADMINISTRATOR)(download)


log_csv = _download(audit.as_csv, "text/csv", "csv")
log_jsonl = _download(audit.as_json_lines, "application/x-ndjson", "jsonl")


@for_role(Role.ADMINISTRATOR, methods=("GET", "HEAD", "POST"))
def roles(request: HttpRequest, *, role: Role) -> HttpResponse:
    """Who has which role, and giving another."""
    form = AppointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        somebody, given = form.cleaned_data["email"], form.cleaned_data["role"]
        try:
            appoint(person=somebody, role=given, by=person_of(request))
        except LastAdministrator:
            form.add_error("role", gettext("They are the only administrator; make another first."))
        else:
            told = gettext("%(address)s is now %(role)s.") if given else gettext("%(address)s is without a role.")
            role_given = given.label.lower() if given else ""
            messages.success(request, told % {"address": somebody.email, "role": role_given})
            return redirect("inspection_roles")
    administrators = [(one, Role.ADMINISTRATOR) for one in Person.objects.filter(is_staff=True).order_by("email")]
    offices = Office.objects.select_related("person").order_by("role", "person__email")
    others = [(office.person, Role(office.role)) for office in offices]
    return page(request, "roles.html", role=role, place="roles", form=form, held=[*administrators, *others])
