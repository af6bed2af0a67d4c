"""What the house allows, ruled by administrators: what it would do is told before it is kept, and each act recorded."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy

from companion.inspection import effects
from companion.inspection.entry import during_visit, for_role, person_of
from companion.inspection.models import Act, Role
from companion.inspection.policy_form import HousePolicyForm, PolicyForm
from companion.inspection.views import page
from companion.inspection.visits import Visit, record
from memory import policy
from memory.isolation import acting_as
from memory.models import Matter
from memory.models.policy import Policy
from worker import engines, tasks
from worker.queueing import soon

FORM = ("GET", "HEAD", "POST")
QUEUE_AWAY = gettext_lazy(
    "Kept. The message queue cannot be reached, so portraits are taken down only when they are next drawn."
)


@for_role(Role.ADMINISTRATOR, methods=FORM)
def house(request: HttpRequest, *, role: Role) -> HttpResponse:
    """What holds for everybody; sent here, it is told what a change would do."""
    return _house(request, role)


def _house(request: HttpRequest, role: Role) -> HttpResponse:
    before = policy.of_house()
    form = HousePolicyForm(request.POST or None, policy=before, offered=engines.offered())
    told = effects.told(before, form.ruled(), effects.of_house(form.ruled())) if form.is_valid() else None
    return page(request, "policy.html", role=role, place="policies", form=form, told=told, sent=_sent(form, before))


@for_role(Role.ADMINISTRATOR, methods=("POST",))
def keep_house(request: HttpRequest, *, role: Role) -> HttpResponse:
    """Keep what its effect was told of; what was changed since, here or by another, is told of first."""
    by = person_of(request)
    with acting_as(by.pk):
        before = policy.of_house(to_rule=True)
        form = HousePolicyForm(request.POST, policy=before)
        if not form.is_valid() or request.POST.get("told") != _sent(form, before):
            return _house(request, role)
        policy.rule_house(form.ruled())
        record(Act.POLICY, person_id=by.pk, by=by, role=role, details=_changes(before, form.ruled()))
    _keep(request, (tasks.draw_all_anew,) if _portraits_change(before, form.ruled()) else None)
    return redirect("inspection_policies")


@during_visit(Act.FIGURES, Role.ADMINISTRATOR, FORM)
def person(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What holds for one person beside it."""
    return _person(request, visit)


def _person(request: HttpRequest, visit: Visit) -> HttpResponse:
    before = policy.of_person(visit.person.pk)
    form = PolicyForm(request.POST or None, policy=before)
    told = None
    if form.is_valid():
        told = effects.told(before, form.ruled(), effects.of_person(visit.person.pk, form.ruled()))
    sent = _sent(form, before)
    shown: dict[str, Any] = {"person": visit.person, "visit": visit, "form": form, "told": told, "sent": sent}
    return page(request, "policy.html", role=visit.role, **shown)


@during_visit(Act.POLICY, Role.ADMINISTRATOR, ("POST",))
def keep_person(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep it, likewise."""
    before = policy.of_person(visit.person.pk, to_rule=True)
    form = PolicyForm(request.POST, policy=before)
    if not form.is_valid() or request.POST.get("told") != _sent(form, before):
        visit.details["kept"] = False
        return _person(request, visit)
    visit.details.update(_changes(before, form.ruled()))
    policy.rule_person(visit.person.pk, form.ruled())
    drawing = (tasks.draw_anew, visit.person.pk) if _portraits_change(before, form.ruled()) else None
    _keep(request, drawing)
    return redirect("inspection_person_policy", pk=visit.person.pk)


def _sent(form: PolicyForm, before: Policy) -> str:
    """What a form rules, and since when what it changes stands, to be sent back with it: only what its effect was told
    of is kept."""
    if not (form.is_bound and form.is_valid()):
        return ""
    since = before.changed_at.isoformat() if before.changed_at else ""  # a row that is not written has none
    return json.dumps([since, form.ruled()], sort_keys=True)


def _changes(before: Policy, after: Mapping[str, Any]) -> dict[str, Any]:
    """For the record: what each rule was and is."""
    return {name: [getattr(before, name), to] for name, to in after.items() if getattr(before, name) != to}


def _portraits_change(before: Policy, after: Mapping[str, Any]) -> bool:
    return any((matter in before.unkept) != (matter in after["unkept"]) for matter in Matter)


def _keep(request: HttpRequest, drawing: tuple[Any, ...] | None) -> None:
    """Say so once it is written; then portraits are drawn by the new rule, or taken down."""

    def queue() -> None:
        if drawing and not soon(*drawing):
            messages.warning(request, QUEUE_AWAY)
        else:
            messages.success(request, gettext("Kept."))

    transaction.on_commit(queue)
