"""Pages of inspection: people, one person's memories within a visit, and the recall inspector."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters

from companion.accounts.models import Person
from companion.inspection import charts, held, remembered, trial
from companion.inspection.entry import during_visit, for_role, person_of
from companion.inspection.forms import ReasonForm, TryForm
from companion.inspection.models import Act, Role
from companion.inspection.roles import may
from companion.inspection.visits import NoVisit, Visit, close_visit, looking, open_visit
from companion.operations.languages import ENGLISH
from memory.models import Companion
from worker.distant_encoder import DistantEncoder, EncoderAway

PEOPLE = 100  # listed at once
LONGEST_ID = 18  # digits


def page(request: HttpRequest, template: str, *, role: Role, **context: Any) -> HttpResponse:
    """A page of inspection; rendered at once, so that it is whole before its transaction ends."""
    may_read, may_audit = may(role, Role.INSPECTOR), may(role, Role.ADMINISTRATOR)
    return render(
        request, f"inspection/{template}", {"role": role, "may_read": may_read, "may_audit": may_audit, **context}
    )


@for_role(Role.SUPPORT)
def people(request: HttpRequest, *, role: Role) -> HttpResponse:
    """Whom to look after: names and addresses, and nothing of what they said."""
    wanted = request.GET.get("q", "").strip().replace("\0", "")[:100]
    found = Person.objects.filter(Q(name__icontains=wanted) | Q(email__icontains=wanted)).order_by("name", "email")
    return page(
        request, "people.html", role=role, place="people", people=found[:PEOPLE], count=found.count(), wanted=wanted
    )


@for_role(Role.SUPPORT, methods=("GET", "HEAD", "POST"))
def person(request: HttpRequest, *, role: Role, pk: int) -> HttpResponse:
    """A person's memories, once a reason is given; before, the question for it."""
    somebody = get_object_or_404(Person, pk=pk)
    if request.method == "POST":
        return _ask_why(request, somebody, role)
    by = person_of(request)
    act = Act.OVERVIEW if may(role, Role.INSPECTOR) else Act.FIGURES
    try:
        with looking(act, person=somebody, by=by, role=role) as visit:
            return _overview(request, visit)
    except NoVisit:
        return page(request, "gate.html", role=role, person=somebody, form=ReasonForm())


def _ask_why(request: HttpRequest, somebody: Person, role: Role) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, "gate.html", role=role, person=somebody, form=form)
    open_visit(person=somebody, by=person_of(request), role=role, reason=form.cleaned_data["reason"])
    return redirect("inspection_person", pk=somebody.pk)


def _word(given: str) -> str:
    """What may stand in the record of a filter: nobody's free text."""
    return given[:20] if given.isalpha() else ""


def _overview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Figures and the states of the work for all; memories for who may read."""
    owner = visit.person.pk
    listed: dict[str, Any] = {}
    if may(visit.role, Role.INSPECTOR):
        kind, state, before = request.GET.get("kind", ""), request.GET.get("state", ""), _id(request, "before")
        visit.details.update({"kind": _word(kind), "state": _word(state), "before": before})
        shown, more = remembered.memories(owner, kind=kind, state=state, before=before)
        companions = _companions(owner)
        listed = {
            "memories": shown,
            "more": more,
            "kind": kind,
            "state": state,
            "states": remembered.states(owner, kind=kind),
            "companions": companions,
            "form": TryForm(person=visit.person, companions=companions),
        }
    return page(
        request,
        "person.html",
        role=visit.role,
        person=visit.person,
        visit=visit,
        figures=remembered.figures(owner),
        steps=remembered.unfinished_first(owner),
        erasures=remembered.erasures(owner)[:20],
        **listed,
    )


@for_role(Role.SUPPORT, methods=("POST",))
def leave(request: HttpRequest, *, role: Role, pk: int) -> HttpResponse:
    """End the visit."""
    close_visit(person=get_object_or_404(Person, pk=pk), by=person_of(request), role=role)
    return redirect("inspection_people")


@during_visit(Act.MEMORY)
def memory(request: HttpRequest, visit: Visit, memory_id: int) -> HttpResponse:
    """One memory: its sources, its revisions, how it fades."""
    shown = remembered.memory(visit.person.pk, memory_id)
    if shown is None:
        raise Http404
    return page(
        request,
        "memory.html",
        role=visit.role,
        person=visit.person,
        visit=visit,
        shown=shown,
        quotes=remembered.quotes(shown),
        revisions=remembered.revisions(visit.person.pk, shown),
        links=held.links(visit.person.pk, shown.memory),
        turns=remembered.turns_behind(shown),
    )


@during_visit(Act.PORTRAIT)
def portrait(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What each companion holds about who they are, with the words it stands on; how their days were felt."""
    portraits = [(one, charts.swings([valence for _, valence in one.felt])) for one in held.portraits(visit.person)]
    return page(request, "portrait.html", role=visit.role, person=visit.person, visit=visit, portraits=portraits)


@during_visit(Act.SUMMARIES)
def summaries(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The acquaintance as a whole, then the days, each with its sessions."""
    before = _day(request, "before")
    visit.details["before"] = before.isoformat() if before else None
    told, older = held.summaries(visit.person, before=before)
    return page(request, "summaries.html", role=visit.role, person=visit.person, visit=visit, summed=told, older=older)


@during_visit(Act.RECALLS)
def recalls(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What came to mind for their questions, and what was used."""
    before = _id(request, "before")
    visit.details["before"] = before
    kept, more = remembered.recalls(visit.person.pk, before=before)
    return page(request, "recalls.html", role=visit.role, person=visit.person, visit=visit, recalls=kept, more=more)


@sensitive_post_parameters()
@for_role(Role.INSPECTOR, methods=("POST",))
def try_recall(request: HttpRequest, *, role: Role, pk: int) -> HttpResponse:
    """The recall inspector. The look is recorded, with the question, before the question is read."""
    somebody = get_object_or_404(Person, pk=pk)
    try:
        with looking(Act.TRIED, person=somebody, by=person_of(request), role=role) as visit:
            companions = _companions(pk)
            form = TryForm(request.POST, person=somebody, companions=companions)
            valid = form.is_valid()
            visit.details.update(_told(form) if valid else {"question": ""})
            companion = _companion(pk, form.cleaned_data.get("companion")) if valid else None
    except NoVisit:
        return redirect("inspection_person", pk=pk)
    trials, problem = _trials(form, somebody, companion) if companion else ([], "")
    return page(
        request,
        "recall.html",
        role=role,
        person=somebody,
        visit=visit,
        form=form,
        companions=companions,
        trial=trials[0] if trials else None,
        beside=_beside(trials),
        problem=problem,
    )


def _told(form: TryForm) -> dict[str, Any]:
    given = form.cleaned_data
    other = given["configuration"]
    return {
        "question": given["question"],
        "as_of": given["as_of"].isoformat(),
        "compared_with": _in_english(other) if other else "",
        "weights": given["weights"],
    }


def _in_english(configuration: trial.Configuration) -> str:
    """As it stands in the record, whatever language its reader speaks."""
    with override(ENGLISH):
        return str(configuration.name)


def _trials(form: TryForm, somebody: Person, companion: Companion) -> tuple[list[trial.Trial], str]:
    """What was found, or why it could not be looked for."""
    given = form.cleaned_data
    other = given["configuration"]
    try:
        found = trial.try_out(
            person=somebody,
            companion=companion,
            question=given["question"],
            moment=given["as_of"],
            encoder=DistantEncoder(),
            configurations=[trial.AS_THE_CHAT, *([other] if other else [])],
        )
    except EncoderAway as away:
        return [], str(away)
    return found, ""


def _beside(trials: list[trial.Trial]) -> dict[str, Any]:
    """The second trial, and the rows of both by turn: in the order of the first, then those that it has not."""
    if len(trials) < 2:
        return {}
    first, second = ({row.turn: row for row in one.rows} for one in trials)
    return {"trial": trials[1], "pairs": [(first.get(turn), second.get(turn)) for turn in first | second]}


def _companions(person_id: int) -> list[tuple[int, str]]:
    """Runs inside a visit."""
    return list(Companion.objects.of(person_id).present().order_by("pk").values_list("pk", "name"))


def _companion(person_id: int, chosen: int | None) -> Companion | None:
    """The chosen one, else the first. Runs inside a visit, as `acting_as` the person."""
    companions = Companion.objects.of(person_id).present().order_by("pk")
    return companions.filter(pk=chosen).first() if chosen else companions.first()


def _day(request: HttpRequest, name: str) -> date | None:
    """A day in the address; anything else counts as none."""
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:  # such as 30 February
        return None


def _id(request: HttpRequest, name: str) -> int | None:
    """A row's number in the address; anything else counts as none."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_ID else None
