"""The steps of one session: due ones are done, what fails is put off and tried again, what is done is skipped."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from memory import clock
from memory.consolidation import summary
from memory.encoder import Encoder
from memory.engine import Engine, EngineError
from memory.isolation import acting_as
from memory.models import Session, Step

log = logging.getLogger(__name__)

BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]  # then it has failed


@dataclass(frozen=True)
class Due:
    """A step to do."""

    person_id: int
    step_id: int
    session_id: int


def run(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> None:
    """Do what is due of a closed session. Safe at any time, in any number of processes."""
    for step in _due(person_id, session_id):
        try:
            made = summary.make(person_id=person_id, session_id=session_id, engine=engine, encoder=encoder)
            _keep(step, made)
        except EngineError as error:
            _put_off(step, type(error).__name__)
        except Exception as error:
            log.exception("step %s of session %s failed", step.step_id, session_id)
            _put_off(step, type(error).__name__)
        finally:
            connection.close()


def _due(person_id: int, session_id: int) -> list[Due]:
    with acting_as(person_id):
        steps = Step.objects.filter(
            session_id=session_id,
            session__closed_at__isnull=False,
            state=Step.State.WAITING,
            due_at__lte=clock.now(),
        )
        return [Due(person_id, pk, session_id) for pk in steps.values_list("pk", flat=True)]


def _keep(step: Due, made: summary.Summary | None) -> None:
    """Write the result and the step's end in one transaction; whoever comes second finds it done and writes nothing."""
    with acting_as(step.person_id):
        row = Step.objects.select_for_update().get(pk=step.step_id)
        if row.state != Step.State.WAITING:
            return
        if made is not None:
            session = Session.objects.select_related("conversation").get(pk=step.session_id)
            summary.keep(session=session, made=made)
        row.state, row.error, row.done_at = Step.State.DONE, "", clock.now()
        row.version = made.version if made else "nothing to sum up"
        row.attempts += 1
        row.save()


def _put_off(step: Due, error: str) -> None:
    """Try again later, each time after longer. The error names what failed, never what a person said."""
    with acting_as(step.person_id):
        row = Step.objects.select_for_update().get(pk=step.step_id)
        if row.state != Step.State.WAITING:
            return
        row.error = error
        if row.attempts < len(BACK_OFF):
            row.due_at = clock.now() + BACK_OFF[row.attempts]
        else:
            row.state = Step.State.FAILED
        row.attempts += 1
        row.save()
