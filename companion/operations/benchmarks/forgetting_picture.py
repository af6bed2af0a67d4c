"""The picture of `bench forgetting`: what is left of single memories day by day, and how many are vivid each month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from memory.retention import FADED, VIVID

WIDTH, HEIGHT = 420, 240  # of one plot, in pixels
COLOURS = ("#33658a", "#b5651d")
Points = list[tuple[int, float]]  # (day, 0-1)


@dataclass
class Watched:
    """One memory over the year: what its row says, and what theory does."""

    name: str
    thing: int  # its number in the year
    measured: Points = field(default_factory=list)
    expected: Points = field(default_factory=list)


def draw(
    out: Path,
    *,
    watched: Sequence[Watched],
    vivid: Mapping[str, Sequence[int]],
    kept: Sequence[int],
    found: Mapping[str, Mapping[str, float | None]],
) -> None:
    """Write the picture as SVG."""
    loader = FileSystemLoader(Path(__file__).parent)
    pictures = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    last = max((day for one in watched for day, _ in one.measured), default=1) or 1
    most = max(*kept, 1)
    out.write_text(
        pictures.get_template("forgetting.svg.jinja").render(
            width=WIDTH,
            height=HEIGHT,
            colours=COLOURS,
            thresholds=[(VIVID, "vivid"), (FADED, "faded")],
            watched=[
                {"name": one.name, "line": _line(one.expected, last), "dots": _placed(one.measured[::7], last)}
                for one in watched
            ],
            days=last + 1,
            months=len(kept),
            most=most,
            kept=_steps(kept, most),
            vivid={name: _steps(counts, most) for name, counts in vivid.items()},
            found=found,
        ),
        encoding="utf-8",
    )


def _placed(points: Points, last: int) -> list[tuple[float, float]]:
    return [(round(day / last * WIDTH, 1), round((1 - left) * HEIGHT, 1)) for day, left in points]


def _line(points: Points, last: int) -> str:
    return " ".join(f"{x},{y}" for x, y in _placed(points, last))


def _steps(counts: Sequence[int], most: int) -> list[tuple[float, float, int]]:
    """(x, height, count) of a bar a month."""
    each = WIDTH / max(len(counts), 1)
    return [(round(place * each, 1), round(count / most * HEIGHT, 1), count) for place, count in enumerate(counts)]
