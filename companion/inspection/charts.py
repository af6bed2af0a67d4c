"""Figures as pictures, drawn on the server as SVG's own attributes (no style, no script), each with its table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, groupby

WIDTH, HEIGHT = 600, 120  # of the picture, in its own units; the page stretches it
GAP = 0.25  # share of a bar's place that stays empty
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Series:
    """One figure a day or week; none where there is nothing to tell."""

    name: str
    tone: str  # of the stylesheet: leaf, straw, dry, bloom, clay
    figures: Sequence[float | None]


@dataclass(frozen=True)
class Shape:
    """A series, drawn."""

    tone: str
    path: str


@dataclass(frozen=True)
class Chart:
    """Series over days or weeks: a picture, and the same in rows."""

    key: str  # of its heading
    days: Sequence[date]
    series: Sequence[Series]
    shapes: Sequence[Shape]
    top: float  # what its upper edge stands for
    of: Callable[[float], str]  # so many of what is counted, in words
    lines: bool

    width, height = WIDTH, HEIGHT

    @property
    def rows(self) -> list[tuple[date, list[float | None]]]:
        """Each day with its figures."""
        return [(day, [one.figures[place] for one in self.series]) for place, day in enumerate(self.days)]

    @property
    def unit(self) -> str:
        """What its upper edge stands for, in words."""
        return self.of(self.top)

    @property
    def empty(self) -> bool:
        """There is nothing to draw."""
        return not any(figure for one in self.series for figure in one.figures)


@dataclass(frozen=True)
class Share:
    """A part of a whole, on one bar."""

    name: str
    tone: str
    count: int
    start: float  # of WIDTH
    width: float

    @property
    def percent(self) -> float:
        """Of the whole."""
        return 100 * self.width / WIDTH


def bars(key: str, days: Sequence[date], series: Sequence[Series], *, of: Callable[[float], str]) -> Chart:
    """One bar a day, its series stacked from the first at the bottom."""
    sums = [sum(filter(None, one)) for one in zip(*(each.figures for each in series), strict=True)]
    top = ceiling(max(sums, default=0))
    below = [0.0] * len(days)
    shapes = []
    for each in series:
        heights = [float(figure or 0) for figure in each.figures]
        shapes.append(Shape(each.tone, "".join(_bars(heights, below, top))))
        below = [one + height for one, height in zip(below, heights, strict=True)]
    return Chart(key, days, series, shapes, top, of, lines=False)


def _bars(heights: Sequence[float], below: Sequence[float], top: float) -> Iterable[str]:
    place = WIDTH / max(len(heights), 1)
    for number, (height, start) in enumerate(zip(heights, below, strict=True)):
        if height:
            x, y, tall = place * (number + GAP / 2), HEIGHT * (1 - (start + height) / top), HEIGHT * height / top
            yield f"M{x:.1f} {y:.1f}h{place * (1 - GAP):.1f}v{tall:.1f}h-{place * (1 - GAP):.1f}z"


def lines(key: str, days: Sequence[date], series: Sequence[Series], *, of: Callable[[float], str]) -> Chart:
    """A line a series, broken where there is nothing to tell; a day that stands alone is a short stroke."""
    top = ceiling(max((figure for each in series for figure in each.figures if figure is not None), default=0))
    shapes = [Shape(each.tone, "".join(_strokes(each.figures, top))) for each in series]
    return Chart(key, days, series, shapes, top, of, lines=True)


def _strokes(figures: Sequence[float | None], top: float) -> Iterable[str]:
    place = WIDTH / max(len(figures), 1)
    told: Callable[[tuple[int, float | None]], bool] = lambda each: each[1] is not None  # noqa: E731
    for is_told, run in groupby(enumerate(figures), told):
        if is_told:
            points = [(place * (number + 0.5), HEIGHT * (1 - (figure or 0) / top)) for number, figure in run]
            x, y = points[0]
            first = f"M{x:.1f} {y:.1f}" if len(points) > 1 else f"M{x - place / 4:.1f} {y:.1f}h{place / 2:.1f}"
            yield first + "".join(f"L{x:.1f} {y:.1f}" for x, y in points[1:])


def swings(figures: Sequence[float | None]) -> list[Shape]:
    """Bars up and down from the middle, for figures from -1 to 1; a day without one leaves its place empty."""
    place, middle = WIDTH / max(len(figures), 1), HEIGHT / 2
    paths = {"leaf": "", "clay": ""}
    for number, figure in enumerate(figures):
        if figure is not None:
            x, tall = place * (number + GAP / 2), max(abs(figure) * middle, 1)  # a day felt as neither is seen, too
            y = middle - tall if figure >= 0 else middle
            bar = f"M{x:.1f} {y:.1f}h{place * (1 - GAP):.1f}v{tall:.1f}h-{place * (1 - GAP):.1f}z"
            paths["leaf" if figure >= 0 else "clay"] += bar
    return [Shape(tone, path) for tone, path in paths.items() if path]


def ceiling(most: float) -> float:
    """The round figure at or above it: 1, 2, 2.5, 5 or 10 times a power of ten; 1 for nothing."""
    if most <= 1:
        return 1
    size = 10.0 ** (len(str(int(most))) - 1)
    return next(step * size for step in STEPS if step * size >= most)


def shares(parts: Sequence[tuple[str, str, int]]) -> list[Share]:
    """(name, tone, count) on one bar, side by side."""
    total = sum(count for _, _, count in parts) or 1
    widths = [WIDTH * count / total for _, _, count in parts]
    starts = accumulate(widths[:-1], initial=0.0)
    return [Share(*part, start, width) for part, start, width in zip(parts, starts, widths, strict=True)]
