"""The steps of one session: due ones are done, what fails is put off and tried again, what is done is skipped."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from django.db import connection
from django.db.models import Exists, Q

from memory import clock, repinning, tombstone
from memory.consolidation import cut, facts, links, periods, summary
from memory.consolidation.attempts import ask_anew, put_off
from memory.encoder import Encoder
from memory.engine import Engine, EngineError
from memory.isolation import acting_as
from memory.models import Session, Step, Turn

log = logging.getLogger(__name__)

AGAIN = timedelta(days=1)  # for each attempt so far: then an engine that could not keep to the schema is asked again


class Made(Protocol):
    """What a step made, ready to be kept."""

    @property
    def version(self) -> str:
        """What made it; it begins with “extractive” where no engine did."""
        ...

    @property
    def error(self) -> str:
        """What an engine failed at, where it was done without it."""
        ...

    @property
    def refusals(self) -> Mapping[str, int]:
        """How much of what an engine gave was not taken, by reason; the reasons are the code's own words."""
        ...


Make = Callable[..., Made | None]  # (person_id, session_id, engine, encoder), with no connection held; None: nothing
Keep = Callable[..., Any]  # (session, made), in the transaction that ends the step
STEPS: dict[str, tuple[Make, Keep]] = {  # in their order
    Step.Kind.CUT: (cut.make, cut.keep),
    Step.Kind.SUMMARY: (summary.make, summary.keep),
    Step.Kind.FACTS: (facts.make, facts.keep),
    Step.Kind.LINKS: (links.make, links.keep),
}


@dataclass(frozen=True)
class Due:
    """A step to do."""

    person_id: int
    step_id: int
    session_id: int
    kind: str
    asked: int  # what was read for an earlier asking may have been erased since
    attempts: int  # so far: whoever finds another number comes second


def run(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> None:
    """Do what is due of a closed session. Safe at any time, in any number of processes.

    What is due is looked up before each step, for the one before may have changed what the session is.
    """
    for kind in STEPS:
        try:
            step = _due(person_id, session_id, kind, engine)
            if step is not None:
                _do(step, engine, encoder)
        finally:
            connection.close()


def _do(step: Due, engine: Engine, encoder: Encoder) -> None:
    make, keep = STEPS[step.kind]
    try:
        made = make(person_id=step.person_id, session_id=step.session_id, engine=engine, encoder=encoder)
        _keep(step, made, keep, engine)
    except EngineError as error:
        _put_off(step, type(error).__name__, waits=True)
    except Exception as error:
        log.exception("step %s of session %s failed", step.step_id, step.session_id)
        _put_off(step, type(error).__name__, waits=False)


def extractive() -> Q:
    """Steps that were done without an engine, and are to be done again once one converses."""
    return Q(state=Step.State.DONE, version__startswith="extractive")


def _due(person_id: int, session_id: int, kind: str, engine: Engine) -> Due | None:
    wanted = Q(state=Step.State.WAITING) | extractive() if engine.converses else Q(state=Step.State.WAITING)
    marked = Turn.objects.filter(session_id=session_id, erasure__isnull=False)  # until that is done or taken back
    with acting_as(person_id):
        steps = Step.objects.of(person_id).filter(
            wanted, ~Exists(marked), session_id=session_id, session__closed_at__isnull=False, due_at__lte=clock.now()
        )
        step = steps.filter(kind=kind).first()
    return Due(person_id, step.pk, session_id, kind, step.asked, step.attempts) if step else None


def _keep(step: Due, made: Made | None, keep: Keep, engine: Engine) -> None:
    """Write the result and the step's end in one transaction; whoever comes second finds it done and writes nothing."""
    with acting_as(step.person_id):
        tombstone.let_write(step.person_id)
        row = _untouched(step)
        if row is None:
            return
        if made is not None:
            session = Session.objects.select_related("owner", "conversation__companion").get(pk=step.session_id)
            keep(session=session, made=made)
            if step.kind == Step.Kind.SUMMARY:
                periods.note(session)
            elif step.kind == Step.Kind.FACTS:
                periods.note_portrait(session)
                _link_anew(step)
            repinning.of_session(session)
        row.state, row.done_at = Step.State.DONE, clock.now()
        row.version, row.error, row.refusals = (
            (made.version[:200], made.error, dict(made.refusals)) if made else ("nothing told", "", {})
        )
        row.refused = sum(row.refusals.values())
        row.attempts += 1
        if row.error:
            row.due_at = clock.now() + AGAIN * row.attempts
        row.save()
        if engine.converses and row.version.startswith(f"{engine.name} ") and not row.error:
            _catch_up(step.person_id)


def _link_anew(step: Due) -> None:
    """Links that were made of the facts there were before are due again."""
    links_step = Step.objects.of(step.person_id).filter(session=step.session_id, kind=Step.Kind.LINKS)
    ask_anew(links_step.exclude(state=Step.State.WAITING))


def _untouched(step: Due) -> Step | None:
    """The step's row, locked; None where somebody was faster, it was asked anew, or it went with its session."""
    as_read = Step.objects.select_for_update().filter(pk=step.step_id, asked=step.asked, attempts=step.attempts)
    return as_read.first()


def _catch_up(person_id: int) -> None:
    """An engine that answers again is given at once what was put off for it."""
    waiting = Step.objects.of(person_id).filter(state=Step.State.WAITING, error=EngineError.__name__)
    waiting.filter(due_at__gt=clock.now()).update(due_at=clock.now())


def _put_off(step: Due, error: str, *, waits: bool) -> None:
    with acting_as(step.person_id):
        row = _untouched(step)
        if row is not None:
            put_off(row, error, waits=waits)
