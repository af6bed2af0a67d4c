"""What a person allows to be remembered, how fast it fades, and whether their companions share it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from memory.models.owned import OwnedModel


class Matter(models.TextChoices):
    """What may be switched off. What was said stays in its conversation; nothing of the sort is made of it."""

    FACTS = "facts"
    SUMMARIES = "summaries"
    PORTRAIT = "portrait"
    SENSITIVE = "sensitive"


class Fading(models.TextChoices):
    """How fast memories fade (memory/retention.py)."""

    COMPANION = "companion"
    PAPER = "paper"


class Preference(OwnedModel):
    """One row a person; whoever has none has chosen nothing."""

    unkept = ArrayField(
        models.CharField(max_length=9, choices=Matter.choices), default=list, help_text="what is not remembered"
    )
    fading = models.CharField(
        max_length=9, choices=Fading.choices, blank=True, default="", help_text="empty: as RETENTION says"
    )
    joined = models.BooleanField(default=False, help_text="each companion recalls what was said to the others")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="one_preference_a_person")]

    def __str__(self) -> str:
        return f"preference of {self.owner_id}"
