"""Memories: what the companion can recall, each with the turns it came from."""

from datetime import datetime

from django.db import models

from memory import retention
from memory.models.dialogue import Companion, Session, Turn
from memory.models.owned import OwnedModel


class Memory(OwnedModel):
    """Something the companion can recall."""

    class Kind(models.TextChoices):
        """What sort of memory. A round is a person's turn with its reply (LongMemEval §5.2)."""

        ROUND = "round"
        SESSION_SUMMARY = "session"

    class State(models.TextChoices):
        """How fresh it is; faded ones are recalled only when asked for."""

        VIVID = "vivid"
        FADING = "fading"
        FADED = "faded"

    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="memories")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(help_text="empty for a round: its turns are its text")
    said_at = models.DateTimeField()
    happened_from = models.DateTimeField(null=True)
    happened_to = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    strength = models.FloatField(help_text="S in R = e^(-t/S), in days (MemoryBank §2.3)")
    recalled_at = models.DateTimeField(help_text="when t was last reset to zero")
    fades_at = models.DateTimeField(help_text="when R falls to the fading threshold")
    pinned = models.BooleanField(default=False)
    state = models.CharField(max_length=6, choices=State.choices, default=State.VIVID)
    sensitivity = models.FloatField(default=0.0, help_text="0-1: how painful it may be to bring it up unasked")
    version = models.CharField(max_length=200, blank=True, default="", help_text="what made it: model, prompt")

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(kind="session"), name="one_summary_of_a_session"
            ),
        ]
        indexes = [models.Index(fields=["owner", "kind", "-said_at"])]

    def __str__(self) -> str:
        return f"{self.kind} memory {self.pk}"

    def retention(self, at: datetime) -> float:
        """How much of it is left at a moment, between 0 (gone) and 1 (just recalled); a pinned one never fades."""
        return 1.0 if self.pinned else retention.retention(at - self.recalled_at, strength=self.strength)


class Source(OwnedModel):
    """Where a memory comes from: a span of characters in a turn."""

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="sources")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="memories")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="one past the last character")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "turn", "start", "end"], name="source_once"),
        ]

    def __str__(self) -> str:
        return f"turn {self.turn_id}, characters {self.start}-{self.end}"


class Step(OwnedModel):
    """One step of consolidating one session: what was done, how often it was tried, what went wrong."""

    class Kind(models.TextChoices):
        """The steps there are, in their order."""

        SUMMARY = "summary"

    class State(models.TextChoices):
        """Where a step stands."""

        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    version = models.CharField(max_length=200, blank=True, default="")
    due_at = models.DateTimeField(help_text="not before this moment")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "kind"], name="step_once")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="waiting_steps")]

    def __str__(self) -> str:
        return f"{self.kind} of session {self.session_id} ({self.state})"
