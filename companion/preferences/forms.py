"""Forms of the preferences: what may be remembered and how it fades, companions, a file to import, a password."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from companion.accounts.forms import LONGEST_PASSWORD, PlainForm, validate_one_line
from companion.accounts.house_engine import EngineFields
from companion.accounts.matters import MANNERS, Tick, Ticks, as_kept, as_shown
from companion.accounts.models import Person
from memory.models import Companion, Fading, Preference
from memory.policy import Ruled
from worker.engines.chosen import Choice

LARGEST_FILE = 50_000_000  # bytes of an import


class JoiningForm(PlainForm):
    """Whether companions share what they remember."""

    joined = forms.BooleanField(
        required=False,
        label=gettext_lazy("My companions share their memories"),
        help_text=gettext_lazy(
            "On, each recalls what you said to the others, and knows their summaries and portraits. Off, each knows "
            "only what you said to it. Nobody else’s companion ever knows anything of yours."
        ),
        widget=Tick(),
    )

    def __init__(self, *args: Any, preference: Preference, **kwargs: Any) -> None:
        super().__init__(*args, initial={"joined": preference.joined}, **kwargs)
        self.fields["joined"].widget.attrs["class"] = "tick"


class RememberingForm(Ticks, PlainForm):
    """What may be remembered, and how fast it fades."""

    fading = forms.ChoiceField(choices=[(one.value, one.label) for one in Fading], required=False)

    def __init__(self, *args: Any, preference: Preference, ruled: Ruled, **kwargs: Any) -> None:
        initial = {"fading": preference.fading}
        super().__init__(*args, initial=initial, **kwargs)
        self.add_matters(preference.unkept, ruled.unkept)
        self.fields["fading"].choices = [(one.value, one.label) for one in Fading if one in ruled.fadings]  # type: ignore[attr-defined]

    def chosen_fading(self) -> Fading | None:
        """The preset, where one is chosen."""
        return Fading(self.cleaned_data["fading"]) if self.cleaned_data["fading"] else None


class CompanionForm(Ticks, PlainForm):
    """A companion: name, manner, the model it speaks by, and what it may remember."""

    name = forms.CharField(max_length=60, label=gettext_lazy("Its name"), validators=[validate_one_line])
    manner = forms.CharField(
        max_length=1200,
        required=False,
        label=gettext_lazy("Its manner"),
        help_text=gettext_lazy("In your own words: how it should speak with you."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    engine = forms.ChoiceField(label=gettext_lazy("The language model it speaks by"), required=False)

    def __init__(
        self, *args: Any, companion: Companion | None = None, models: list[str], ruled: Ruled, **kwargs: Any
    ) -> None:
        known = companion or Companion(name="", manner=str(MANNERS[0].words))
        initial = {"name": known.name, "manner": as_shown(known.manner), "engine": known.engine}
        super().__init__(*args, initial=initial, **kwargs)
        self.add_matters(known.unkept, ruled.unkept)
        named = [name for name in dict.fromkeys([*models, *filter(None, [known.engine])]) if ruled.lets_speak(name)]
        self.fields["engine"].choices = [("", gettext("The house’s own")), *((name, name) for name in named)]  # type: ignore[attr-defined]

    def clean_manner(self) -> str:
        """As the companion is told it."""
        return as_kept(self.cleaned_data["manner"])


class EngineForm(EngineFields, PlainForm):
    """Which language model speaks in this house."""

    def __init__(self, *args: Any, before: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_engine(before)

    def clean(self) -> dict[str, Any]:
        """An address is tried, unless its administrator keeps it all the same."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self.try_engine(anyway="anyway" in self.data)
        return cleaned


class ImportForm(PlainForm):
    """A file to bring back what was said elsewhere."""

    file = forms.FileField(
        label=gettext_lazy("The file"),
        help_text=gettext_lazy("As Rosemary exports it: one JSON object a line. At most 50 MB."),
        widget=forms.FileInput(attrs={"accept": ".jsonl,.ndjson,.json,application/x-ndjson"}),
    )

    def clean_file(self) -> Any:
        """Not larger than what is read at once."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                gettext("The file is larger than 50 MB. Split it: lines may go in any number of files.")
            )
        return file


class LeaveForm(PlainForm):
    """The password once more."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        """Only theirs goes on."""
        password: str = self.cleaned_data["password"]
        if not self.person.check_password(password):
            raise forms.ValidationError(gettext("This is not your password."))
        return password
