"""The load of `bench chat`: what is lost or out of order shows, and a run from end to end leaves nothing behind."""

import json
import time
from io import StringIO

import psutil
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from companion.operations.benchmarks.chat_load import Heard, Load


def heard(text):
    told = Heard()
    told.hear(text, since=0.0)
    return told


def test_whole_replies_have_lost_and_reordered_nothing():
    assert (heard("0 1 2 3 ").lost(4), heard("0 1 2 3 ").reordered()) == (0, 0)


@pytest.mark.parametrize(
    ("text", "lost", "reordered"), [("0 1 3 ", 1, 0), ("0 2 1 3 ", 0, 1), ("0 1 1 2 3 ", 0, 1), ("", 4, 0)]
)
def test_a_token_that_is_missing_late_or_doubled_shows(text, lost, reordered):
    assert (heard(text).lost(4), heard(text).reordered()) == (lost, reordered)


def test_how_long_the_words_took_to_come_is_told_from_the_first_to_the_last():
    told = Heard()
    assert told.spoken_ms() is None
    began = time.perf_counter() - 1.0
    told.hear("0 ", since=began)
    told.hear("1 ", since=began - 2.0)
    assert told.spoken_ms() == pytest.approx(2000, rel=0.1)


@pytest.mark.parametrize(("ramp", "least", "most"), [(0.0, 0.0, 0.2), (0.6, 0.3, 0.6)])
async def test_people_speak_in_one_instant_or_one_after_another(ramp, least, most):
    spoken = []

    async def speak(number):
        spoken.append(time.perf_counter())
        return Heard(ended=True)

    await Load(streams=4, seconds=1.0, ramp=ramp).each(speak)
    assert least <= spoken[-1] - spoken[0] <= most


@pytest.mark.stack
@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_a_small_run_loses_nothing_and_ends_what_it_started():
    out, before = StringIO(), {process.pid for process in psutil.Process().children(recursive=True)}
    call_command("bench", "chat", "--streams", "3", "--seconds", "2", "--rate", "10", "--json", stdout=out)
    told = json.loads(out.getvalue().splitlines()[-1])
    assert (told["streams"], told["lost"], told["reordered"], told["unfinished"], told["engine_lost"]) == (
        3,
        0,
        0,
        0,
        0,
    )
    assert told["arrivals"] == "spread"
    assert set(told["first_token_ms"]) == set(told["engine_first_token_ms"]) == {"p50", "p95"}
    assert set(told["behind_engine_ms"]) == {"p50", "p95"}
    assert told["tokens_per_s"] > 0
    assert told["cpu_s_per_1k_tokens"] > 0
    assert told["postgresql_connections"] > 0
    left = {process.pid for process in psutil.Process().children(recursive=True) if process.is_running()} - before
    assert left == set()


def test_so_many_streams_are_refused_in_words():
    with pytest.raises(CommandError, match="at least one stream"):
        call_command("bench", "chat", "--streams", "0")
