"""Memories: what the companion can recall, each with the turns it came from."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef

from memory import retention
from memory.models.dialogue import Companion, Session, Turn
from memory.models.owned import OwnedModel, OwnedQuerySet

BY_HAND = "by hand"  # the version of what the person wrote themself: no step makes it, so none takes it back


class Memories(OwnedQuerySet["Memory"]):
    """Sets of memories."""

    def shown(self) -> "Memories":
        """Without what comes from turns that are about to be erased, and what was made of their sessions and days."""
        marked = Turn.objects.filter(erasure__isnull=False)
        made_of = Exists(marked.filter(memories__memory=OuterRef("pk")))
        beside = Exists(marked.filter(session=OuterRef("session")))
        of_companion = marked.filter(conversation__companion=OuterRef("companion"))
        that_day = Exists(of_companion.filter(session__day=OuterRef("period__day")))
        return (
            self.exclude(made_of)
            .exclude(~models.Q(kind=Memory.Kind.ROUND) & beside)
            .exclude(models.Q(kind=Memory.Kind.DAY_SUMMARY) & that_day)
            .exclude(models.Q(kind=Memory.Kind.ACQUAINTANCE) & Exists(of_companion))
        )


class Memory(OwnedModel):
    """Something the companion can recall."""

    class Kind(models.TextChoices):
        """What sort of memory. A round is a person's turn with its reply (LongMemEval §5.2)."""

        ROUND = "round"
        SESSION_SUMMARY = "session"
        DAY_SUMMARY = "day"
        ACQUAINTANCE = "whole"
        FACT = "fact"

    class Told(models.TextChoices):
        """What a fact tells: what is so, what happened, what is to come, or that it is not to come after all."""

        STATE = "state"
        EVENT = "event"
        PLAN = "plan"
        DROPPED = "dropped"

    class State(models.TextChoices):
        """How fresh it is; faded ones are recalled only when asked for."""

        VIVID = "vivid"
        FADING = "fading"
        FADED = "faded"

    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    session = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="memories")
    period = models.OneToOneField("Period", null=True, on_delete=models.CASCADE, related_name="memory")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(help_text="empty for a round: its turns are its text")
    said_at = models.DateTimeField()
    happened_from = models.DateTimeField(null=True)
    happened_to = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    strength = models.FloatField(help_text="S in R = e^(-t/S), in days (MemoryBank §2.3)")
    recalled_at = models.DateTimeField(help_text="when t was last reset to zero")
    fades_at = models.DateTimeField(
        help_text="when R falls to the next threshold; of a faded one, when it fell to the last"
    )
    pinned = models.BooleanField(default=False)
    state = models.CharField(max_length=6, choices=State.choices, default=State.VIVID)
    sensitivity = models.FloatField(default=0.0, help_text="0-1: how painful it may be to bring it up unasked")
    version = models.CharField(max_length=200, blank=True, default="", help_text="what made it: model, prompt")
    told = models.CharField(
        max_length=7, choices=Told.choices, blank=True, default="", db_default="", help_text="of a fact"
    )
    subject = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="of a fact: whom it is about, stemmed"
    )
    attribute = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="what of the subject, where one value holds at a time",
    )
    value = models.CharField(max_length=200, blank=True, default="", db_default="")
    importance = models.FloatField(default=0.5, db_default=0.5, help_text="0-1: it sets the first strength of a fact")
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="supersedes", help_text="what holds since valid_to"
    )
    contradicts = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="contradicted_by",
        help_text="an earlier one of what can't change: only the person knows which is right",
    )

    objects: ClassVar = Memories.as_manager()

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=("day", "whole"), session=None, period__isnull=False)
                | (~models.Q(kind__in=("day", "whole")) & models.Q(session__isnull=False, period=None)),
                name="of_a_session_or_a_period",
            ),
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(kind="session"), name="one_summary_of_a_session"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "kind", "-said_at"]),
            models.Index(
                fields=["owner", "-said_at", "-id"],
                condition=models.Q(pinned=True) | ~models.Q(kind="round"),
                name="listed_latest_first",
            ),
            models.Index(fields=["owner"], condition=models.Q(pinned=True), name="pinned_memories"),
            models.Index(
                fields=["fades_at"],
                condition=~models.Q(state="faded") & models.Q(pinned=False),
                name="fading_next",
            ),
            models.Index(fields=["owner", "subject", "attribute"], condition=models.Q(kind="fact"), name="facts_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} memory {self.pk}"

    @property
    def by_hand(self) -> bool:
        """Whether the person wrote it themself."""
        return self.version == BY_HAND

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

        CUT = "cut"
        SUMMARY = "summary"
        FACTS = "facts"
        LINKS = "links"

    class State(models.TextChoices):
        """Where a step stands."""

        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    asked = models.PositiveIntegerField(
        default=1, db_default=1, help_text="how often it was asked for: erasing asks anew"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="", help_text="what failed, or what an engine failed at")
    version = models.CharField(max_length=200, blank=True, default="", help_text="what made it: model, prompt")
    refused = models.PositiveIntegerField(
        default=0, db_default=0, help_text="of what an engine gave: unfounded or not to be learned"
    )
    refusals = models.JSONField(default=dict, db_default={}, help_text="of the refused: how many, by reason")
    due_at = models.DateTimeField(help_text="not before this moment")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "kind"], name="step_once")]
        indexes = [
            models.Index(fields=["done_at"], condition=models.Q(refused__gt=0), name="refusing_steps"),
            models.Index(fields=["due_at"], condition=models.Q(state="failed"), name="failed_steps"),
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="waiting_steps"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="done", version__startswith="extractive"),
                name="extractive_steps",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of session {self.session_id} ({self.state})"
