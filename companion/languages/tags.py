"""For the frame of every page."""

from datetime import date, datetime

from django.template import Library
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext, pgettext_lazy

from companion.languages.versions import version_of

register = Library()

FORMATS = {
    "j F Y": pgettext_lazy("date format", "j F Y"),
    "j F Y, H:i": pgettext_lazy("date format", "j F Y, H:i"),
    "j M Y": pgettext_lazy("date format", "j M Y"),
    "j M Y, H:i": pgettext_lazy("date format", "j M Y, H:i"),
    "j M, H:i": pgettext_lazy("date format", "j M, H:i"),
    "D j M Y": pgettext_lazy("date format", "D j M Y"),
    "l j F Y": pgettext_lazy("date format", "l j F Y"),
}


@register.filter
def bcp47(code: str) -> str:
    """As `lang` names a language: “zh-hans” is “zh-Hans”."""
    first, *others = code.split("-")
    return "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in others)])


@register.filter
def day_in_words(moment: datetime) -> str:
    """“5 November 2026”, on the clock of the page."""
    return date_format(localtime(moment), pgettext("date format", "j F Y"))


@register.filter
def dated(day: date | None, like: str) -> str:
    """A day, or a moment on the clock of the page, as the language of the page writes what is `like` one of FORMATS."""
    if day is None:
        return ""
    return date_format(localtime(day) if isinstance(day, datetime) else day, str(FORMATS[like]))


@register.simple_tag
def catalogue_address() -> str:
    """Where the words for the page's scripts are; empty where they stand in the scripts themselves."""
    language = get_language() or ""
    version = version_of(language)
    return reverse("catalogue", args=[language, version]) if version else ""
