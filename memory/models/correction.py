"""What a person has put right by hand, kept apart from what consolidation finds, so that no redo undoes it."""

from django.db import models

from memory.models.dialogue import Turn
from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Correction(OwnedModel):
    """Words that a memory by the person's hand stands in place of: a span of a turn, and what was understood by it.

    Whatever is found in that span again, of the same subject, is superseded by the memory, unless it is known to be of
    another attribute (memory/consolidation/corrected.py).
    """

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="corrections", help_text="what is right")
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="corrections")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="one past the last character")
    subject = models.CharField(max_length=200, blank=True, default="")
    attribute = models.CharField(max_length=200, blank=True, default="")
    mistaken = models.BooleanField(help_text="it never held; else it held until the correction")

    def __str__(self) -> str:
        return f"memory {self.memory_id} in place of turn {self.turn_id}, characters {self.start}-{self.end}"
