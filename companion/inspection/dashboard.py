"""How the house stands: figures of everybody together, as charts. No words of anybody, so no reason is asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from companion.accounts.models import Person
from companion.inspection import charts
from companion.inspection.charts import Series
from companion.inspection.entry import for_role
from companion.inspection.models import Role
from companion.inspection.remembered import STATES_IN_WORDS as STATES
from companion.inspection.templatetags.counting import counted
from companion.inspection.views import page
from memory import census
from memory.census import Recalls, Said, Span
from memory.consolidation.links import UNFOUNDED
from worker import waiting

SPANS = {7: gettext_lazy("7 days"), 30: gettext_lazy("30 days"), 365: gettext_lazy("A year")}
TONES = {"vivid": "leaf", "fading": "straw", "faded": "dry", "pinned": "bloom", "superseded": "clay"}
STEPS = {
    "cut": gettext_lazy("Cutting long sessions"),
    "summary": gettext_lazy("Summaries"),
    "facts": gettext_lazy("Facts"),
    "links": gettext_lazy("Links"),
    "portrait": gettext_lazy("Portrait"),
    "period": gettext_lazy("Days and acquaintance"),
}
REFUSED_FOR = {  # by the words that consolidation counts them under
    "": gettext_lazy("nothing bore it out"),
    "not by the schema": gettext_lazy("not by the schema"),
    "no turn of theirs": gettext_lazy("no turn of theirs"),
    "no such quote": gettext_lazy("no such quote"),
    "pasted": gettext_lazy("pasted"),
    "quoted": gettext_lazy("quoted"),
    "question": gettext_lazy("question"),
    "instruction": gettext_lazy("instruction"),
    "hearsay": gettext_lazy("hearsay"),
    "joke": gettext_lazy("joke"),
    "supposed": gettext_lazy("supposed"),
    "misread: denial": gettext_lazy("misread: denial"),
    "misread: no denial": gettext_lazy("misread: no denial"),
    "misread: plan": gettext_lazy("misread: plan"),
    UNFOUNDED: gettext_lazy("no such pair, or a reason that neither holds"),
}


@for_role(Role.SUPPORT)
def figures(request: HttpRequest, *, role: Role) -> HttpResponse:
    """People, turns, memories, the work that waits, what was refused, what the gate found, how long recalls took."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in SPANS} else 30
    span = Span(days, timezone.get_current_timezone_name())
    (said, active), recalls = census.said(span), census.recalls(span)
    shown = _of_talk(said, active) | _of_memories() | _of_work(span) | _of_verdicts(recalls)
    return page(request, "figures.html", role=role, place="figures", span=span, spans=SPANS.items(), **shown)


def _of_talk(said: list[Said], active: int) -> dict[str, Any]:
    days = [each.day for each in said]
    turns = Series(gettext("turns"), "leaf", [each.turns for each in said])
    people = Series(gettext("people"), "bloom", [each.people for each in said])
    return {
        "people": Person.objects.count(),
        "active": active,
        "turns": sum(each.turns for each in said),
        "talk": charts.bars("h-turns", days, [turns], of=_turns),
        "talkers": charts.bars("h-people", days, [people], of=_people),
    }


def _of_memories() -> dict[str, Any]:
    counts = census.memories()
    states = [(str(STATES[state]), tone, counts.get(state, 0)) for state, tone in TONES.items()]
    holding = sum(counts.values()) - counts.get("superseded", 0)
    return {"memories": holding, "states": charts.shares(states)}


def _of_work(span: Span) -> dict[str, Any]:
    steps, periods, failed = waiting.steps(), waiting.periods(), waiting.failed()
    refused = [
        (REFUSED_FOR.get(one.reason, one.reason), STEPS.get(one.kind, one.kind), one.count)
        for one in census.refused(span)
    ]
    return {
        "waiting": steps.count + periods.count,
        "oldest": max(steps.oldest, periods.oldest),
        "backlog": [(gettext("Steps of sessions"), steps), (gettext("Days and acquaintance"), periods)],
        "failed": [(STEPS.get(kind, kind), count) for kind, count in sorted(failed.items())],
        "failures": sum(failed.values()),
        "refused": refused,
        "refusals": sum(count for _, _, count in refused),
    }


def _of_verdicts(recalls: list[Recalls]) -> dict[str, Any]:
    days = [each.day for each in recalls]
    verdicts = [
        Series(gettext("held the answer"), "leaf", [each.held for each in recalls]),
        Series(gettext("did not hold it"), "clay", [each.abstained for each in recalls]),
        Series(gettext("nothing was asked"), "bloom", [each.unasked for each in recalls]),
        Series(gettext("small talk"), "dry", [each.not_needed for each in recalls]),
    ]
    took = [
        Series(gettext("half took less"), "leaf", [each.median for each in recalls]),
        Series(gettext("95 of 100 took less"), "straw", [each.slow for each in recalls]),
    ]
    questions, abstained = sum(each.questions for each in recalls), sum(each.abstained for each in recalls)
    return {
        "recalls": sum(each.recalls for each in recalls),
        "questions": questions,
        "abstained": abstained,
        "abstention": 100 * abstained / questions if questions else None,
        "verdicts": charts.bars("h-gate", days, verdicts, of=_recalls),
        "took": charts.lines("h-took", days, took, of=_milliseconds),
    }


def _turns(figure: float) -> str:
    return ngettext("%(count)s turn", "%(count)s turns", round(figure)) % {"count": counted(figure)}


def _people(figure: float) -> str:
    return ngettext("%(count)s person", "%(count)s people", round(figure)) % {"count": counted(figure)}


def _recalls(figure: float) -> str:
    return ngettext("%(count)s recall", "%(count)s recalls", round(figure)) % {"count": counted(figure)}


def _milliseconds(figure: float) -> str:
    return gettext("%(count)s ms") % {"count": counted(figure)}
