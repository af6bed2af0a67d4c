"""The person: who signs in, and in whose time zone their days are counted. And the invitations to become one."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

INVITATION_LASTS = timedelta(days=14)


@cache
def known_time_zones() -> frozenset[str]:
    """Every IANA name that this machine can count days in."""
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Only IANA names that this machine knows; anything else raises ValidationError."""
    if name not in known_time_zones():
        raise ValidationError("“%(name)s” is not a time zone we know, such as Europe/Lisbon.", params={"name": name})


class People(BaseUserManager["Person"]):
    """Makes people by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A person who can sign in with this address, kept in lower case."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """An administrator."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class Person(AbstractUser):
    """Somebody who talks with a companion; they sign in by e-mail."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=60, blank=True, default="", help_text="what the companion calls them")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    time_zone_chosen = models.BooleanField(default=False, help_text="by hand; the browser's no longer counts")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[People] = People()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "people"
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="person_email_in_any_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def called(self) -> str:
        """Their name, or else the part of the address that stands for it."""
        return self.name or self.email.partition("@")[0]

    def follow_time_zone(self, name: str) -> None:
        """Move to the zone their browser is in, unless they chose one by hand; a name we don't know moves nobody."""
        if self.time_zone_chosen or name == self.time_zone or name not in known_time_zones():
            return
        self.time_zone = name
        self.save(update_fields=["time_zone"])


class Invitations(models.QuerySet["Invitation"]):
    """Sets of invitations."""

    def open(self, *, at: datetime) -> "Invitations":
        """Those that still let somebody in."""
        return self.filter(used_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """Lets one newcomer sign up, once. Whoever reads this table learns no code: it keeps their digests only."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code in the link")
    made_for = models.CharField(max_length=80, blank=True, default="", help_text="a note of whom it is meant for")
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="invitations")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.OneToOneField(Person, null=True, on_delete=models.SET_NULL, related_name="invited_by")
    used_at = models.DateTimeField(null=True)

    objects = Invitations.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return f"invitation {self.pk} for {self.made_for or 'somebody'}"

    @staticmethod
    def new_code() -> str:
        """A code nobody guesses (192 bits), fit for a link."""
        return secrets.token_urlsafe(24)

    @staticmethod
    def digest_of(code: str) -> str:
        """What is kept of a code."""
        return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()

    def state(self, at: datetime) -> str:
        """open, used or expired."""
        if self.used_at is not None:
            return "used"
        return "open" if self.expires_at > at else "expired"
