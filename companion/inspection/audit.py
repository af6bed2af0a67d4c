"""The record of looks as it is read: by the person it is about, and in whole by administrators. Never changed."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from companion.accounts.models import Person
from companion.inspection.models import Access, Act
from memory.isolation import acting_as

COLUMNS = ("id", "at", "by", "by_name", "role", "person", "address", "act", "visit", "reason", "details")
AT_ONCE = 2000  # rows that are read at a time
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
IN_WORDS = {
    Act.OPENED: gettext_lazy("gave a reason"),
    Act.CLOSED: gettext_lazy("ended the visit"),
    Act.OVERVIEW: gettext_lazy("looked through the memories"),
    Act.FIGURES: gettext_lazy("looked at figures and states"),
    Act.MEMORY: gettext_lazy("read a memory"),
    Act.PORTRAIT: gettext_lazy("read the portrait and the moods"),
    Act.SUMMARIES: gettext_lazy("read the summaries"),
    Act.RECALLS: gettext_lazy("read what was recalled"),
    Act.TRIED: gettext_lazy("tried a question"),
    Act.RETRIED: gettext_lazy("had a step of the work tried again"),
    Act.ERASED: gettext_lazy("had something erased"),
    Act.TAKEN_BACK: gettext_lazy("took an erasure back"),
    Act.EXPORTED: gettext_lazy("took a copy of what was said"),
    Act.POLICY: gettext_lazy("changed what the house allows"),
    Act.APPOINTED: gettext_lazy("gave a role"),
    Act.EXPORTED_RECORD: gettext_lazy("took a copy of the record"),
}


@contextmanager
def auditing() -> Iterator[None]:
    """A transaction that reads the whole record, of everybody."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('rosemary.audit', 'on', true)")
        yield


@dataclass(frozen=True)
class Look:
    """A visit, or what was done without one, with its acts in order."""

    opened: Access
    acts: Sequence[Access]


def looks_at(person: Person, most: int = 100) -> list[Look]:
    """Who has looked at a person's memories, the latest visit first, for that person to read."""
    with acting_as(person.pk):
        firsts = list(Access.objects.filter(owner=person, visit=None).order_by("-at", "-pk")[:most])
        acts = list(Access.objects.filter(owner=person, visit__in=firsts).order_by("at", "pk"))
    return [Look(first, [act for act in acts if act.visit_id == first.pk]) for first in firsts]


def in_words(access: Access) -> str:
    """What was done, in a few words, for the person."""
    question = access.details.get("question")
    done = str(IN_WORDS[Act(access.act)])
    return gettext("%(done)s: “%(question)s”") % {"done": done, "question": question} if question else done


def rows(accesses: QuerySet[Access]) -> Iterator[dict[str, Any]]:
    """Each as one flat row, with the address that the person has today; oldest first is the caller's to say.

    However long the record is, few of them are in memory at once.
    """
    looked_at = Person.objects.filter(pk__in=accesses.order_by().values("owner_id"))
    addresses = dict(looked_at.values_list("pk", "email"))
    for one in accesses.iterator(AT_ONCE):
        yield {
            "id": one.pk,
            "at": one.at.isoformat(),
            "by": one.by_id,
            "by_name": one.by_name,
            "role": one.role,
            "person": one.owner_id,
            "address": addresses.get(one.owner_id, ""),
            "act": one.act,
            "visit": one.visit_id,
            "reason": one.reason,
            "details": one.details,
        }


def as_csv(accesses: QuerySet[Access]) -> str:
    """For a spreadsheet: no cell is a formula, whatever somebody gave as a reason."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows(accesses):
        told = row | {"details": json.dumps(row["details"], ensure_ascii=False)}
        writer.writerow({name: _harmless(value) for name, value in told.items()})
    return out.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_json_lines(accesses: QuerySet[Access]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(accesses))
