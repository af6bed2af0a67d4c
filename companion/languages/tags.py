"""For the frame of every page."""

from datetime import datetime

from django.template import Library
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext

from companion.languages.versions import version_of

register = Library()


@register.filter
def bcp47(code: str) -> str:
    """As `lang` names a language: “zh-hans” is “zh-Hans”."""
    first, *others = code.split("-")
    return "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in others)])


@register.filter
def day_in_words(moment: datetime) -> str:
    """“5 November 2026”, on the clock of the page."""
    return date_format(localtime(moment), pgettext("date format", "j F Y"))


@register.simple_tag
def catalogue_address() -> str:
    """Where the words for the page's scripts are; empty where they stand in the scripts themselves."""
    language = get_language() or ""
    version = version_of(language)
    return reverse("catalogue", args=[language, version]) if version else ""
