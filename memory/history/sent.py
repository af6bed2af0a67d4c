"""A history that was sent through the browser: kept in the background, with its progress, and once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q

from memory import clock, dialogue, policy, quota
from memory.encoder import Encoder
from memory.history import jsonl
from memory.history.keep import Kept, keep
from memory.history.told import Unreadable
from memory.isolation import acting_as
from memory.models import Import

SOURCE = "sent"  # whatever the file is called: its turns are known by their ids, or their lines
NAMED = 20  # lines that are named one by one
SILENT = timedelta(minutes=3)  # after which nobody is expected to be at it any more


def ask(*, person_id: int, name: str, content: bytes) -> Import:
    """Keep what was sent until a worker takes it up. Runs inside `acting_as(person)`."""
    now = clock.now()
    return Import.objects.create(owner_id=person_id, name=name[:200], content=content, asked_at=now, touched_at=now)


def run(*, person_id: int, import_id: int, encoder: Encoder) -> None:
    """Keep a history that waits; a second time, what is kept is found there, and nothing comes twice."""
    with acting_as(person_id):
        sent = _taken_up(person_id, import_id)
        companion = dialogue.default_companion(person_id=person_id)
    connection.close()
    if sent is None:
        return
    zone = sent.owner.time_zone
    today = clock.local(sent.asked_at, zone).date()
    try:
        history = jsonl.read_sent(bytes(sent.content), zone=zone, today=today, source=SOURCE)
    except Unreadable as unreadable:
        _end(sent, state=Import.State.UNREADABLE, problem=str(unreadable))
        return
    try:
        with acting_as(person_id):
            Import.objects.of(person_id).filter(pk=import_id).update(total=history.total, read=0)
            if (most := policy.ruled(person_id).most_turns) is not None:
                quota.check_room(person_id=person_id, most=most, more=history.total)
    except quota.OverQuota as over:
        _end(sent, state=Import.State.UNREADABLE, problem=str(over))
        return
    kept = keep(companion=companion, history=history, encoder=encoder, progress=_progress(sent))
    _end(sent, **_figures(kept))


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


def _figures(kept: Kept) -> dict[str, object]:
    if not (kept.turns or kept.already or kept.erased):
        first = f" {kept.skipped[0].where}: {kept.skipped[0].why}." if kept.skipped else ""
        return {"state": Import.State.UNREADABLE, "problem": f"No line of it can be read.{first}"}
    return {
        "state": Import.State.DONE,
        "kept": kept.turns,
        "already": kept.already,
        "erased": kept.erased,
        "skipped": [f"{skipped.where}: {skipped.why}" for skipped in kept.skipped[:NAMED]],
        "skipped_count": len(kept.skipped),
    }


def _end(sent: Import, **figures: object) -> None:
    with acting_as(sent.owner_id):
        row = Import.objects.of(sent.owner_id).filter(pk=sent.pk)
        row.update(content=b"", read=F("total"), touched_at=clock.now(), **figures)
    connection.close()
