"""What a rule would do, in sentences and counts, before it is kept. Counts only: nobody's words are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from companion.inspection.policy_form import FADINGS
from memory import census, keeping, quota
from memory.models import Fading, HousePolicy, Matter
from memory.models.policy import Policy
from worker.app import NIGHTLY

NO_LONGER = {
    Matter.FACTS: gettext_lazy("No new facts are made. Those there are stay until their person forgets them."),
    Matter.SUMMARIES: gettext_lazy("No new summaries are made. Those there are stay until their person forgets them."),
    Matter.PORTRAIT: gettext_lazy(
        "Portraits reach no prompt any more, and are taken down as soon as a worker comes to them."
    ),
    Matter.SENSITIVE: gettext_lazy(
        "Nothing is made of what touches sensitive matters from now on; it stays in its conversation."
    ),
}
AGAIN = {
    Matter.FACTS: gettext_lazy("Facts are made again, of whoever allows it themselves."),
    Matter.SUMMARIES: gettext_lazy("Summaries are made again, of whoever allows it themselves."),
    Matter.PORTRAIT: gettext_lazy("Portraits are drawn again, of whoever allows it themselves."),
    Matter.SENSITIVE: gettext_lazy(
        "What touches sensitive matters is remembered again, of whoever allows it themselves."
    ),
}
SIGNING_UP = {
    "": gettext_lazy("Who may sign up is as the setting SIGN_UP says."),
    HousePolicy.SignUp.OPEN: gettext_lazy("Everybody may sign up."),
    HousePolicy.SignUp.INVITATION: gettext_lazy("Newcomers need an invitation."),
    HousePolicy.SignUp.CLOSED: gettext_lazy("Nobody may sign up. Invitations that are open let nobody in."),
}


@dataclass(frozen=True)
class Extent:
    """How much a rule meets now."""

    overdue: Mapping[int, int]  # turns that are too old, by person
    full: int  # people who have as many turns as they may


def of_house(ruled: Mapping[str, Any]) -> Extent:
    """Of everybody."""
    overdue = keeping.overdue(house=ruled["keep_days"])
    return Extent(overdue, census.people_with(ruled["most_turns"]) if ruled["most_turns"] else 0)


def of_person(person_id: int, ruled: Mapping[str, Any]) -> Extent:
    """Of one person. Runs inside `acting_as(person)`."""
    turns = keeping.older_than(person_id=person_id, days=ruled["keep_days"]) if ruled["keep_days"] else 0
    full = ruled["most_turns"] is not None and quota.stored(person_id=person_id) >= ruled["most_turns"]
    return Extent({person_id: turns} if turns else {}, int(full))


def told(before: Policy, after: Mapping[str, Any], extent: Extent) -> list[str]:
    """What changes, a sentence each; nothing where nothing does."""
    tellers = (_matters, _fadings, _keeping, _engines, _encoders, _quotas, _sign_up)
    return [sentence for tell in tellers for sentence in tell(before, after, extent)]


def _matters(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    for matter in Matter:
        if (matter in before.unkept) != (matter in after["unkept"]):
            yield str((NO_LONGER if matter in after["unkept"] else AGAIN)[matter])


def _fadings(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if list(before.fadings) == after["fadings"]:
        return
    if not after["fadings"]:
        yield gettext("People choose again how fast their memories fade.")
        return
    only = pgettext("between ways of fading", " or ").join(str(FADINGS[Fading(name)][0]) for name in after["fadings"])
    told = gettext("Memories fade %(ways)s, whatever was chosen; what is remembered keeps its strength until its use.")
    yield told % {"ways": only.lower()}


def _keeping(before: Policy, after: Mapping[str, Any], extent: Extent) -> Iterator[str]:
    days = after["keep_days"]
    if days == before.keep_days:
        return
    if days is None:
        yield gettext("Nothing is erased for its age by this rule any more. What was erased stays erased.")
    elif turns := sum(extent.overdue.values()):
        people = len(extent.overdue)
        told = gettext(
            "Tonight at %(hour)s:00 UTC this erases %(turns)s of %(people)s, with all that was made of them, and "
            "leaves each a receipt. Until then it can be changed back; afterwards nothing brings them back."
        )
        yield told % {"hour": f"{NIGHTLY:02}", "turns": _turns(turns), "people": _people(people)}
    else:
        told = ngettext(
            "Nothing is older than %(count)s day now. Each night, what becomes older is erased.",
            "Nothing is older than %(count)s days now. Each night, what becomes older is erased.",
            days,
        )
        yield told % {"count": f"{days:,}"}


def _engines(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if list(before.engines) != after["engines"]:
        yield (
            gettext(
                "Companions that speak by another model than these speak by the house’s own, from their next reply on."
            )
            if after["engines"]
            else gettext("Companions may speak by any model that the engine offers.")
        )


def _encoders(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if isinstance(before, HousePolicy) and list(before.encoders) != after["encoders"]:
        yield (
            gettext("The encoder in use stays. ENCODER and manage.py reencode refuse any that is not among these.")
            if after["encoders"]
            else gettext("Any encoder may be used.")
        )


def _quotas(before: Policy, after: Mapping[str, Any], extent: Extent) -> Iterator[str]:
    if after["messages_a_minute"] != before.messages_a_minute:
        yield _pace(after["messages_a_minute"])
    if after["most_turns"] != before.most_turns:
        yield _room(after["most_turns"], extent)


def _pace(most: int | None) -> str:
    if not most:
        return gettext("Messages are taken as fast as they come.")
    told = ngettext(
        "Whoever sends more than %(count)s message in a minute is asked to wait; what they wrote stays in their "
        "browser.",
        "Whoever sends more than %(count)s messages in a minute is asked to wait; what they wrote stays in their "
        "browser.",
        most,
    )
    return told % {"count": f"{most:,}"}


def _room(most: int | None, extent: Extent) -> str:
    if most is None:
        return gettext("There is no limit to stored turns by this rule.")
    if not extent.full:
        return gettext("Nobody has as many turns yet.")
    told = ngettext(
        "%(count)s person has as many turns already, and can say nothing more until they delete some.",
        "%(count)s people have as many turns already, and can say nothing more until they delete some.",
        extent.full,
    )
    return told % {"count": f"{extent.full:,}"}


def _sign_up(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if isinstance(before, HousePolicy) and after["sign_up"] != before.sign_up:
        yield str(SIGNING_UP[after["sign_up"]])


def _turns(count: int) -> str:
    return ngettext("%(count)s turn", "%(count)s turns", count) % {"count": f"{count:,}"}


def _people(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": f"{count:,}"}
