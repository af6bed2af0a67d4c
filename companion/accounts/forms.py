"""Forms of accounts: allauth's, with plain errors beside the fields and nothing that cannot be stored."""

import re
from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from companion.accounts import admission
from companion.accounts.house_engine import EngineFields
from companion.accounts.matters import MANNERS, MATTERS, Ticks, in_english
from companion.accounts.models import Invitation, Person, known_time_zones
from memory import policy
from worker.engines import chosen
from worker.engines.trial import NoEngine

LONGEST_EMAIL = 254
LONGEST_PASSWORD = 256
# NUL and lone surrogates are refused by PostgreSQL; U+FFFD is what Django makes of bytes that are no UTF-8.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff\ufffd]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOW_TO_CHOOSE = gettext_lazy("Twelve characters or more; a sentence is easiest to keep.")


def validate_keepable(text: str) -> None:
    """Refuse what cannot be kept as it was typed; raises ValidationError."""
    if UNKEEPABLE.search(text):
        raise ValidationError(gettext("There is a character in it that cannot be kept. Please type it again."))


def validate_one_line(text: str) -> None:
    """Refuse control characters, also those that would turn the rest of a line around; raises ValidationError."""
    if CONTROL.search(text):
        raise ValidationError(gettext("Please use letters only, without line breaks or control characters."))


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
            field.error_messages["required"] = gettext("Please fill this in.")
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
        self.fields[name].label = gettext("Email")
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


class SignUpForm(EngineFields, Ticks, PlainForm, allauth.SignupForm):
    """Name, address, one password; and the set-up token where becoming the administrator takes one.

    The first account also names its companion, says what that may remember, and which language model speaks for it;
    all can be changed later.
    """

    name = forms.CharField(max_length=60, label=gettext_lazy("Your name"), validators=[validate_one_line])
    token = forms.CharField(max_length=200, required=False, label=gettext_lazy("Set-up token"))
    time_zone = TimeZoneField(otherwise="UTC")
    engine_trouble = ""  # why the address of a language model is not kept
    field_order = ("token", "name", "email", "password1", "time_zone")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        self.ruled = policy.together(policy.of_house())
        super().__init__(*args, **kwargs)
        self._address("email")
        self._new_password(gettext("Password"))
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        if admission.is_first():
            self._companion()
        if admission.needs_token(request):
            self.fields["token"].help_text = gettext("It stands where Rosemary was started: “make up” prints it.")
            self.fields["token"].widget.attrs["autocomplete"] = "off"
            self.fields["token"].required = self.fields["token"].widget.is_required = True
        else:
            del self.fields["token"]

    def _companion(self) -> None:
        manners = [(in_english(manner), manner.name) for manner in MANNERS]
        self.fields["companion"] = forms.CharField(
            label=gettext("Its name"),
            max_length=60,
            required=False,
            initial=admission.DEFAULT_NAME,
            validators=[validate_keepable, validate_one_line],
        )
        self.fields["manner"] = forms.ChoiceField(label=gettext("Its manner"), required=False, choices=manners)
        self.fields["ticked"] = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)
        for name in ("companion", "manner"):
            self.fields[name].widget.attrs["class"] = "input"
        self.fields["companion"].widget.attrs["autocomplete"] = "off"
        self.add_matters(ruled=self.ruled.unkept)
        self.add_engine()

    @property
    def ruled_out(self) -> list[str]:
        """What the house lets nobody have remembered, in words, where there are no ticks to tell it by."""
        told = [] if "ticked" in self.fields else MATTERS
        return [str(label) for matter, label, _ in told if matter in self.ruled.unkept]

    def clean(self) -> dict[str, Any]:
        """An address is tried last, and only for whoever may come in.

        One that fails is no error of this form: it would cost the password, which no page may show again.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.engine_choice = self.chosen_engine()
            except NoEngine as why:
                self.engine_trouble = str(why)
        return cleaned

    def clean_token(self) -> str:
        """Only the right token goes on."""
        token: str = self.cleaned_data["token"]
        if not admission.is_token(token):
            raise ValidationError(gettext("This is not the set-up token. It stands where Rosemary was started."))
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
        unkept = self.unkept() if self.cleaned_data.get("ticked") else []
        companion = {name: self.cleaned_data.get(name, "") for name in ("companion", "manner")}
        token = self.cleaned_data.get("token", "")
        admission.settle(person=user, request=request, token=token, unkept=unkept, **companion)
        if user.is_staff and self.engine_choice is not None:
            chosen.choose(self.engine_choice)


class SignInForm(PlainForm, allauth.LoginForm):
    """Address and password."""

    user: Person | None
    time_zone = TimeZoneField(otherwise="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address("login")
        self._old_password("password", gettext("Password"))

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
        self._new_password(gettext("New password"))


class ChangePasswordForm(PlainForm, allauth.ChangePasswordForm):
    """The password they have, and the one they want."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._old_password("oldpassword", gettext("Current password"))
        self._new_password(gettext("New password"))


class SetPasswordForm(PlainForm, allauth.SetPasswordForm):
    """A first password, for an account that was made without one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._new_password(gettext("Password"))


class ReauthenticateForm(PlainForm, allauth.ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._old_password("password", gettext("Password"))


class PreferencesForm(PlainForm):
    """What the companion calls them, where their days begin, and in which language it speaks to them."""

    name = forms.CharField(max_length=60, label=gettext_lazy("Your name"), validators=[validate_one_line])
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("A day with you begins and ends by this clock."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        chosen = person.time_zone if person.time_zone_chosen else ""
        initial = {"name": person.name, "time_zone": chosen, "language": person.language}
        super().__init__(*args, initial=initial, **kwargs)
        self.person = person
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        follow = ("", gettext("Follow my browser (now %(zone)s)") % {"zone": _spaced(person.time_zone)})
        zones = ((zone, _spaced(zone)) for zone in _offered_zones(chosen))
        self.fields["time_zone"].choices = [follow, *zones]  # type: ignore[attr-defined]
        languages = [("", gettext("Follow my browser")), *settings.LANGUAGES]  # each by its own name for itself
        self.fields["language"].choices = languages  # type: ignore[attr-defined]

    def save(self) -> None:
        """Keep all. Without a choice, the zone they have stays until the browser names another at sign-in."""
        chosen = self.cleaned_data["time_zone"]
        self.person.name = self.cleaned_data["name"]
        self.person.time_zone_chosen = bool(chosen)
        self.person.time_zone = chosen or self.person.time_zone
        self.person.language = self.cleaned_data["language"]
        self.person.save(update_fields=["name", "time_zone", "time_zone_chosen", "language"])


def _offered_zones(chosen: str) -> list[str]:
    """Those named by a place, without the shorthands of old (“GB”, “Etc/GMT-14”); and the one that was chosen."""
    places = {zone for zone in known_time_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/"))}
    return sorted(places | {"UTC"} | ({chosen} & known_time_zones()))


def _spaced(zone: str) -> str:
    return zone.replace("_", " ")


class InvitationForm(PlainForm):
    """Whom an invitation is meant for: a note, so that the list can be read."""

    made_for = forms.CharField(
        max_length=Invitation._meta.get_field("made_for").max_length,
        required=False,
        label=gettext_lazy("For whom"),
        help_text=gettext_lazy("A note for this list only."),
        validators=[validate_one_line],
    )
