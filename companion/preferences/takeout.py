"""Taking everything along as one file, and bringing back what such a file holds."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from companion.accounts.views import person_of
from companion.preferences.forms import ImportForm
from memory import clock, quota
from memory.history import sent
from memory.history.export import export_everything
from memory.isolation import acting_as
from memory.models import Import
from memory.wording import of_stored
from worker import tasks
from worker.queueing import soon

LISTED = 10  # imports told, the latest first


@never_cache
@login_required
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All that was said with all companions, sent line by line while it is read: a long history does not time out."""
    person = person_of(request)
    name = f"{slugify(person.called) or 'rosemary'}-{clock.now():%Y-%m-%d}.jsonl"
    return StreamingHttpResponse(
        _sent(export_everything(person.pk)),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _sent(lines: Iterator[str]) -> AsyncIterator[str]:
    """The same from a thread of its own, as the database asks for; the server goes on meanwhile."""
    following = sync_to_async(lambda: next(lines, ""))
    while told := await following():
        yield told


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """Send a file, and see how far it and those before it are kept."""
    person = person_of(request)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        with acting_as(person.pk):
            asked = sent.ask(person_id=person.pk, name=file.name, content=file.read())
        if not soon(tasks.keep_history, person.pk, asked.pk):
            waits = gettext("The file is here. It is taken up once the message queue can be reached again.")
            messages.info(request, waits)
        return redirect("preferences_import")
    with acting_as(person.pk):
        told = Import.objects.of(person.pk).defer("content").order_by("-asked_at", "-pk")[:LISTED]
        imports = [_told(one) for one in told]
        room = quota.room(person_id=person.pk)
    under_way = any(one["row"].state == Import.State.WAITING for one in imports)
    shown = {"form": form, "imports": imports, "under_way": under_way, "room": room}
    return render(request, "preferences/import.html", shown)


def _told(row: Import) -> dict[str, Any]:
    """In the language of the page, whichever was spoken when it was read."""
    return {
        "row": row,
        "share": min(round(100 * row.read / row.total), 100) if row.total else 0,
        "problem": of_stored(row.problem),
        "skipped": [of_stored(line) for line in row.skipped],
    }
