"""Figures as one reads them."""

from datetime import timedelta

from django.template import Library
from django.utils.translation import ngettext

register = Library()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


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
    if span >= 2 * DAY:
        return ngettext("%(count)s day", "%(count)s days", span // DAY) % {"count": span // DAY}
    if span >= 2 * HOUR:
        return ngettext("%(count)s hour", "%(count)s hours", span // HOUR) % {"count": span // HOUR}
    minutes = max(round(span / MINUTE), 1)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
