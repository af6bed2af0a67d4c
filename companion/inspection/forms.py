"""What inspection asks for: a reason, a question to try, whom to give which role."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from companion.accounts.forms import PlainForm, validate_one_line
from companion.accounts.models import Person
from companion.inspection.models import REASON_AT_LEAST, Role
from companion.inspection.trial import COMPARED, Configuration
from memory import clock
from memory.recall import varied

OWN_WEIGHTS = re.compile(r"\s*([a-z_]+)\s*=\s*(-?\d+(?:\.\d+)?)\s*(?:,|\s|$)")


class ReasonForm(PlainForm):
    """Why somebody's memories are to be read. It can't be changed afterwards."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "minlength": REASON_AT_LEAST}),
        label=gettext_lazy("Reason"),
        help_text=format_lazy(
            gettext_lazy("At least {count} characters. It is kept in the record and cannot be changed afterwards."),
            count=REASON_AT_LEAST,
        ),
    )

    def clean_reason(self) -> str:
        """On one line. Raises ValidationError where it says too little."""
        reason = " ".join(self.cleaned_data["reason"].split())
        validate_one_line(reason)
        if len(reason) < REASON_AT_LEAST:
            told = gettext("Please say it in %(count)s characters or more; they will read it.")
            raise ValidationError(told % {"count": REASON_AT_LEAST})
        return reason


class AppointForm(PlainForm):
    """Who is to have which role."""

    email = forms.EmailField(
        label=gettext_lazy("Email"), help_text=gettext_lazy("Of somebody who has an account here.")
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[*Role.choices, ("none", gettext_lazy("None"))])

    def clean_email(self) -> Person:
        """The person. Raises ValidationError where there is none."""
        person = Person.objects.filter(email__iexact=self.cleaned_data["email"]).first()
        if person is None:
            raise ValidationError(gettext("Nobody has an account with this address."))
        return person

    def clean_role(self) -> Role | None:
        """The role; None takes it away."""
        role = self.cleaned_data["role"]
        return None if role == "none" else Role(role)


class TryForm(PlainForm):
    """A question to try, as of a moment on the person's clock, and what to compare it with."""

    question = forms.CharField(max_length=2000, label=gettext_lazy("Question to try"))
    as_of = forms.DateTimeField(
        required=False,
        label=gettext_lazy("As of"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("On their clock; empty is now."),
    )
    compare = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Compare with"),
        choices=[("", gettext_lazy("Nothing")), *((key, c.name) for key, c in COMPARED.items())],
    )
    weights = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("Own weights"),
        help_text=gettext_lazy("Such as: tokens=10, said_then=0"),
    )
    companion = forms.TypedChoiceField(
        required=False, label=pgettext_lazy("a companion", "With"), coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, person: Person, companions: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(person.time_zone)
        self.fields["companion"].choices = companions  # type: ignore[attr-defined]
        if len(companions) == 1:
            self.fields["companion"].widget = forms.HiddenInput()

    def clean_as_of(self) -> datetime:
        """A moment on the person's own clock. Raises ValidationError beyond what the calendar of dates holds."""
        given: datetime | None = self.cleaned_data["as_of"]
        if given is None:
            return clock.local(clock.now(), self.zone.key)
        if not 1970 <= given.year < 2200:
            raise ValidationError(gettext("Please name a day between 1970 and 2200."))
        return given.replace(tzinfo=self.zone)  # Django read it on the zone of whoever typed it

    def clean(self) -> dict[str, Any]:
        """With `configuration`, the other one. Raises ValidationError where the own weights can't be read."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["configuration"] = self._configuration(cleaned.get("compare", ""), cleaned.get("weights", ""))
        return cleaned

    def _configuration(self, compare: str, weights: str) -> Configuration | None:
        if weights.strip():
            changes = {name: float(value) for name, value in OWN_WEIGHTS.findall(weights)}
            if OWN_WEIGHTS.sub("", weights).strip():
                raise ValidationError({"weights": gettext("Please write it as: tokens=10, said_then=0")})
            try:
                varied(changes)
            except KeyError as unknown:
                told = gettext("There is no part called %(name)s.") % {"name": unknown.args[0]}
                raise ValidationError({"weights": told}) from unknown
            return Configuration(gettext_lazy("own weights"), changes)
        return COMPARED.get(compare)
