"""Figures as one reads them, on pages that are not translated."""

from datetime import timedelta

from django.template import Library

register = Library()
LONGER = ((timedelta(days=2), timedelta(days=1), "days"), (timedelta(hours=2), timedelta(hours=1), "hours"))


@register.filter
def counted(figure: float | None) -> str:
    """“1,204”, “3.4”; a dash where there is nothing to tell."""
    if figure is None:
        return "–"
    return f"{figure:,.0f}" if figure >= 10 or figure == int(figure) else f"{figure:.1f}"


@register.filter
def so_long(span: timedelta) -> str:
    """“3 days”, “5 hours”, “12 minutes”; “–” for no time at all."""
    if not span:
        return "–"
    for least, unit, name in LONGER:
        if span >= least:
            return f"{span // unit} {name}"
    minutes = max(round(span / timedelta(minutes=1)), 1)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
