"""What a companion may remember, as ticks of a form; and the manners there are to choose from."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, override, pgettext

from companion.operations.languages import ENGLISH
from memory import sensitive
from memory.models import Matter

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def _languages() -> str:
    """Of sensitive words: “English, Chinese”."""
    return pgettext("between names in a list", ", ").join(gettext(known.LANGUAGE) for known in sensitive.LANGUAGES)


LANGUAGES_OF_WORDS = lazy(_languages, str)()
MATTERS = (
    (
        Matter.FACTS,
        gettext_lazy("What you tell it"),
        gettext_lazy("Facts and events: names, dates, promises, what you like."),
    ),
    (
        Matter.SUMMARIES,
        gettext_lazy("The shape of your days"),
        gettext_lazy("Short summaries, so that “last week” means something."),
    ),
    (
        Matter.PORTRAIT,
        gettext_lazy("A portrait of you"),
        gettext_lazy("Traits and moods, to answer you better. You can read and correct every line."),
    ),
    (
        Matter.SENSITIVE,
        gettext_lazy("Sensitive matters"),
        format_lazy(
            gettext_lazy(
                "Health, mind, love, faith, politics, origin, crime, known by single words ({languages}). Off, what "
                "you say of them is answered and kept in the conversation, and nothing is made of it."
            ),
            languages=LANGUAGES_OF_WORDS,
        ),
    ),
)

RULED_OUT = gettext_lazy("Whoever looks after this house has switched this off for you.")


class Manner(NamedTuple):
    """A way of speaking: its name, and the words that a companion is told."""

    name: "StrPromise"
    words: "StrPromise"


MANNERS = (
    Manner(
        gettext_lazy("Warm and brief"),
        gettext_lazy("Warm, attentive and brief: a few sentences, as a friend would answer."),
    ),
    Manner(
        gettext_lazy("Plain and exact"),
        gettext_lazy("Plain and exact: say what is known and what is not, without decoration."),
    ),
    Manner(gettext_lazy("Playful"), gettext_lazy("Playful and light, with humour that never hurts.")),
)


def as_kept(manner: str) -> str:
    """What a companion is told: a manner of ours in English, as all that an engine reads; other words as they are."""
    ours = next((each for each in MANNERS if str(each.words) == manner.strip()), None)
    return in_english(ours) if ours else manner


def as_shown(manner: str) -> str:
    """What a person reads: a manner of ours in their language; other words as they are."""
    return next((str(each.words) for each in MANNERS if in_english(each) == manner), manner)


def in_english(manner: Manner) -> str:
    """Its words as they are kept, whatever the language of the page."""
    with override(ENGLISH):
        return str(manner.words)


class Tick(forms.CheckboxInput):
    """A tick in the house's look."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "tick"})


class Ticks:
    """A form with a tick for each matter that may be remembered."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_matters(self, unkept: Iterable[str] = (), ruled: Collection[str] = ()) -> None:
        """All ticked but these; what the house has `ruled` out can't be ticked, and their own choice of it stays."""
        self._unkept, self._ruled = set(unkept), set(ruled)
        for matter, label, words in MATTERS:
            self.fields[matter.value] = forms.BooleanField(
                required=False,
                label=label,
                help_text=RULED_OUT if matter in self._ruled else words,
                widget=Tick(),
                initial=matter not in self._unkept | self._ruled,
                disabled=matter in self._ruled,
            )

    @property
    def matters(self) -> list[forms.BoundField]:
        """The ticks, in order."""
        return [self[matter.value] for matter, *_ in MATTERS]  # type: ignore[index]

    def unkept(self) -> list[Matter]:
        """What they switched off themselves."""
        return [
            matter
            for matter, *_ in MATTERS
            if (matter in self._unkept if matter in self._ruled else not self.cleaned_data[matter.value])
        ]
