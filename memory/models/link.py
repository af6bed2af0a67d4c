"""Links: which memories belong together, and why (A-MEM §3.2)."""

from django.db import models
from django.db.models import F, Q

from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Link(OwnedModel):
    """Two memories that belong together. It is read both ways; `memory` is the one that it was found for."""

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="linked_from")
    why = models.CharField(max_length=120, help_text="in words: “both about Pablo”")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "other"], name="link_once"),
            models.CheckConstraint(condition=~Q(memory=F("other")), name="link_to_another"),
        ]

    def __str__(self) -> str:
        return f"memory {self.memory_id} and {self.other_id}"
