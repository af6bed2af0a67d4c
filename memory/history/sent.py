"""A history that was sent through the browser: kept in the background, with its progress, and once."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from memory import clock, dialogue, quota
from memory.encoder import Encoder
from memory.history import jsonl
from memory.history.keep import CompanionGone, Kept, adds, keep
from memory.history.told import History, Unreadable
from memory.isolation import acting_as
from memory.models import Companion, Import
from memory.wording import Wording, of_stored

log = logging.getLogger(__name__)

SOURCE = "sent"  # whatever the file is called: its turns are known by their ids, or their lines
BROKE = gettext_noop(
    "Something went wrong in the middle (%(error)s); what was kept until then stays. "
    "Send the file again, or ask whoever looks after this house."
)
NAMED = 20  # lines that are named one by one
AT_ONCE = 15.0  # seconds at one history, after which other people's work comes first
SILENT = timedelta(minutes=3)  # after which nobody is expected to be at it any more


def ask(*, person_id: int, name: str, content: bytes) -> Import:
    """Keep what was sent until a worker takes it up. Runs inside `acting_as(person)`."""
    now, companion = clock.now(), dialogue.default_companion(person_id=person_id)
    return Import.objects.create(
        owner_id=person_id, companion=companion, name=name[:200], content=content, asked_at=now, touched_at=now
    )


def run(*, person_id: int, import_id: int, encoder: Encoder) -> bool:
    """Keep a history that waits, for a while; whether there is nothing left to do for whoever called.

    What takes longer gives way to other people's work and goes on later. A second time, what is kept is found there,
    and nothing comes twice. What was read before is read over without being kept, for a line may be known by how often
    it was said before: of 20,000 lines (8 MB) that takes 0.6 s at most, while keeping as many takes minutes.
    """
    until = monotonic() + AT_ONCE
    with acting_as(person_id):
        sent = _taken_up(person_id, import_id)
    connection.close()
    if sent is None:
        return True
    try:
        companion = _companion(sent)
        if not sent.total:
            _begin(sent)
        history = _readable(sent)
        kept = keep(
            companion=companion,
            history=replace(history, entries=islice(history.entries, sent.read, None)),
            encoder=encoder,
            progress=_progress(sent),
            enough=lambda: monotonic() >= until,
        )
    except DatabaseError:  # which passes; it is taken up again
        raise
    except (Unreadable, quota.OverQuota, CompanionGone) as refused:
        _end(sent, state=Import.State.UNREADABLE, problem=refused.why.stored())
        return True
    except Exception as error:
        log.exception("import %s broke", import_id)
        _end(sent, state=Import.State.UNREADABLE, problem=Wording(BROKE, {"error": type(error).__name__}).stored())
        return True
    figures = _figures(sent, kept)
    if kept.refused:
        _end(sent, state=Import.State.UNREADABLE, problem=kept.refused.stored(), **figures)
        return True
    if not kept.whole:
        _set_aside(sent, **figures)
        return False
    _end(sent, **(figures if figures["kept"] or figures["already"] or figures["erased"] else _nothing(figures)))
    return True


def _readable(sent: Import) -> History:
    """What was sent, from its beginning. Raises Unreadable."""
    zone = sent.owner.time_zone
    today = clock.local(sent.asked_at, zone).date()
    return jsonl.read_sent(bytes(sent.content), zone=zone, today=today, source=SOURCE)


def _begin(sent: Import) -> None:
    """Before anything of it is kept: whether there is room for all of it. Raises Unreadable, quota.OverQuota."""
    history = _readable(sent)
    with acting_as(sent.owner_id):
        limited = quota.room(person_id=sent.owner_id) is not None
    if limited:
        more = adds(person_id=sent.owner_id, history=history)
        with acting_as(sent.owner_id):
            quota.check_history(person_id=sent.owner_id, more=more)
    with acting_as(sent.owner_id):
        Import.objects.of(sent.owner_id).filter(pk=sent.pk).update(total=history.total, touched_at=clock.now())
    connection.close()


def _companion(sent: Import) -> Companion:
    """Whom it is kept with; one that waited through an upgrade gets the first. Raises CompanionGone."""
    with acting_as(sent.owner_id):
        if sent.companion_id is None:
            sent.companion = dialogue.default_companion(person_id=sent.owner_id)
            sent.save(update_fields=["companion"])
        found = Companion.objects.of(sent.owner_id).filter(pk__in=[sent.companion_id]).first()
    connection.close()
    if found is None:
        raise CompanionGone
    return found


def is_left(now: datetime) -> Q:
    """Of imports, those that nobody is at any more; one that was seen later than now, before the clock was set back."""
    return Q(touched_at__lt=now - SILENT) | Q(touched_at__gt=now + clock.APART)


def _taken_up(person_id: int, import_id: int) -> Import | None:
    """The import, if it waits and nobody is at it; whoever takes it up says so."""
    waiting = Import.objects.of(person_id).filter(pk=import_id, state=Import.State.WAITING)
    nobody = Q(touched_at=F("asked_at")) | is_left(clock.now())
    taken = waiting.filter(nobody).update(touched_at=clock.now())
    return waiting.select_related("owner").first() if taken else None


def _progress(sent: Import) -> Callable[[int], None]:
    def tell(read: int) -> None:
        with acting_as(sent.owner_id):
            row = Import.objects.of(sent.owner_id).filter(pk=sent.pk)
            row.update(read=F("read") + read, touched_at=clock.now())
        connection.close()

    return tell


def _figures(sent: Import, kept: Kept) -> dict[str, Any]:
    """What became of it so far, the times before among it."""
    named = [skipped.told.stored() for skipped in kept.skipped[:NAMED]]
    return {
        "kept": sent.kept + kept.turns,
        "already": sent.already + kept.already,
        "erased": sent.erased + kept.erased,
        "skipped": [*sent.skipped, *named][:NAMED],
        "skipped_count": sent.skipped_count + len(kept.skipped),
    }


def _nothing(figures: dict[str, Any]) -> dict[str, Any]:
    problem = Wording(gettext_noop("No line of it can be read."))
    if figures["skipped"]:
        first = of_stored(figures["skipped"][0])
        problem = Wording(gettext_noop("No line of it can be read. %(first)s."), {"first": first})
    return {"state": Import.State.UNREADABLE, "problem": problem.stored()}


def _set_aside(sent: Import, **figures: Any) -> None:
    """Nobody is at it any more, until it is taken up again."""
    with acting_as(sent.owner_id):
        Import.objects.of(sent.owner_id).filter(pk=sent.pk).update(touched_at=F("asked_at"), **figures)
    connection.close()


def _end(sent: Import, *, state: Import.State = Import.State.DONE, **figures: Any) -> None:
    with acting_as(sent.owner_id):
        row = Import.objects.of(sent.owner_id).filter(pk=sent.pk)
        row.update(state=state, content=b"", read=F("total"), touched_at=clock.now(), **figures)
    connection.close()
