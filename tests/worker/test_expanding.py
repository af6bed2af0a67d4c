"""A reply waits a moment for the engine's reading of a time, and no longer."""

import time
from datetime import UTC, datetime

import pytest

from tests.memory.test_expansion import QUESTION, Says, told
from worker import expanding
from worker.engines.openai_compatible import OpenAICompatible
from worker.engines.recall_only import RecallOnly
from worker.expanding import time_meant

MOMENT = datetime(2026, 11, 5, 12, tzinfo=UTC)


class Silent(Says):
    """An engine that is still thinking when the day is over."""

    def complete(self, messages, *, schema):
        time.sleep(30)
        return self.answer


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.ENGINE_READS_TIME = True


def test_it_is_read_beside_other_work():
    assert time_meant(QUESTION, moment=MOMENT, engine=Says(told()))().text == "the week of the big storm"


def test_a_silent_engine_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(expanding, "PATIENCE", 0.2)
    began = time.monotonic()
    assert time_meant(QUESTION, moment=MOMENT, engine=Silent(""))() is None
    assert time.monotonic() - began < 10


def test_nobody_is_asked_without_an_engine_or_against_the_setting(settings):
    assert time_meant(QUESTION, moment=MOMENT, engine=RecallOnly())() is None
    settings.ENGINE_READS_TIME = False
    assert time_meant(QUESTION, moment=MOMENT, engine=Says(told()))() is None


def test_a_real_server_that_answers_nonsense_changes_nothing(engine_server):
    engine = OpenAICompatible(url=engine_server.url, model="not-json")
    assert time_meant(QUESTION, moment=MOMENT, engine=engine)() is None
    assert QUESTION in engine_server.seen()[-1]["request"]["messages"][-1]["content"]
