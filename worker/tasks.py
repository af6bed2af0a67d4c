"""Thin doors: ids in, one call, safe to run twice. Which queue each waits in stands in `worker.app.ROUTES`."""

from uuid import UUID

from django.db import connection

from memory import consolidation, encoder, indexing
from worker import engines, replying, sweeps
from worker.app import app


@app.task
def reply(person_id: int, reply_id: str) -> None:
    """Write the reply to a turn."""
    replying.write_reply(
        person_id=person_id, reply_id=UUID(reply_id), engine=engines.current(), encoder=encoder.current()
    )


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
def index(person_id: int, turn_ids: list[int]) -> None:
    """Make the keys that turns lack."""
    try:
        indexing.index_turns(person_id=person_id, turn_ids=turn_ids, encoder=encoder.current())
    finally:
        connection.close()


@app.task
def sweep_keys() -> None:
    """Have keys made for turns that nothing leads to."""
    for person_id, turn_ids in sweeps.turns_without_keys().items():
        index.delay(person_id, turn_ids)


@app.task
def sweep_replies() -> None:
    """Queue again what a dead worker or a lost queue left behind."""
    for person_id, reply_id in sweeps.overlooked_replies():
        reply.delay(person_id, str(reply_id))


@app.task
def sweep_sessions() -> None:
    """Close sessions that fell silent, and consolidate what is due."""
    for person_id, session_id in sweeps.sessions_due():
        consolidate.delay(person_id, session_id)
