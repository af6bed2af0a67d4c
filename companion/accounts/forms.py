"""Forms of accounts: allauth's, with plain errors beside the fields and nothing that cannot be stored."""

import re
from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from companion.accounts import admission
from companion.accounts.models import Invitation, Person, known_time_zones

LONGEST_EMAIL = 254
LONGEST_PASSWORD = 256
# NUL and lone surrogates are refused by PostgreSQL; U+FFFD is what Django makes of bytes that are no UTF-8.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff\ufffd]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOW_TO_CHOOSE = "Twelve characters or more; a sentence is easiest to keep."


def validate_keepable(text: str) -> None:
    """Refuse what cannot be kept as it was typed; raises ValidationError."""
    if UNKEEPABLE.search(text):
        raise ValidationError("There is a character in it that cannot be kept. Please type it again.")


def validate_one_line(text: str) -> None:
    """Refuse control characters, also those that would turn the rest of a line around; raises ValidationError."""
    if CONTROL.search(text):
        raise ValidationError("Please use letters only, without line breaks or control characters.")


class TimeZoneField(forms.CharField):
    """The browser's IANA zone, filled in by the page's script; one we don't know is `otherwise`, never an error."""

    def __init__(self, *, otherwise: str) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)
        self.otherwise = otherwise

    def clean(self, value: Any) -> str:
        """The zone's name if we know it."""
        return value if isinstance(value, str) and value in known_time_zones() else self.otherwise


class PlainForm(forms.Form):
    """Fields in the house's style. The first that is wrong gets the focus."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.CharField) and not isinstance(field, TimeZoneField):
                field.validators = [validate_keepable, *field.validators]
            field.error_messages["required"] = "Please fill this in."
            if not field.widget.is_hidden:
                field.widget.attrs["class"] = "input"

    def full_clean(self) -> None:
        """As Django's, then put the focus on the first field with an error."""
        super().full_clean()
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong:
            self.fields[wrong].widget.attrs["autofocus"] = True

    def _address(self, name: str) -> None:
        _limit(self.fields[name], LONGEST_EMAIL)
        self.fields[name].label = "Email"
        self.fields[name].widget.attrs["autocomplete"] = "username"

    def _new_password(self, label: str) -> None:
        """One field is enough: it can be shown, and reset."""
        self.fields.pop("password2", None)
        _limit(self.fields["password1"], LONGEST_PASSWORD)
        self.fields["password1"].label = label
        self.fields["password1"].help_text = HOW_TO_CHOOSE
        self.fields["password1"].widget.attrs["minlength"] = 12

    def _old_password(self, name: str, label: str) -> None:
        _limit(self.fields[name], LONGEST_PASSWORD)
        self.fields[name].label = label
        self.fields[name].help_text = ""


def _limit(field: forms.Field, length: int) -> None:
    """Nothing longer than `length` characters, in the browser and here."""
    if isinstance(field, forms.CharField):
        field.max_length = length
        field.widget.attrs["maxlength"] = length
        field.validators.append(forms.CharField(max_length=length).validators[0])


class SignUpForm(PlainForm, allauth.SignupForm):
    """Name, address, one password; and the set-up token where becoming the administrator takes one."""

    name = forms.CharField(max_length=60, label="Your name", validators=[validate_one_line])
    token = forms.CharField(max_length=200, required=False, label="Set-up token")
    time_zone = TimeZoneField(otherwise="UTC")
    field_order = ("token", "name", "email", "password1", "time_zone")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        self._address("email")
        self._new_password("Password")
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        if admission.needs_token(request):
            self.fields["token"].help_text = "It stands where Rosemary was started: “make up” prints it."
            self.fields["token"].widget.attrs["autocomplete"] = "off"
            self.fields["token"].required = self.fields["token"].widget.is_required = True
        else:
            del self.fields["token"]

    def clean_token(self) -> str:
        """Only the right token goes on."""
        token: str = self.cleaned_data["token"]
        if not admission.is_token(token):
            raise ValidationError("This is not the set-up token. It stands where Rosemary was started.")
        return token

    def try_save(self, request: HttpRequest) -> tuple[Person | None, HttpResponse | None]:
        """Make the account whole or not at all; raises NotAdmitted, or ValidationError for an address just taken."""
        try:
            with transaction.atomic():
                saved: tuple[Person | None, HttpResponse | None] = super().try_save(request)
                return saved
        except IntegrityError:
            self.validate_unique_email(self.cleaned_data["email"])
            raise

    def signup(self, request: HttpRequest, user: Person) -> None:
        """What is ours of a new account, beside address and password."""
        user.name = self.cleaned_data["name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["name", "time_zone"])
        admission.settle(person=user, request=request, token=self.cleaned_data.get("token", ""))


class SignInForm(PlainForm, allauth.LoginForm):
    """Address and password."""

    user: Person | None
    time_zone = TimeZoneField(otherwise="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address("login")
        self._old_password("password", "Password")

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in, in the zone the browser is in now."""
        if self.user is not None:
            self.user.follow_time_zone(self.cleaned_data["time_zone"])
        response: HttpResponse = super().login(request, redirect_url)
        return response


class ResetPasswordForm(PlainForm, allauth.ResetPasswordForm):
    """Asks for the address to send a link to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address("email")


class ResetPasswordKeyForm(PlainForm, allauth.ResetPasswordKeyForm):
    """The new password, behind the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._new_password("New password")


class ChangePasswordForm(PlainForm, allauth.ChangePasswordForm):
    """The password they have, and the one they want."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._old_password("oldpassword", "Current password")
        self._new_password("New password")


class SetPasswordForm(PlainForm, allauth.SetPasswordForm):
    """A first password, for an account that was made without one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._new_password("Password")


class ReauthenticateForm(PlainForm, allauth.ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._old_password("password", "Password")


class PreferencesForm(PlainForm):
    """What the companion calls them, and where their days begin."""

    name = forms.CharField(max_length=60, label="Your name", validators=[validate_one_line])
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="A day with you begins and ends by this clock."
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        chosen = person.time_zone if person.time_zone_chosen else ""
        super().__init__(*args, initial={"name": person.name, "time_zone": chosen}, **kwargs)
        self.person = person
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        follow = ("", f"Follow my browser (now {_spaced(person.time_zone)})")
        zones = ((zone, _spaced(zone)) for zone in sorted(known_time_zones()))
        self.fields["time_zone"].choices = [follow, *zones]  # type: ignore[attr-defined]

    def save(self) -> None:
        """Keep both. Without a choice, the zone they have stays until the browser names another at sign-in."""
        chosen = self.cleaned_data["time_zone"]
        self.person.name = self.cleaned_data["name"]
        self.person.time_zone_chosen = bool(chosen)
        self.person.time_zone = chosen or self.person.time_zone
        self.person.save(update_fields=["name", "time_zone", "time_zone_chosen"])


def _spaced(zone: str) -> str:
    return zone.replace("_", " ")


class InvitationForm(PlainForm):
    """Whom an invitation is meant for: a note, so that the list can be read."""

    made_for = forms.CharField(
        max_length=Invitation._meta.get_field("made_for").max_length,
        required=False,
        label="For whom",
        help_text="A note for this list only.",
        validators=[validate_one_line],
    )
