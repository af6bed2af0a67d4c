"""The portrait: what the companion holds about who the person is, each line with the words it stands on."""

from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef

from memory.models.dialogue import Companion, Turn
from memory.models.owned import OwnedModel, OwnedQuerySet


class PortraitLines(OwnedQuerySet["PortraitLine"]):
    """Lines of portraits."""

    def held(self) -> Self:
        """Those that may be told: drawn or confirmed, and none that stands on words about to be erased, or on none."""
        borne_out = PortraitEvidence.objects.filter(line=OuterRef("pk"), weight__gt=0)
        return self.exclude(state__in=PortraitLine.UNHELD).filter(Exists(borne_out)).shown()

    def shown(self) -> Self:
        """Those that stand on no words about to be erased."""
        marked = PortraitEvidence.objects.filter(line=OuterRef("pk"), weight__gt=0, turn__erasure__isnull=False)
        return self.filter(~Exists(marked))


class PortraitLine(OwnedModel):
    """One thing that is held about a person (MemoryBank §2.2), or that they don't want to be held.

    Two lines of one aspect with the same digest are the same line (memory/portrait.py).
    """

    class Aspect(models.TextChoices):
        """What of the person a line is about."""

        TRAIT = "trait"
        MOOD = "mood"
        PREFERENCE = "preference"
        PERSON = "person"
        PLACE = "place"
        MANNER = "manner", "how best to answer them"

    class State(models.TextChoices):
        """Drawn, or what the person said to it. A refused one keeps the same from being drawn again.

        A dropped one was drawn before, and nothing bears it out any more: it is told for a while, and used for nothing.
        """

        DRAWN = "drawn"
        DROPPED = "dropped"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    UNHELD = (State.REFUSED, State.DROPPED)
    UNANSWERED = (State.DRAWN, State.DROPPED)  # the person has said nothing to them: work makes and takes them

    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    aspect = models.CharField(max_length=10, choices=Aspect.choices)
    text = models.CharField(max_length=200, help_text="of a refused one, empty once its words were erased")
    digest = models.BinaryField(max_length=32, help_text="by which the same line is known again")
    confidence = models.FloatField(
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="0-1: how well it was borne out when it was drawn",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAWN)
    version = models.CharField(max_length=200, help_text="what made it: model, prompt")
    made_at = models.DateTimeField(help_text="when it last changed")
    first_at = models.DateTimeField(null=True, help_text="since when it is drawn; not noted of older ones")

    objects: ClassVar = PortraitLines.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["companion", "aspect", "digest"], name="portrait_line_once"),
            models.CheckConstraint(condition=models.Q(confidence__range=(0.0, 1.0)), name="confidence_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.aspect} line {self.pk} ({self.state}, {self.confidence:.2f})"


class PortraitEvidence(OwnedModel):
    """The person's own words that a line stands on, or that speak against it: characters of one of their turns."""

    line = models.ForeignKey(PortraitLine, on_delete=models.CASCADE, related_name="evidence")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="one past the last character")
    weight = models.FloatField(help_text="how much it bears out a day; below zero it speaks against the line")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "turn", "start", "end"], name="portrait_evidence_once"),
        ]

    def __str__(self) -> str:
        return f"turn {self.turn_id}, characters {self.start}-{self.end}"
