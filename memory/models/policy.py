"""What the installation allows: one row for the house, and at most one for a person; the stricter of both holds."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from memory.models.owned import OwnedModel
from memory.models.preference import Fading, Matter


class Policy(models.Model):
    """What an administrator rules. Everything that is empty rules nothing."""

    unkept = ArrayField(
        models.CharField(max_length=9, choices=Matter.choices), default=list, help_text="what may not be remembered"
    )
    fadings = ArrayField(
        models.CharField(max_length=9, choices=Fading.choices), default=list, help_text="ways of fading to choose from"
    )
    keep_days = models.PositiveIntegerField(null=True, help_text="days after which what was said is erased")
    engines = ArrayField(
        models.CharField(max_length=200), default=list, help_text="models that companions may speak by"
    )
    messages_a_minute = models.PositiveIntegerField(null=True, help_text="of a person")
    most_turns = models.PositiveIntegerField(null=True, help_text="that may be stored of a person")
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True


class HousePolicy(Policy):
    """The row of the installation, which belongs to nobody."""

    class SignUp(models.TextChoices):
        """Who may come in."""

        OPEN = "open"
        INVITATION = "invitation"
        CLOSED = "closed"

    only = models.BooleanField(primary_key=True, default=True)
    sign_up = models.CharField(
        max_length=10, choices=SignUp.choices, blank=True, default="", help_text="empty: as SIGN_UP says"
    )

    encoders = ArrayField(
        models.CharField(max_length=500),
        default=list,
        db_default=[],
        help_text="that may be used; a person has none of their own, for keys of two are never compared",
    )

    class Meta:
        verbose_name_plural = "house policies"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(only=True), name="one_policy_of_the_house")]

    def __str__(self) -> str:
        return "policy of the house"


class PersonPolicy(Policy, OwnedModel):
    """What holds for one person beside it. It stays when they have everything forgotten."""

    class Meta:
        verbose_name_plural = "policies of people"
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner"], name="one_policy_a_person")]

    def __str__(self) -> str:
        return f"policy of {self.owner_id}"
