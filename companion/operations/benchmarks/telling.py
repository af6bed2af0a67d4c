"""What a measurement says: progress on stderr, a table, and on demand one JSON object as the last line of stdout."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


@dataclass(frozen=True)
class Telling:
    """Where one run tells what it does. With `as_json` the table goes to stderr, and stdout holds the object alone."""

    out: OutputWrapper
    as_json: bool

    def progress(self) -> Progress:
        """A progress bar on stderr."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        return Progress(*columns, console=Console(stderr=True))

    def remark(self, text: str) -> None:
        """One line on stderr."""
        Console(stderr=True).print(text, highlight=False, markup=False)

    def table(self, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """One row a mapping; the columns are the first one's keys."""
        made = Table(title=title, title_justify="left")
        for name in rows[0] if rows else ():
            made.add_column(name, justify="left" if isinstance(rows[0][name], str) else "right")
        for row in rows:
            made.add_row(*(_shown(row.get(name)) for name in rows[0]))
        Console(stderr=self.as_json, width=None).print(made)

    def result(self, figures: Mapping[str, Any]) -> None:
        """The figures, for a program."""
        if self.as_json:
            self.out.write(json.dumps(figures, ensure_ascii=False))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def quantiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in the unit given, to a hundredth."""
    p50, p95 = np.quantile(np.asarray(milliseconds or [0.0]), [0.5, 0.95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}
