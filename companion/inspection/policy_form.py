"""What an administrator rules, as a form: for the house, or for one person."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy

from companion.accounts.forms import PlainForm, validate_one_line
from companion.accounts.matters import LANGUAGES_OF_WORDS, Tick
from memory import encoder_swap
from memory.models import Fading, HousePolicy, Matter
from memory.models.policy import Policy

MOST = 100_000_000  # of any figure
LONGEST_NAME = 200  # characters of a model's
LONGEST_FOLDER = 500  # characters of an encoder's
MATTERS = {
    Matter.FACTS: ("Facts", "What people tell of their lives, each with its quote."),
    Matter.SUMMARIES: ("Summaries", "Of sessions, days and the acquaintance."),
    Matter.PORTRAIT: ("Portraits", "What is concluded about who somebody is."),
    Matter.SENSITIVE: (
        "Sensitive matters",
        format_lazy(
            "Health, mind, love, faith, politics, origin, crime, by single words ({languages}).",
            languages=LANGUAGES_OF_WORDS,
        ),
    ),
}
FADINGS = {
    Fading.COMPANION: ("Slowly, over weeks", "What matters more holds longer; whatever is used holds longer still."),
    Fading.PAPER: ("Quickly, within days", "As MemoryBank has it: a day at first, and a day more with each use."),
}
SIGN_UP = [
    ("", "As the setting SIGN_UP says"),
    (HousePolicy.SignUp.OPEN.value, "Everybody"),
    (HousePolicy.SignUp.INVITATION.value, "Whoever has an invitation"),
    (HousePolicy.SignUp.CLOSED.value, "Nobody"),
]


def _figure(label: str, words: str) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, help_text=words, required=False, min_value=1, max_value=MOST, widget=widget)


def _names(lines: str, longest: int) -> list[str]:
    """One a line, each once. Raises ValidationError for one that can't be a name."""
    names = list(dict.fromkeys(line.strip() for line in lines.splitlines() if line.strip()))
    for name in names:
        validate_one_line(name)
        if len(name) > longest:
            raise ValidationError("One of these is too long to be a model’s name.")
    return names


class PolicyForm(PlainForm):
    """What may be remembered, how long it is kept, which models may speak, how much one may say."""

    keep_days = _figure("Longest keeping, in days", "What was said longer ago is erased each night. Empty: no limit.")
    engines = forms.CharField(
        label="Models that companions may speak by",
        help_text="One name a line, beside the house’s own. Empty: any that the engine offers.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    messages_a_minute = _figure("Messages a minute, of one person", "Whoever sends more is asked to wait.")
    most_turns = _figure("Stored turns of one person", "Whoever has as many must delete before they say more.")

    def __init__(self, *args: Any, policy: Policy, offered: Sequence[str] = (), **kwargs: Any) -> None:
        figures = {name: getattr(policy, name) for name in ("keep_days", "messages_a_minute", "most_turns")}
        super().__init__(*args, initial={**figures, "engines": "\n".join(policy.engines)}, **kwargs)
        if offered:
            self.fields["engines"].help_text += f" Offered now: {', '.join(offered)}."
        for matter, (label, words) in MATTERS.items():
            self._add_tick(f"may_{matter.value}", label, words, on=matter not in policy.unkept)
        for fading, (label, words) in FADINGS.items():
            self._add_tick(f"fading_{fading.value}", label, words, on=not policy.fadings or fading in policy.fadings)

    def _add_tick(self, name: str, label: str, words: str, *, on: bool) -> None:
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
            raise ValidationError("Leave at least one way of fading to choose.")
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
        label="Encoders that may be used",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    sign_up = forms.ChoiceField(
        label="Who may sign up",
        required=False,
        choices=SIGN_UP,
    )

    def __init__(self, *args: Any, policy: HousePolicy, **kwargs: Any) -> None:
        super().__init__(*args, policy=policy, **kwargs)
        self.fields["sign_up"].initial = policy.sign_up
        self.fields["encoders"].initial = "\n".join(policy.encoders)
        in_use = f"In use is {encoder_swap.in_use()}."
        self.fields["encoders"].help_text = f"One name or folder a line, as for ENCODER. {in_use} Empty: any."

    def clean_encoders(self) -> list[str]:
        """The names, each once. Raises ValidationError where the one in use is left out: nothing could be recalled."""
        names = _names(self.cleaned_data["encoders"], LONGEST_FOLDER)
        encoder_swap.look_again()
        if names and (in_use := encoder_swap.in_use()) not in names:
            raise ValidationError(
                f"{in_use} is in use. Go over to another first (manage.py reencode --encoder NAME), then leave it out."
            )
        return names

    def ruled(self) -> dict[str, Any]:
        """The fields of the row."""
        return super().ruled() | {name: self.cleaned_data[name] for name in ("encoders", "sign_up")}
