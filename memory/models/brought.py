"""Judgements of the person's that came along with a file, each heeded once."""

from typing import ClassVar

from django.db import models

from memory.models.dialogue import Turn
from memory.models.owned import OwnedModel


class Brought(OwnedModel):
    """A pin, or what the person said to a line of their portrait, in the account that a file came from.

    What is pinned may have to be made again first; until then it is not met. A row stays when it is met, so that the
    same file again takes back nothing that the person has decided since. It holds no words.
    """

    class Kind(models.TextChoices):
        """What it is about: a memory of one of its kinds, or a line of the portrait."""

        ROUND = "round"
        SESSION_SUMMARY = "session"
        DAY_SUMMARY = "day"
        ACQUAINTANCE = "whole"
        FACT = "fact"
        LINE = "line"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="+", help_text="by which it is found")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="one past the last character")
    digest = models.BinaryField(max_length=32, help_text="by which the same wording is known again")
    met_at = models.DateTimeField(null=True, help_text="when it was heeded")

    class Meta:
        verbose_name_plural = "brought"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["turn", "kind", "start", "end", "digest"], name="brought_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner"], condition=models.Q(met_at=None), name="brought_unmet"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of turn {self.turn_id}, characters {self.start}-{self.end}"
