"""The demonstration: loaded once, on whatever day, and worth asking."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from memory import gate
from memory.isolation import acting_as
from memory.models import Turn
from tests.memory.test_recall import ask

HELD = {
    "Where was the ring found?": "in the filter",
    "Who is my boss?": "Renata",
    "How much is the rent?": "740",
    "What did I promise Tomas?": "sign",
    "Which concert did I sing in?": "Requiem",
    "Where will Ines work?": "Coimbra",
    "Who looks after Biscuit when I travel?": "Tomas to keep him",
}
NOT_HELD = ["Which instrument does my uncle play?", "When is my daughter's graduation?", "Where did I park the car?"]


@pytest.mark.django_db
def test_it_is_loaded_once_and_can_be_asked(ana, time_machine):
    time_machine.move_to("2026-06-10T12:00:00Z", tick=True)
    assert loaded()["skipped"] == []
    time_machine.move_to("2026-06-20T12:00:00Z", tick=True)
    assert loaded()["turns_kept"] == 0
    for question, answer in HELD.items():
        found = ask(ana, question)
        with acting_as(ana.pk):
            best = Turn.objects.filter(pk__in=[candidate.turn_id for candidate in found.candidates[:5]])
            assert any(answer in turn.text for turn in best), question
    sure = [ask(ana, question).answerable for question in HELD]
    unsure = [ask(ana, question).answerable for question in NOT_HELD]
    assert sorted(sure)[len(sure) // 2] > gate.SUFFICIENT > max(unsure), (sure, unsure)


def loaded():
    out = StringIO()
    call_command("load_demo", json=True, stdout=out)
    return json.loads(out.getvalue())
