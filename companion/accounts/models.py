"""The person: who signs in, and in whose time zone their days are counted. And the invitations to become one."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

NO_ZONES = {"Factory", "localtime"}
INVITATION_LASTS = timedelta(days=14)


@cache
def known_time_zones() -> frozenset[str]:
    """Every IANA name that this machine can count days in, without those that stand for no place or for any."""
    return frozenset(available_timezones() - NO_ZONES)


def validate_time_zone(name: str) -> None:
    """Only IANA names that this machine knows; anything else raises ValidationError."""
    if name not in known_time_zones():
        raise ValidationError(
            gettext_lazy("“%(name)s” is not a time zone we know, such as Europe/Lisbon."), params={"name": name}
        )


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
    language = models.CharField(max_length=16, blank=True, default="", help_text="chosen by hand; empty: the browser's")
    browser_language = models.CharField(max_length=16, blank=True, default="", help_text="as it last asked for pages")

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

    @property
    def speaks(self) -> str:
        """The language they are spoken to in: chosen, or their browser's; one that is here no more is English."""
        wanted = self.language or self.browser_language
        return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def follow_language(self, code: str) -> None:
        """Note the language of their browser, which counts unless they chose one by hand."""
        if code == (self.browser_language or settings.LANGUAGE_CODE):
            return
        self.browser_language = code
        self.save(update_fields=["browser_language"])


class Departure(models.Model):
    """Somebody leaves, or has left: the receipt of what went, which outlives their account. No words, no name."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code in the link")
    leaver = models.BigIntegerField(unique=True, help_text="the number that their account has, or had")
    erasure = models.BigIntegerField(help_text="what takes them; until it is due it can be taken back")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text="rows that went, by what they were")

    def __str__(self) -> str:
        return f"departure {self.pk} of {self.leaver}"


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
