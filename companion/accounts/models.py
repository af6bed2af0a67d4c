"""The person: who signs in, and in whose time zone their days are counted."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models


def validate_time_zone(name: str) -> None:
    """Only IANA names that this machine knows; anything else raises ValidationError."""
    if name not in available_timezones():
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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[People] = People()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.email

    @property
    def called(self) -> str:
        """Their name, or else the part of the address that stands for it."""
        return self.name or self.email.partition("@")[0]
