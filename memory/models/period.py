"""Days of a person and the whole acquaintance, each with what is made of it: a summary, and of the whole a portrait."""

from django.db import models

from memory.models.dialogue import Companion
from memory.models.owned import OwnedModel
from memory.models.trace import Step


class Period(OwnedModel):
    """A day on the person's calendar, or the whole acquaintance, and how far what is made of it is (MemoryBank §2.2).

    What changes in it counts its `revision` up; what was made of another one is not kept. The portrait is a layer of
    the acquaintance, beside its summary: a row of its own, so that one that fails holds up neither.
    """

    class Layer(models.TextChoices):
        """What is made of it."""

        SUMMARY = "summary"
        PORTRAIT = "portrait"

    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    day = models.DateField(null=True, help_text="none: the whole acquaintance")
    layer = models.CharField(max_length=8, choices=Layer.choices, default=Layer.SUMMARY, db_default=Layer.SUMMARY.value)
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=7, choices=Step.State.choices, default=Step.State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    version = models.CharField(max_length=200, blank=True, default="")
    refused = models.PositiveIntegerField(
        default=0, db_default=0, help_text="of an engine's lines: unfounded, or not to be concluded"
    )
    due_at = models.DateTimeField(help_text="not before this moment")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["companion", "day", "layer"], nulls_distinct=False, name="period_once"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="waiting_periods")]

    def __str__(self) -> str:
        return f"{self.layer} of {self.day or 'all'} with {self.companion_id} ({self.state})"
