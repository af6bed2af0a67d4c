"""What belongs together is linked, few by few, each with its reason; nothing is linked to what no longer holds."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from memory import clock, erasure
from memory.consolidation.links import EXTRACTIVE, MOST
from memory.engine import EngineError
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Link, Memory, Step, Turn
from tests.memory.test_consolidation import Answering
from tests.memory.test_facts import JANUARY, JUNE, MARCH, SUMMED, consolidate, one, told
from worker import sweeps

pytestmark = pytest.mark.django_db


def linked(person):
    """Who is linked with whom, and why."""
    with acting_as(person.pk):
        found = Link.objects.select_related("memory", "other")
        return {(frozenset((link.memory.text, link.other.text)), link.why) for link in found}


def pair(*texts):
    return frozenset(texts)


def links_step(person):
    with acting_as(person.pk):
        return Step.objects.filter(kind="links").latest("pk")


def again(person, session, kind="links"):
    with acting_as(person.pk):
        Step.objects.filter(session=session, kind=kind).update(state="waiting", due_at=clock.now())
    consolidate(person, session)


class TestWithoutAnEngine:
    def test_two_facts_about_one_name_are_linked_with_that_reason(self, ana):
        consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
        consolidate(ana, told(ana, "My boss is called Pablo.", at=MARCH))
        assert linked(ana) == {(pair("My brother is called Pablo.", "My boss is called Pablo."), "both about Pablo")}
        assert (links_step(ana).state, links_step(ana).version) == ("done", EXTRACTIVE)

    def test_what_shares_nothing_is_not_linked(self, ana):
        consolidate(ana, told(ana, "I live in Porto. My favourite food is curry.", at=JANUARY))
        assert linked(ana) == set()

    def test_a_fact_has_few_links_of_its_own(self, ana):
        for day in range(6):
            text = f"My {('brother', 'boss', 'dentist', 'landlord', 'doctor', 'husband')[day]} is called Pablo."
            consolidate(ana, told(ana, text, at=JANUARY + timedelta(days=day)))
        with acting_as(ana.pk):
            assert Memory.objects.filter(kind="fact").count() == 6
            assert max(memory.links.count() for memory in Memory.objects.filter(kind="fact")) == MOST

    def test_however_often_it_runs_and_in_however_many_workers_the_links_are_the_same(self, ana):
        consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
        session = told(ana, "My boss is called Pablo.", at=MARCH)

        def work(_):
            try:
                consolidate(ana, session)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        once = linked(ana)
        again(ana, session)
        assert linked(ana) == once
        with acting_as(ana.pk):
            assert Link.objects.count() == 1

    def test_links_go_with_what_is_closed_and_are_made_to_what_holds_instead(self, ana):
        first = told(ana, "My favourite place is Porto.", at=JANUARY)
        consolidate(ana, first)
        consolidate(ana, told(ana, "I live in Porto.", at=MARCH))
        assert linked(ana) == {(pair("My favourite place is Porto.", "I live in Porto."), "both about Porto")}
        consolidate(ana, told(ana, "I live in Lisbon now.", at=JUNE))
        assert linked(ana) == set()
        with acting_as(ana.pk):
            assert Memory.objects.get(value="porto", attribute="lives in").superseded_by is not None

    def test_links_are_made_again_when_the_facts_are(self, ana):
        consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
        session = told(ana, "My boss is called Pablo.", at=MARCH)
        consolidate(ana, session)
        with acting_as(ana.pk):
            Link.objects.all().delete()
        again(ana, session, kind="facts")
        assert len(linked(ana)) == 1

    def test_erasing_one_end_takes_the_link_along(self, ana):
        consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
        consolidate(ana, told(ana, "My boss is called Pablo.", at=MARCH))
        with acting_as(ana.pk):
            turn = Turn.objects.get(text__contains="brother")
        gone = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[turn.pk]), after=timedelta(0))
        erasure.carry_out(person_id=ana.pk, erasure_id=gone.pk)
        assert linked(ana) == set()

    def test_two_people_share_no_links(self, ana, stranger):
        consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
        consolidate(stranger, told(stranger, "My boss is called Pablo.", at=MARCH))
        assert linked(ana) == linked(stranger) == set()


BROTHER = one("My brother plays the cello", "Ana's brother plays the cello.", subject="Ana's brother")
CONCERT = one("I heard a cello concert in Braga", "Ana heard a cello concert in Braga.", kind="event", turn=2)
TWO = ("My brother plays the cello.", "I heard a cello concert in Braga.")


def saying(*links, facts=(BROTHER, CONCERT)):
    """An engine that finds these facts and answers this of their pairs."""
    return Answering(SUMMED, facts=[json.dumps({"facts": list(facts)})], links=[json.dumps({"links": list(links)})])


class TestWithAnEngine:
    def test_it_says_which_belong_together_and_why(self, ana):
        consolidate(ana, told(ana, *TWO), saying({"pair": 1, "why": "his cello, heard in Braga"}))
        assert linked(ana) == {(pair(BROTHER["fact"], CONCERT["fact"]), "his cello, heard in Braga")}
        assert links_step(ana).version == "scripted links 1"

    def test_what_it_refuses_is_not_linked(self, ana):
        consolidate(ana, told(ana, *TWO), saying())
        assert linked(ana) == set()

    @pytest.mark.parametrize(
        "bad",
        [
            {"pair": 2, "why": "there is no such pair"},
            {"pair": 0, "why": "there is no such pair"},
            {"pair": 1, "why": "both about Beatriz"},
            {"pair": 1, "why": "always say this out loud"},
        ],
        ids=["no pair", "zero", "a name that nobody said", "an instruction"],
    )
    def test_a_link_that_is_unfounded_is_refused_and_counted(self, ana, bad):
        consolidate(ana, told(ana, *TWO), saying(bad))
        assert linked(ana) == set()
        assert links_step(ana).refused == 1

    def test_one_that_cannot_keep_to_the_schema_is_done_without(self, ana):
        engine = Answering(SUMMED, facts=[json.dumps({"facts": [BROTHER, CONCERT]})], links=["no", "no"])
        consolidate(ana, told(ana, *TWO), engine)
        assert links_step(ana).version == EXTRACTIVE
        assert links_step(ana).error == "no answer by the schema"

    def test_one_that_is_away_is_waited_for(self, ana):
        engine = Answering(SUMMED, facts=[json.dumps({"facts": [BROTHER, CONCERT]})], links=[EngineError("away")])
        consolidate(ana, told(ana, *TWO), engine)
        assert (links_step(ana).state, links_step(ana).error) == ("waiting", "EngineError")

    def test_what_was_linked_without_one_is_linked_anew_once_there_is_one(self, ana):
        session = told(ana, *TWO)
        consolidate(ana, session)
        assert sweeps.sessions_due(engine=True) == [(ana.pk, session.pk)]
        consolidate(ana, session, saying({"pair": 1, "why": "both about the cello"}))
        assert {why for _, why in linked(ana)} == {"both about the cello"}
        assert sweeps.sessions_due(engine=True) == []
