"""Forms of accounts."""

from django import forms
from django.http import HttpRequest

from companion.accounts.models import Person


class SignUpForm(forms.Form):
    """What sign-up asks beside address and password."""

    name = forms.CharField(max_length=60, label="Your name")

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Keep what the form asked beside address and password."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
