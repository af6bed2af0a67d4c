"""Days that are known by a name: “my birthday”, “our last anniversary”."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from memory.temporal.forms import Form, by_choice, form
from memory.temporal.ranges import DateRange, one_day
from memory.temporal.vantage import Vantage

YEARLY = ("birthday", "anniversary")  # come again each year; any other name means its one day


def anchored(anchors: Mapping[str, date]) -> tuple[Form, ...]:
    """A form for each of the names."""
    return tuple(_anchor(name.strip().lower(), day) for name, day in anchors.items() if name.strip())


def _anchor(name: str, day: date) -> Form:
    def days(match: re.Match[str], at: Vantage) -> DateRange | None:
        if not name.endswith(YEARLY):
            return None if match["which"] or match["whose"] else one_day(day)
        which = match["which"] or match["whose"] or ""
        found = by_choice(which, lambda year: one_day(day.replace(year=year)), at)
        return replace(found, any_year=False) if found else None

    words = {name.split(maxsplit=1)[0], "last", "this", "next"}
    pattern = rf"(?:(?P<which>last|this|next) )?{re.escape(name)}\b(?!'s)(?: (?P<whose>last|this|next) year\b)?"
    return form(words, pattern, days, kind="anchor")
