"""What an erasure would take is told before: as much as then really goes."""

from datetime import timedelta

import pytest

from memory import clock, consolidation, encoder, erasure
from memory.erasure import Wish
from memory.foretelling import Foretold, foretell
from memory.isolation import acting_as
from memory.models import Erasure, Period, Turn
from tests.memory.test_facts import consolidate, known, told
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db


def sum_up(person):
    with acting_as(person.pk):
        Period.objects.update(due_at=clock.now())
        periods = list(Period.objects.order_by("day").values_list("pk", flat=True))
    for period_id in periods:
        consolidation.sum_up(person_id=person.pk, period_id=period_id, engine=RecallOnly(), encoder=encoder.current())


def test_as_much_goes_as_was_told(ana, stranger):
    session = told(ana, "My sister lives in Porto.", "My brother lives in Faro.", at=clock.now() - timedelta(days=3))
    consolidate(ana, session)
    sum_up(ana)
    sister, _ = known(ana)
    wish = Wish(Erasure.Kind.MEMORY, [sister.pk])
    with acting_as(ana.pk):
        foretold = foretell(person_id=ana.pk, wish=wish)
        turns = Turn.objects.count()
    assert foretold == Foretold(said=1, answers=0, facts=1, summaries=3, repeats=0)
    with acting_as(stranger.pk):
        assert foretell(person_id=stranger.pk, wish=wish) == Foretold(0, 0, 0, 0, 0)
    asked = erasure.forget(person_id=ana.pk, wish=wish, after=timedelta())
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    with acting_as(ana.pk):
        assert Turn.objects.count() == turns - foretold.said
        assert Erasure.objects.get().counts["turn"] == foretold.said
