"""What an administrator rules, as a form: for the house, or for one person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, pgettext

from companion.accounts.forms import PlainForm, validate_one_line
from companion.accounts.matters import LANGUAGES_OF_WORDS, Tick
from memory import encoder_swap
from memory.models import Fading, HousePolicy, Matter
from memory.models.policy import Policy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MOST = 100_000_000  # of any figure
LONGEST_NAME = 200  # characters of a model's
LONGEST_FOLDER = 500  # characters of an encoder's
MATTERS = {
    Matter.FACTS: (
        gettext_lazy("Facts"),
        gettext_lazy("What people tell of their lives, each with its quote."),
    ),
    Matter.SUMMARIES: (gettext_lazy("Summaries"), gettext_lazy("Of sessions, days and the acquaintance.")),
    Matter.PORTRAIT: (gettext_lazy("Portraits"), gettext_lazy("What is concluded about who somebody is.")),
    Matter.SENSITIVE: (
        gettext_lazy("Sensitive matters"),
        format_lazy(
            gettext_lazy("Health, mind, love, faith, politics, origin, crime, by single words ({languages})."),
            languages=LANGUAGES_OF_WORDS,
        ),
    ),
}
FADINGS = {
    Fading.COMPANION: (
        gettext_lazy("Slowly, over weeks"),
        gettext_lazy("What matters more holds longer; whatever is used holds longer still."),
    ),
    Fading.PAPER: (
        gettext_lazy("Quickly, within days"),
        gettext_lazy("As MemoryBank has it: a day at first, and a day more with each use."),
    ),
}
SIGN_UP = [
    ("", gettext_lazy("As the setting SIGN_UP says")),
    (HousePolicy.SignUp.OPEN.value, gettext_lazy("Everybody")),
    (HousePolicy.SignUp.INVITATION.value, gettext_lazy("Whoever has an invitation")),
    (HousePolicy.SignUp.CLOSED.value, gettext_lazy("Nobody")),
]


def _figure(label: "StrPromise", words: "StrPromise") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, help_text=words, required=False, min_value=1, max_value=MOST, widget=widget)


def _names(lines: str, longest: int) -> list[str]:
    """One a line, each once. Raises ValidationError for one that can't be a name."""
    names = list(dict.fromkeys(line.strip() for line in lines.splitlines() if line.strip()))
    for name in names:
        validate_one_line(name)
        if len(name) > longest:
            raise ValidationError(gettext("One of these is too long to be a model’s name."))
    return names


class PolicyForm(PlainForm):
    """What may be remembered, how long it is kept, which models may speak, how much one may say."""

    keep_days = _figure(
        gettext_lazy("Longest keeping, in days"),
        gettext_lazy("What was said longer ago is erased each night. Empty: no limit."),
    )
    engines = forms.CharField(
        label=gettext_lazy("Models that companions may speak by"),
        help_text=gettext_lazy("One name a line, beside the house’s own. Empty: any that the engine offers."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    messages_a_minute = _figure(
        gettext_lazy("Messages a minute, of one person"), gettext_lazy("Whoever sends more is asked to wait.")
    )
    most_turns = _figure(
        gettext_lazy("Stored turns of one person"),
        gettext_lazy("Whoever has as many must delete before they say more."),
    )

    def __init__(self, *args: Any, policy: Policy, offered: Sequence[str] = (), **kwargs: Any) -> None:
        figures = {name: getattr(policy, name) for name in ("keep_days", "messages_a_minute", "most_turns")}
        super().__init__(*args, initial={**figures, "engines": "\n".join(policy.engines)}, **kwargs)
        if offered:
            told = gettext(
                "One name a line, beside the house’s own. Empty: any that the engine offers. Offered now: %(names)s."
            )
            self.fields["engines"].help_text = told % {"names": pgettext("between names in a list", ", ").join(offered)}
        for matter, (label, words) in MATTERS.items():
            self._add_tick(f"may_{matter.value}", label, words, on=matter not in policy.unkept)
        for fading, (label, words) in FADINGS.items():
            self._add_tick(f"fading_{fading.value}", label, words, on=not policy.fadings or fading in policy.fadings)

    def _add_tick(self, name: str, label: "StrPromise", words: "StrPromise", *, on: bool) -> None:
        self.fields[name] = forms.BooleanField(label=label, help_text=words, required=False, initial=on, widget=Tick())

    @property
    def matters(self) -> list[forms.BoundField]:
        """What may be remembered, as ticks."""
        return [self[f"may_{matter.value}"] for matter in MATTERS]

    @property
    def fadings(self) -> list[forms.BoundField]:
        """Ways of fading, as ticks."""
        return [self[f"fading_{fading.value}"] for fading in FADINGS]

    def clean_engines(self) -> list[str]:
        """The names, each once. Raises ValidationError for one that can't be a name."""
        return _names(self.cleaned_data["engines"], LONGEST_NAME)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where no way of fading is left."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(cleaned.get(f"fading_{fading.value}") for fading in FADINGS):
            raise ValidationError(gettext("Leave at least one way of fading to choose."))
        return cleaned

    def ruled(self) -> dict[str, Any]:
        """The fields of the row."""
        given = self.cleaned_data
        fadings = [fading.value for fading in FADINGS if given[f"fading_{fading.value}"]]
        return {
            "unkept": [matter.value for matter in MATTERS if not given[f"may_{matter.value}"]],
            "fadings": fadings if len(fadings) < len(FADINGS) else [],
            **{name: given[name] for name in ("keep_days", "engines", "messages_a_minute", "most_turns")},
        }


class HousePolicyForm(PolicyForm):
    """The same, which encoders may be used, and who may come in."""

    encoders = forms.CharField(
        label=gettext_lazy("Encoders that may be used"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    sign_up = forms.ChoiceField(
        label=gettext_lazy("Who may sign up"),
        required=False,
        choices=SIGN_UP,
    )

    def __init__(self, *args: Any, policy: HousePolicy, **kwargs: Any) -> None:
        super().__init__(*args, policy=policy, **kwargs)
        self.fields["sign_up"].initial = policy.sign_up
        self.fields["encoders"].initial = "\n".join(policy.encoders)
        told = gettext("One name or folder a line, as for ENCODER. In use is %(name)s. Empty: any.")
        self.fields["encoders"].help_text = told % {"name": encoder_swap.in_use()}

    def clean_encoders(self) -> list[str]:
        """The names, each once. Raises ValidationError where the one in use is left out: nothing could be recalled."""
        names = _names(self.cleaned_data["encoders"], LONGEST_FOLDER)
        encoder_swap.look_again()
        if names and (in_use := encoder_swap.in_use()) not in names:
            told = gettext(
                "%(name)s is in use. Go over to another first (manage.py reencode --encoder NAME), then leave it out."
            )
            raise ValidationError(told % {"name": in_use})
        return names

    def ruled(self) -> dict[str, Any]:
        """The fields of the row."""
        return super().ruled() | {name: self.cleaned_data[name] for name in ("encoders", "sign_up")}
