"""A history that a person sent to be kept, until it is."""

from django.db import models

from memory.models.dialogue import Companion
from memory.models.owned import OwnedModel


class Import(OwnedModel):
    """What was sent, how far it is kept, and what became of it. Once it is done, only the figures are left."""

    class State(models.TextChoices):
        """Where it stands. The last two are final."""

        WAITING = "waiting"
        DONE = "done"
        UNREADABLE = "unreadable"

    name = models.CharField(max_length=200, help_text="of the file")
    companion = models.ForeignKey(
        Companion,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        help_text="whom it is kept with, where it names nobody, from its beginning to its end; it may be deleted since",
    )
    content = models.BinaryField(help_text="empty once it is kept")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(default=0, help_text="lines there are")
    read = models.PositiveIntegerField(default=0, help_text="lines so far")
    kept = models.PositiveIntegerField(default=0, help_text="turns")
    already = models.PositiveIntegerField(default=0, help_text="turns that were here before")
    erased = models.PositiveIntegerField(default=0, help_text="turns left out, as they had been erased")
    skipped = models.JSONField(default=list, help_text="the first lines that could not be read, and why")
    skipped_count = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, default="", help_text="why it, or the rest of it, was not kept")
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField(help_text="when a worker was last seen at it, or else when it was sent")

    class Meta:
        indexes = [models.Index(fields=["touched_at"], condition=models.Q(state="waiting"), name="waiting_imports")]

    def __str__(self) -> str:
        return f"import {self.pk} ({self.state})"
