"""Thin doors: ids in, one call, safe to run twice. Which queue each waits in stands in `worker.app.ROUTES`."""

from contextlib import suppress
from uuid import UUID

from django.db import connection, connections

from memory import clock, consolidation, conversations, correction, encoder, fading, indexing, keeping, policy
from memory.consolidation import periods
from memory.dialogue import NoSuchConversation
from memory.erasure import NothingToForget
from memory.history import sent
from memory.isolation import acting_as
from memory.models import Companion
from worker import backlog, distant_encoder, engines, erasing, heartbeat, replying, sweeps
from worker.app import Queue, app
from worker.queueing import soon
from worker.recallable import indexer


@app.task
def reply(person_id: int, reply_id: str) -> None:
    """Write the reply to a turn."""
    replying.write_reply(
        person_id=person_id,
        reply_id=UUID(reply_id),
        engine=engines.current(),
        encoder=encoder.current(),
        index=indexer.add,
    )


@app.task
def read_texts(request_id: str) -> None:
    """Read a question for a process that has no encoder of its own."""
    distant_encoder.read_texts(UUID(request_id), encoder.current())


@app.task
def consolidate(person_id: int, session_id: int) -> None:
    """Turn a closed session into memories; steps that are done are skipped."""
    try:
        consolidation.run(
            person_id=person_id, session_id=session_id, engine=engines.current(), encoder=encoder.current()
        )
    finally:
        connection.close()


@app.task
def sum_up(person_id: int, period_id: int) -> None:
    """Sum up a day, or the whole acquaintance; one that is not due is left alone."""
    try:
        consolidation.sum_up(
            person_id=person_id, period_id=period_id, engine=engines.current(), encoder=encoder.current()
        )
    finally:
        connection.close()


@app.task
def index(person_id: int, turn_ids: list[int]) -> None:
    """Make the keys that turns lack."""
    try:
        indexing.index_turns(person_id=person_id, turn_ids=turn_ids, encoder=encoder.current())
        correction.index(person_id=person_id, turn_ids=turn_ids, encoder=encoder.current())
    finally:
        connection.close()


@app.task
def erase(person_id: int, erasure_id: int) -> None:
    """Do what is due of an erasure, and have made anew what it leaves behind."""
    try:
        left = erasing.carry_out(person_id=person_id, erasure_id=erasure_id)
    finally:
        connection.close()
    for reply_id in left.reply_ids:
        reply.delay(person_id, str(reply_id))
    if left.turn_ids:
        index.delay(person_id, left.turn_ids)


@app.task
def keep_no_longer(person_id: int) -> None:
    """Have erased what a person said longer ago than the house allows."""
    try:
        while overdue := keeping.erase_overdue(person_id=person_id):
            soon(erase, person_id, overdue.pk)
    finally:
        connection.close()


@app.task
def sweep_keeping() -> None:
    """Find whose words are kept longer than the house allows."""
    try:
        people = list(keeping.overdue(house=policy.of_house().keep_days))
    finally:
        connection.close()
    for person_id in people:
        keep_no_longer.delay(person_id)


@app.task
def draw_anew(person_id: int) -> None:
    """Have the portraits of a person drawn anew, as the house allows it now."""
    try:
        with acting_as(person_id):
            periods.draw_anew(person_id, Companion.objects.of(person_id).values_list("pk", flat=True))
    finally:
        connection.close()


@app.task
def draw_all_anew() -> None:
    """Have everybody's portraits drawn anew."""
    for person_id in sweeps.portrayed():
        draw_anew.delay(person_id)


@app.task
def end_off_record(person_id: int, conversation_id: str) -> None:
    """Have a conversation off the record erased."""
    try:
        with suppress(NoSuchConversation, NothingToForget):  # its erasure is under way, or done
            conversations.end(person_id=person_id, conversation_id=UUID(conversation_id))
    finally:
        connection.close()


@app.task
def keep_history(person_id: int, import_id: int) -> None:
    """Keep a history that was sent through the browser; a long one goes to the queue's end from time to time."""
    try:
        done = sent.run(person_id=person_id, import_id=import_id, encoder=encoder.current())
    finally:
        connection.close()
    if not done:
        keep_history.delay(person_id, import_id)


@app.task
def sweep_imports() -> None:
    """Take up histories that a dead worker or a lost queue left behind."""
    for person_id, import_id in sweeps.imports_overlooked():
        keep_history.delay(person_id, import_id)


@app.task
def sweep_erasures() -> None:
    """Carry out the erasures that are due, and end those that a dead worker left; what was off the record goes, too."""
    for person_id, erasure_id in sweeps.erasures_due():
        erase.delay(person_id, erasure_id)
    for person_id, conversation_id in sweeps.off_record_over():
        end_off_record.delay(person_id, str(conversation_id))


@app.task
def sweep_keys() -> None:
    """Have keys made for turns that nothing leads to."""
    for person_id, turn_ids in sweeps.turns_without_keys().items():
        index.delay(person_id, turn_ids)


@app.task
def sweep_fading() -> None:
    """Bring up the state of memories that have crossed a threshold."""
    try:
        fading.fade(now=clock.now())
    finally:
        connections["sweep"].close()


@app.task
def sweep_replies() -> None:
    """Queue again what a dead worker or a lost queue left behind."""
    heartbeat.note()
    for person_id, reply_id in sweeps.overlooked_replies():
        reply.delay(person_id, str(reply_id))


@app.task
def sweep_sessions() -> None:
    """Close sessions that fell silent, and consolidate what is due, as long as few of them are queued."""
    queued = backlog.lying(Queue.MEMORY, consolidate.name)
    for person_id, session_id in sweeps.sessions_due(engine=engines.current().converses, queued=queued):
        consolidate.delay(person_id, session_id)


@app.task
def sweep_periods() -> None:
    """Sum up the days that are over, and the acquaintance after them, so many at a time, too."""
    queued = backlog.lying(Queue.MEMORY, sum_up.name)
    for person_id, period_id in sweeps.periods_due(queued=queued):
        sum_up.delay(person_id, period_id)
