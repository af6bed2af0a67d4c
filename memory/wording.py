"""Words for a person that wait in the database, and are put into their language only where they are shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True)
class Wording:
    """A sentence as the catalogues know it, marked by `gettext_noop`, and what stands in its places by their names."""

    words: str
    of: "Mapping[str, str | Wording]" = field(default_factory=dict)

    def __str__(self) -> str:
        told = gettext(self.words)
        return told % {name: str(each) for name, each in self.of.items()} if self.of else told

    def stored(self) -> str:
        """As a text that `of_stored` reads."""
        return json.dumps(_as_json(self), ensure_ascii=False)


class Worded(Exception):
    """Something is refused; its wording says why to whoever asked for it."""

    def __init__(self, why: Wording) -> None:
        super().__init__(why)
        self.why = why


def of_stored(text: str) -> "str | Wording":
    """What was stored. A text that was stored in so many words stays as it is."""
    try:
        return _from_json(json.loads(text))
    except (ValueError, TypeError):
        return text


def _as_json(told: "str | Wording") -> Any:
    if isinstance(told, str):
        return told
    return [told.words, {name: _as_json(each) for name, each in told.of.items()}]


def _from_json(told: Any) -> "str | Wording":
    if isinstance(told, str):
        return told
    words, of = told
    if not isinstance(words, str) or not isinstance(of, dict):
        raise TypeError("no wording")
    return Wording(words, {name: _from_json(each) for name, each in of.items()})
