"""A companion is deleted: what goes is spelled out, and it can be brought back for as long as any erasure can."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from companion.accounts.models import Person
from companion.accounts.views import person_of
from companion.chat import tabs
from memory import companions, permission
from memory.isolation import acting_as
from worker import tasks
from worker.queueing import soon


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, companion_id: int) -> HttpResponse:
    """What would go with one of the person's own; or why it can't. Then it is hidden."""
    person = person_of(request)
    try:
        if request.method == "POST":
            return _deleted(person, companion_id)
        with acting_as(person.pk):
            companion = companions.find(person_id=person.pk, companion_id=companion_id)
            told = {
                "companion": companion,
                "goes": companions.extent(companion),
                "last": companions.is_last(companion),
                "joined": permission.chosen(person.pk).joined,
            }
    except companions.NoSuchCompanion as missing:
        raise Http404(str(missing)) from missing
    return render(request, "preferences/delete_companion.html", told)


def _deleted(person: Person, companion_id: int) -> HttpResponse:
    try:
        asked = companions.delete(person_id=person.pk, companion_id=companion_id)
    except companions.LastCompanion:
        return redirect("preferences_companion_delete", companion_id)  # which says why not
    soon(tasks.erase, person.pk, asked.pk)  # replies that are being written begin anew
    tabs.look_again(person.pk)
    return redirect(reverse("account_preferences") + "#companions")  # where it can be brought back


@login_required
@require_POST
def restore(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Bring it back with all there was of it."""
    person = person_of(request)
    back = companions.restore(person_id=person.pk, erasure_id=erasure_id)
    if back is None:
        messages.info(request, gettext("It is too late: that is gone."))
    else:
        messages.success(request, gettext("%(name)s is back, as it was.") % {"name": back.name})
        tabs.look_again(person.pk)
    return redirect("account_preferences")
