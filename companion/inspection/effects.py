"""What a rule would do, in sentences and counts, before it is kept. Counts only: nobody's words are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from companion.inspection.policy_form import FADINGS
from memory import census, keeping, quota
from memory.models import Fading, HousePolicy, Matter
from memory.models.policy import Policy
from worker.app import NIGHTLY

TONIGHT = f"Tonight at {NIGHTLY:02}:00 UTC"
NO_LONGER = {
    Matter.FACTS: "No new facts are made. Those there are stay until their person forgets them.",
    Matter.SUMMARIES: "No new summaries are made. Those there are stay until their person forgets them.",
    Matter.PORTRAIT: "Portraits reach no prompt any more, and are taken down as soon as a worker comes to them.",
    Matter.SENSITIVE: "Nothing is made of what touches sensitive matters from now on; it stays in its conversation.",
}
AGAIN = {
    Matter.FACTS: "Facts are made again, of whoever allows it themselves.",
    Matter.SUMMARIES: "Summaries are made again, of whoever allows it themselves.",
    Matter.PORTRAIT: "Portraits are drawn again, of whoever allows it themselves.",
    Matter.SENSITIVE: "What touches sensitive matters is remembered again, of whoever allows it themselves.",
}
SIGNING_UP = {
    "": "Who may sign up is as the setting SIGN_UP says.",
    HousePolicy.SignUp.OPEN: "Everybody may sign up.",
    HousePolicy.SignUp.INVITATION: "Newcomers need an invitation.",
    HousePolicy.SignUp.CLOSED: "Nobody may sign up. Invitations that are open let nobody in.",
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
            yield (NO_LONGER if matter in after["unkept"] else AGAIN)[matter]


def _fadings(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if list(before.fadings) != after["fadings"]:
        only = " or ".join(FADINGS[Fading(name)][0].lower() for name in after["fadings"])
        yield (
            f"Memories fade {only}, whatever was chosen; what is remembered keeps its strength until its use."
            if only
            else "People choose again how fast their memories fade."
        )


def _keeping(before: Policy, after: Mapping[str, Any], extent: Extent) -> Iterator[str]:
    days = after["keep_days"]
    if days == before.keep_days:
        return
    if days is None:
        yield "Nothing is erased for its age by this rule any more. What was erased stays erased."
    elif turns := sum(extent.overdue.values()):
        whose = _counted(len(extent.overdue), "person", "people")
        yield (
            f"{TONIGHT} this erases {_counted(turns, 'turn', 'turns')} of {whose}, with all that was made of them, and "
            "leaves each a receipt. Until then it can be changed back; afterwards nothing brings them back."
        )
    else:
        yield f"Nothing is older than {_counted(days, 'day', 'days')} now. Each night, what becomes older is erased."


def _engines(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if list(before.engines) != after["engines"]:
        yield (
            "Companions that speak by another model than these speak by the house’s own, from their next reply on."
            if after["engines"]
            else "Companions may speak by any model that the engine offers."
        )


def _encoders(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if isinstance(before, HousePolicy) and list(before.encoders) != after["encoders"]:
        yield (
            "The encoder in use stays. ENCODER and manage.py reencode refuse any that is not among these."
            if after["encoders"]
            else "Any encoder may be used."
        )


def _quotas(before: Policy, after: Mapping[str, Any], extent: Extent) -> Iterator[str]:
    if after["messages_a_minute"] != before.messages_a_minute:
        most = after["messages_a_minute"]
        yield (
            f"Whoever sends more than {_counted(most, 'message', 'messages')} in a minute is asked to wait; "
            "what they wrote stays in their browser."
            if most
            else "Messages are taken as fast as they come."
        )
    if after["most_turns"] != before.most_turns:
        if after["most_turns"] is None:
            yield "There is no limit to stored turns by this rule."
        elif extent.full:
            has = "has" if extent.full == 1 else "have"
            yield (
                f"{_counted(extent.full, 'person', 'people')} {has} as many turns already, and can say nothing more "
                "until they delete some."
            )
        else:
            yield "Nobody has as many turns yet."


def _sign_up(before: Policy, after: Mapping[str, Any], _: Extent) -> Iterator[str]:
    if isinstance(before, HousePolicy) and after["sign_up"] != before.sign_up:
        yield SIGNING_UP[after["sign_up"]]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
