"""What the house allows a person: its own rule and theirs together, of which the stricter one holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from memory import clock
from memory.isolation import read_anew, read_once
from memory.models import Fading, HousePolicy, PersonPolicy, Preference
from memory.models.policy import Policy


@dataclass(frozen=True)
class Ruled:
    """What holds for somebody; None rules nothing."""

    unkept: frozenset[str]  # matters that may not be remembered
    fadings: Sequence[str]  # to choose from, at least one
    keep_days: int | None
    engines: Sequence[str] | None  # models that companions may speak by, beside the house's own
    messages_a_minute: int | None
    most_turns: int | None

    @property
    def one_fading(self) -> bool:
        """There is nothing to choose."""
        return len(self.fadings) < len(Fading)

    @property
    def limits(self) -> bool:
        """Anything is ruled at all."""
        figures = (self.keep_days, self.engines, self.messages_a_minute, self.most_turns)
        return bool(self.unkept) or self.one_fading or any(figure is not None for figure in figures)

    def lets_speak(self, engine: str) -> bool:
        """Whether a companion may speak by this model; the house's own always may."""
        return not engine or self.engines is None or engine in self.engines


def of_house(*, to_rule: bool = False) -> HousePolicy:
    """The row of the installation; one that is not written, and rules nothing, where there is none.

    Nobody else's to change until the transaction ends, where it is read `to_rule`.
    """
    rows = HousePolicy.objects.select_for_update() if to_rule else HousePolicy.objects
    return rows.first() or HousePolicy()


class NotAllowed(Exception):
    """The house rules it out. The message says what to do, in one line."""


def check_encoder(name: str) -> None:
    """Whether this encoder may be used here, by its name as in `ENCODER`. Raises NotAllowed."""
    allowed = of_house().encoders
    if allowed and name not in allowed:
        raise NotAllowed(
            f"{name} is no encoder that this house allows; there are: {', '.join(allowed)}. "
            "Name one of these, or have an administrator allow it on /inspect/policies/."
        )


def of_person(person_id: int, *, to_rule: bool = False) -> PersonPolicy:
    """A person's own row, likewise. Runs inside `acting_as(person)`."""
    rows = PersonPolicy.objects.of(person_id)
    return (rows.select_for_update() if to_rule else rows).first() or PersonPolicy(owner_id=person_id)


def ruled(person_id: int) -> Ruled:
    """What holds for a person. Runs inside `acting_as(person)`."""
    return standing(person_id)[0]


def standing(person_id: int) -> tuple[Ruled, Preference]:
    """What holds for a person, and what they have chosen: a new row, not written, where that is nothing.

    Every message asks for it several times, so it is one statement, by hand. Runs inside `acting_as(person)`.
    """
    return read_once("standing", person_id, lambda: _read_standing(person_id))


def _read_standing(person_id: int) -> tuple[Ruled, Preference]:
    with connection.cursor() as cursor:
        cursor.execute(_standing(), [person_id, person_id])
        values = iter(cursor.fetchone())
    house = _row(HousePolicy, values) or HousePolicy()
    person = _row(PersonPolicy, values) or PersonPolicy(owner_id=person_id)
    return together(house, person), _row(Preference, values) or Preference(owner_id=person_id)


@lru_cache(maxsize=1)
def _standing() -> str:
    columns = [f"{model._meta.db_table}.{name}" for model in READ_TOGETHER for name in _columns(model)]
    house, person, preference = (model._meta.db_table for model in READ_TOGETHER)
    return (
        f"select {', '.join(columns)} from (select) always left join {house} on true"  # noqa: S608 - names of models
        f" left join {person} on {person}.owner_id = %s left join {preference} on {preference}.owner_id = %s"
    )


READ_TOGETHER: tuple[type[Model], ...] = (HousePolicy, PersonPolicy, Preference)
Row = TypeVar("Row", bound=Model)


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def _row(model: type[Row], values: Iterator[Any]) -> Row | None:
    """The next columns as a row of the model; None where the join found none."""
    own = [next(values) for _ in model._meta.concrete_fields]
    names = [str(field.attname) for field in model._meta.concrete_fields]
    there = dict(zip(names, own, strict=True))[str(model._meta.pk.attname)] is not None
    return model.from_db("default", names, own) if there else None


def together(*policies: Policy) -> Ruled:
    """Where they differ, the stricter. Lists that have nothing in common leave what the first one names of fadings."""
    named = [each.engines for each in policies if each.engines]
    engines = [name for name in named[-1] if all(name in each for each in named)] if named else None
    fadings = [each.fadings for each in policies if each.fadings] or [list(Fading.values)]
    common = [name for name in Fading.values if all(name in each for each in fadings)]
    return Ruled(
        unkept=frozenset[str]().union(*(each.unkept for each in policies)),
        fadings=common or fadings[0],
        keep_days=_least(each.keep_days for each in policies),
        engines=engines,
        messages_a_minute=_least(each.messages_a_minute for each in policies),
        most_turns=_least(each.most_turns for each in policies),
    )


def _least(figures: Any) -> int | None:
    return min((figure for figure in figures if figure is not None), default=None)


def rule_house(fields: Mapping[str, Any]) -> HousePolicy:
    """Write the row of the installation."""
    kept, _ = HousePolicy.objects.update_or_create(only=True, defaults={**fields, "changed_at": clock.now()})
    read_anew()
    return kept


def rule_person(person_id: int, fields: Mapping[str, Any]) -> PersonPolicy:
    """Write a person's row. Runs inside `acting_as(person)`."""
    defaults = {**fields, "changed_at": clock.now()}
    kept, _ = PersonPolicy.objects.update_or_create(owner_id=person_id, defaults=defaults)
    read_anew()
    return kept
