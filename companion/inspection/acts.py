"""What may be done during a visit: trying a step again, erasing and exporting on request. Each act is recorded."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy, ngettext

from companion.inspection.entry import during_visit
from companion.inspection.models import Act, Role
from companion.inspection.visits import Visit
from memory import clock, erasure
from memory.consolidation.attempts import try_periods_again, try_steps_again
from memory.erasure import NothingToForget, Wish
from memory.history.export import export
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Period, Step
from worker import tasks
from worker.queueing import soon

POST = ("POST",)
AGAIN = gettext_lazy("It is due again; the memory worker takes it up within a minute.")
NOTHING = gettext_lazy("There was nothing to try again.")


@during_visit(Act.RETRIED, Role.SUPPORT, POST)
def retry_step(request: HttpRequest, visit: Visit, step_id: int) -> HttpResponse:
    """A step of a session that failed, or waits for a next attempt, is due at once."""
    return _tried_again(request, visit, try_steps_again(Step.objects.of(visit.person.pk).filter(pk=step_id)))


@during_visit(Act.RETRIED, Role.SUPPORT, POST)
def retry_period(request: HttpRequest, visit: Visit, period_id: int) -> HttpResponse:
    """The same for the summary of a day or of the acquaintance."""
    return _tried_again(request, visit, try_periods_again(Period.objects.of(visit.person.pk).filter(pk=period_id)))


def _tried_again(request: HttpRequest, visit: Visit, count: int) -> HttpResponse:
    visit.details["due again"] = count
    messages.info(request, AGAIN if count else NOTHING)
    return redirect("inspection_person", pk=visit.person.pk)


@during_visit(Act.ERASED, methods=POST)
def erase_memory(request: HttpRequest, visit: Visit, memory_id: int) -> HttpResponse:
    """A memory goes, as if the person had asked here: with the turns it comes from and all that was made of them."""
    return _erased(request, visit, Wish(Erasure.Kind.MEMORY, ids=[memory_id]))


@during_visit(Act.ERASED, methods=POST)
def erase_everything(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All memories go; the address, typed, says that it is meant."""
    if request.POST.get("address", "").strip().lower() != visit.person.email.lower():
        visit.details["asked for"] = "everything, without the address"
        messages.error(request, gettext("Nothing was erased: the address was not theirs."))
        return redirect("inspection_person", pk=visit.person.pk)
    return _erased(request, visit, Wish(Erasure.Kind.PERSON))


def _erased(request: HttpRequest, visit: Visit, wish: Wish) -> HttpResponse:
    try:
        receipt = erasure.forget(person_id=visit.person.pk, wish=wish, with_repeats="repeats" in request.POST)
    except NothingToForget:
        raise Http404 from None
    visit.details.update(erasure=receipt.pk, kind=receipt.kind)
    transaction.on_commit(lambda: soon(tasks.erase, visit.person.pk, receipt.pk))  # replies being written begin anew
    repeats = len(receipt.may_repeat)
    told = gettext("Forgotten, and hidden from now on. Receipt %(number)s.")
    if repeats:
        told = ngettext(
            "Forgotten, and hidden from now on. Receipt %(number)s. %(count)s reply that stays may say it again.",
            "Forgotten, and hidden from now on. Receipt %(number)s. %(count)s replies that stay may say it again.",
            repeats,
        )
    messages.success(request, told % {"number": receipt.pk, "count": repeats})
    return redirect("inspection_person", pk=visit.person.pk)


@during_visit(Act.TAKEN_BACK, methods=POST)
def take_back(request: HttpRequest, visit: Visit, erasure_id: int) -> HttpResponse:
    """An erasure that is not carried out yet is withdrawn."""
    done = erasure.withdraw(person_id=visit.person.pk, erasure_id=erasure_id)
    visit.details["withdrawn"] = done
    messages.info(
        request, gettext("Taken back: nothing is erased.") if done else gettext("It was too late to take it back.")
    )
    return redirect("inspection_person", pk=visit.person.pk)


@during_visit(Act.EXPORTED, methods=POST)
def export_talk(request: HttpRequest, visit: Visit, companion_id: int) -> HttpResponse:
    """All that was said with a companion, as a file for `manage.py import_history`."""
    with acting_as(visit.person.pk):
        companion = Companion.objects.of(visit.person.pk).present().filter(pk=companion_id).first()
        if companion is None:
            raise Http404
        lines = list(export(companion))
    visit.details["lines"] = len(lines)
    name = f"{slugify(visit.person.called) or 'person'}-{clock.now():%Y-%m-%d}.jsonl"
    return HttpResponse(
        "".join(lines),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
