"""Portrait, moods, summaries and links are read within a visit, each look recorded; what is forgotten is withheld."""

from datetime import timedelta

import pytest

from companion.inspection import audit
from companion.inspection.models import Access
from memory import erasure, portrait
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Link, Memory, PortraitLine, Turn
from tests.companion.test_timeline import TODAY
from tests.inspectors import inspector, signed_in, support, to, visit
from tests.memory.test_facts import JANUARY, MARCH, consolidate, told
from tests.memory.test_periods import EVENING, MORNING, evening, sum_up
from tests.memory.test_periods import talked as talked_of_a_day
from tests.memory.test_portrait import BEES, DAY, NOW, drawn, noon, talked
from tests.visitor import words

__all__ = ["evening", "inspector", "noon", "support"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def acts():
    with audit.auditing():
        return list(Access.objects.order_by("pk").values_list("act", flat=True))


def in_order(days):
    """Each day's summary, and its sessions'."""
    return [memory for day in days for memory in (day.summary, *day.sessions)]


@pytest.fixture
def bees(ana, noon):
    """Ana, who loves beekeeping and was happy yesterday."""
    talked(ana, [BEES, "I am so happy today."], NOW - DAY)
    drawn(ana)
    return ana


def test_the_portrait_is_read_with_the_words_behind_each_line_and_the_moods(inspector, bees):
    visit(inspector, bees)
    answer = inspector.get(to("portrait", bees))
    page = words(answer)
    assert "likes beekeeping" in page
    assert "“I love beekeeping.”" in page
    assert "Wed 4 Nov 2026" in page  # the day of the mood
    assert "style=" not in answer.content.decode()
    assert acts() == ["opened", "portrait"]


def test_what_the_person_refused_is_told_as_refused(inspector, bees):
    with acting_as(bees.pk):
        line = PortraitLine.objects.get(text="likes beekeeping")
    portrait.refuse(person_id=bees.pk, line_id=line.pk)
    visit(inspector, bees)
    page = words(inspector.get(to("portrait", bees)))
    assert page.index("Refused by Ana") < page.index("likes beekeeping")


def test_a_line_that_stands_on_words_about_to_be_erased_is_withheld_with_its_mood(inspector, bees):
    with acting_as(bees.pk):
        turns = list(Turn.objects.values_list("pk", flat=True))
    erasure.forget(person_id=bees.pk, wish=Wish(Erasure.Kind.TURN, ids=turns))
    visit(inspector, bees)
    page = words(inspector.get(to("portrait", bees)))
    assert "beekeeping" not in page
    assert "No feeling was told." in page


def test_days_are_read_with_their_sessions_and_the_acquaintance_before_them(inspector, ana, evening):
    talked_of_a_day(ana, MORNING, TODAY - timedelta(days=2))
    talked_of_a_day(ana, EVENING, TODAY - timedelta(days=1))
    sum_up(ana)
    with acting_as(ana.pk):
        told = list(Memory.objects.filter(kind__in=("whole", "day", "session")).values_list("text", flat=True))
    visit(inspector, ana)
    answer = inspector.get(to("summaries", ana))
    page = words(answer)
    places = [page.index(each) for each in ("The whole acquaintance", "Wednesday 4 November", "Tuesday 3 November")]
    assert places == sorted(places)
    shown = {memory.text for one in answer.context["summed"] for memory in (one.acquaintance, *in_order(one.days))}
    assert shown == set(told)
    assert len(told) == 5
    assert acts() == ["opened", "summaries"]


def test_older_days_stand_on_a_page_of_their_own(inspector, ana, evening, monkeypatch):
    monkeypatch.setattr("companion.inspection.held.DAYS", 1)
    talked_of_a_day(ana, MORNING, TODAY - timedelta(days=2))
    talked_of_a_day(ana, EVENING, TODAY - timedelta(days=1))
    sum_up(ana)
    visit(inspector, ana)
    first = inspector.get(to("summaries", ana))
    second = inspector.get(to("summaries", ana), {"before": f"{first.context['older']}"})
    seen = [[day.day for one in each.context["summed"] for day in one.days] for each in (first, second)]
    assert [len(days) for days in seen] == [1, 1]
    assert seen[0] > seen[1]
    assert second.context["older"] is None


@pytest.mark.parametrize("before", ["2026-02-30", "x", "", "2026-13-01"])
def test_a_day_that_is_none_begins_at_the_latest(inspector, ana, before):
    visit(inspector, ana)
    assert inspector.get(to("summaries", ana), {"before": before}).status_code == 200


def test_a_memory_tells_what_it_belongs_with_and_why_from_either_end(inspector, ana):
    consolidate(ana, told(ana, "My brother is called Pablo.", at=JANUARY))
    consolidate(ana, told(ana, "My boss is called Pablo.", at=MARCH))
    with acting_as(ana.pk):
        link = Link.objects.get()
        brother = Memory.objects.get(kind="fact", text__contains="brother")
    visit(inspector, ana)
    for one, other in ((link.memory_id, link.other_id), (link.other_id, link.memory_id)):
        page = inspector.get(to("memory", ana, memory_id=one))
        assert "both about Pablo" in words(page)
        assert to("memory", ana, memory_id=other) in page.content.decode()
    with acting_as(ana.pk):
        turn = brother.sources.get().turn_id
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[turn]))
    boss = link.memory_id if link.other_id == brother.pk else link.other_id
    assert "both about Pablo" not in words(inspector.get(to("memory", ana, memory_id=boss)))


@pytest.mark.parametrize("page", ["portrait", "summaries"])
def test_support_may_not_read_them_and_without_a_visit_the_reason_is_asked_for(support, inspector, bees, page):
    visit(support, bees)
    assert support.get(to(page, bees)).status_code == 403
    answer = inspector.get(to(page, bees))
    assert (answer.status_code, answer["Location"]) == (302, to("person", bees))


def test_the_person_reads_that_their_portrait_and_summaries_were_read(inspector, bees):
    visit(inspector, bees)
    inspector.get(to("portrait", bees))
    inspector.get(to("summaries", bees))
    mine = words(signed_in(bees).get("/account/looks/"))
    assert "read the portrait and the moods" in mine
    assert "read the summaries" in mine
