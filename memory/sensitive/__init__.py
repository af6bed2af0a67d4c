"""Whether words touch a sensitive matter: the special categories of personal data of the GDPR (articles 9 and 10).

Each language is a file here, with its own name (`LANGUAGE`) and whether it finds such a word (`touched`). What is said
in other languages, or only hinted at, is not found.
"""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast


class Language(Protocol):
    """What a file of a language holds."""

    LANGUAGE: str  # in English, marked to be translated

    def touched(self, text: str) -> bool:
        """Whether a word of it belongs to health and mind, sex and love, faith, politics, origin, or crime."""


LANGUAGES: Sequence[Language] = [
    cast(Language, import_module(f"{__name__}.{found.name}"))
    for found in sorted(iter_modules(__path__), key=lambda found: found.name != "english")  # the first is most spoken
]


def is_sensitive(text: str) -> bool:
    """Whether a word of it belongs to such a matter, in any language that is known here."""
    return any(language.touched(text) for language in LANGUAGES)
