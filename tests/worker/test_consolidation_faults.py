"""Twice, killed, doubled: however consolidation is run, the rows are those of one clean run."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from memory.consolidation import layers
from memory.isolation import acting_as
from memory.models import Period, Session, Step
from tests.memory.derived import derived
from tests.memory.test_facts import Killed, told
from tests.stack import running
from worker import sweeps, tasks

pytestmark = pytest.mark.django_db

NIGHT = "2026-11-06T03:00:00Z"
LIVES = {
    datetime(2026, 11, 4, 9, tzinfo=UTC): ["I live in Porto, and I like jazz.", "My sister is called Rita."],
    datetime(2026, 11, 4, 19, tzinfo=UTC): ["I am going to fly to Rome in May.", "I am allergic to walnuts."],
    datetime(2026, 11, 5, 9, tzinfo=UTC): ["I moved to Lisbon.", "I am allergic to walnuts."],
}
PATIENCE = 120  # seconds: on a busy machine a worker loads its encoder for half a minute
WRITES = ("insert", "update", "delete")


@pytest.fixture(params=["extractive", "engine"])
def engine(request, settings):
    """None, or one that speaks the real protocol."""
    settings.ENGINE_DISCOVERY = False
    if request.param == "engine":
        settings.ENGINE_URL, settings.ENGINE_MODEL = request.getfixturevalue("engine_server").url, "json"
    return request.param == "engine"


def lived(person):
    for at, texts in LIVES.items():
        told(person, *texts, at=at)


def due(engine):
    """What a sweep would queue."""
    found = [(tasks.consolidate, ids) for ids in sweeps.sessions_due(engine=engine)]
    return found + [(tasks.sum_up, ids) for ids in sweeps.periods_due()]


def work(engine, clock_, deliver):
    """Sweep after sweep, until nothing is due any more."""
    for _ in range(5):
        while found := due(engine):
            for task, ids in found:
                deliver(task, ids)
        clock_.shift(timedelta(minutes=2))


def once(task, ids):
    task(*ids)


def undone(person):
    """As if nothing had been derived but the turns' keys."""
    names = [name for name in layers.LAYERS if name != "keys"]
    with acting_as(person.pk):
        for model, which in layers.made(names).items():
            model.objects.of(person.pk).filter(which).delete()
        Period.objects.all().delete()
        Session.objects.update(day=None)
        Step.objects.update(state="waiting", version="", error="", refused=0, attempts=0, done_at=None)


@pytest.fixture
def clean(ana, engine, time_machine):
    """The rows of one clean run; then they are undone."""
    time_machine.move_to(NIGHT, tick=False)
    lived(ana)
    work(engine, time_machine, once)
    rows = derived(ana)
    undone(ana)
    time_machine.move_to(NIGHT, tick=False)
    assert derived(ana) != rows
    return rows


class Boundary:
    """Kills at the n-th commit of a transaction that wrote something. To die after one is to die before the next."""

    def __init__(self, at):
        self.at, self.passed, self.wrote = at, 0, False

    def watch(self, execute, sql, params, many, context):
        self.wrote = self.wrote or sql.lstrip().lower().startswith(WRITES)
        return execute(sql, params, many, context)

    def commit(self, real, held):
        if held.alias == "default" and self.wrote:
            self.wrote, self.passed = False, self.passed + 1
            if self.passed == self.at:
                held.rollback()  # what becomes of a dead worker's transaction
                raise Killed
        real(held)


def killed(patch, boundary, run):
    """Whether the boundary was reached."""
    real = BaseDatabaseWrapper.commit
    with patch.context() as within, connection.execute_wrapper(boundary.watch):
        within.setattr(BaseDatabaseWrapper, "commit", lambda held: boundary.commit(real, held))
        try:
            run()
        except Killed:
            return True
    return False


def test_a_worker_killed_at_any_commit_leaves_the_rows_of_one_clean_run(ana, engine, clean, time_machine, monkeypatch):
    """At each in turn: there are as many as a clean run has."""
    reached, at = True, 0
    while reached:
        at += 1
        reached = killed(monkeypatch, Boundary(at), lambda: work(engine, time_machine, once))
        work(engine, time_machine, once)
        assert derived(ana) == clean, f"commit {at}"
        undone(ana)
        time_machine.move_to(NIGHT, tick=False)
    steps, periods = len(LIVES) * len(Step.Kind), 3
    assert at > steps + periods


def test_all_of_it_twice_changes_nothing(ana, engine, clean, time_machine):
    def all_again():
        with acting_as(ana.pk):
            sessions = [(tasks.consolidate, (ana.pk, pk)) for pk in Session.objects.values_list("pk", flat=True)]
            periods = [(tasks.sum_up, (ana.pk, pk)) for pk in Period.objects.values_list("pk", flat=True)]
        for task, ids in sessions + periods:
            task(*ids)

    work(engine, time_machine, once)
    all_again()
    assert derived(ana) == clean


def test_every_task_delivered_twice_at_once_leaves_the_rows_of_one(ana, engine, clean, time_machine):
    def at_once(task, ids):
        def one(_):
            try:
                task(*ids)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(one, range(2)))

    work(engine, time_machine, at_once)
    assert derived(ana) == clean


@pytest.mark.stack
def test_a_real_worker_killed_in_the_middle_leaves_the_rows_of_one_clean_run(ana, tmp_path, engine_server, settings):
    settings.ENGINE_DISCOVERY, settings.ENGINE_URL, settings.ENGINE_MODEL = False, engine_server.url, "json"
    lived(ana)
    for ids in sweeps.sessions_due(engine=True):
        tasks.consolidate(*ids)
    clean = derived(ana)
    undone(ana)
    whole = len(LIVES) * len(Step.Kind)
    environment = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "json"}
    with running(tmp_path, "memory", **environment) as stack:
        tasks.sweep_sessions.delay()
        wait_for_steps(ana, 1)
        stack.kill("memory", signal.SIGKILL)
        stack.start("memory")
        tasks.sweep_sessions.delay()
        wait_for_steps(ana, whole)
        assert derived(ana) == clean


def wait_for_steps(person, enough):
    deadline = time.monotonic() + PATIENCE
    while steps_done(person) < enough:
        assert time.monotonic() < deadline, f"{steps_done(person)} of {enough} steps are done"
        time.sleep(0.01)


def steps_done(person):
    with acting_as(person.pk):
        return Step.objects.filter(state="done").count()
