"""What may be remembered, and how fast it fades: read here by all that makes memories.

A companion remembers what neither the house (memory/policy.py), nor the person, nor its own row has switched off. A
choice holds for what is said and made from then on; what is made anew, as after an erasure, follows the choices as they
are then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from memory import policy
from memory.models import Companion, Matter, Preference, Turn
from memory.retention import PRESETS, Preset
from memory.sensitive import is_sensitive


def chosen(person_id: int) -> Preference:
    """What a person has chosen; a new row, not written, where that is nothing. Runs inside `acting_as(person)`."""
    return policy.standing(person_id)[1]


def may_remember(companion: Companion, matter: Matter) -> bool:
    """Whether a companion may keep something of a sort. Runs inside `acting_as(person)`."""
    return matter not in telling(companion).unkept


def may_be_written(person_id: int, matter: Matter, text: str) -> bool:
    """Whether the house lets a person have these words kept as something of a sort, by their own hand.

    Their own choices are about what is made for them. Runs inside `acting_as(person)`.
    """
    unkept = policy.ruled(person_id).unkept
    return matter not in unkept and (Matter.SENSITIVE not in unkept or not is_sensitive(text))


def may_be_told(companion: Companion, text: str) -> bool:
    """Whether anything may be made of these words, as far as they touch sensitive matters."""
    return not is_sensitive(text) or may_remember(companion, Matter.SENSITIVE)


def allowed(companion: Companion, turns: Sequence[Turn]) -> list[Turn]:
    """The turns of which something may be made. Runs inside `acting_as(person)`."""
    if may_remember(companion, Matter.SENSITIVE):
        return list(turns)
    return [turn for turn in turns if not is_sensitive(turn.text)]


def house_fading() -> str:
    """The name of the preset of whoever chose none."""
    return str(settings.RETENTION)


def preset_of(person_id: int) -> Preset:
    """How fast this person's memories fade. Runs inside `acting_as(person)`."""
    return PRESETS[fading_of(person_id)]


def fading_of(person_id: int) -> str:
    """The name of that preset: the chosen one, else the house's; the first allowed where it is not. Runs likewise."""
    ruled, own = policy.standing(person_id)
    return next((name for name in (own.fading, house_fading()) if name in ruled.fadings), ruled.fadings[0])


def engine_of(companion: Companion) -> str:
    """The model it speaks by; empty, which is the house's own, where the house lets it speak by no other.

    Runs inside `acting_as(person)`.
    """
    lets = policy.ruled(companion.owner_id).lets_speak(companion.engine)
    return companion.engine if lets else ""


def recalled_by(companion: Companion) -> list[int]:
    """The companions whose memories this one recalls: itself, or all where the person joined them.

    Runs inside `acting_as(person)`.
    """
    if not chosen(companion.owner_id).joined:
        return [companion.pk]
    return list(Companion.objects.of(companion.owner_id).present().order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class Telling:
    """What a companion's prompts may tell of."""

    companion: Companion
    unkept: frozenset[str]  # matters that this companion may not keep
    joined: bool  # with the person's others

    def by(self, matter: Matter) -> list[int]:
        """The companions whose summaries, or portrait, stand in this one's prompts: itself, and where the person joined
        them, the others that may keep such a thing. Runs inside `acting_as(person)`.
        """
        if not self.joined or matter in self.unkept:
            return [self.companion.pk]
        present = Companion.objects.of(self.companion.owner_id).present().order_by("pk")
        others = present.values_list("pk", "unkept")
        return [pk for pk, unkept in others if pk == self.companion.pk or matter not in unkept]


def telling(companion: Companion) -> Telling:
    """The same, as it stands now. Runs inside `acting_as(person)`."""
    ruled, own = policy.standing(companion.owner_id)
    return Telling(companion, ruled.unkept.union(own.unkept, companion.unkept), own.joined)
