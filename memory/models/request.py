"""What a person asked of memory in plain words, and what became of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from memory.models.dialogue import Turn
from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Request(OwnedModel):
    """A turn that asks something of memory. To forget, it first finds; the person confirms what goes."""

    class Kind(models.TextChoices):
        """What is asked."""

        REMEMBER = "remember"
        FORGET = "forget"
        KNOWN = "known"

    class State(models.TextChoices):
        """Where it stands. To remember is done at once, to forget waits for the person's word."""

        WAITING = "waiting"
        DONE = "done"
        WITHDRAWN = "withdrawn"
        REFUSED = "refused"  # nothing is remembered now: off the record, or paused

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="request")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices)
    start = models.PositiveIntegerField(default=0, help_text="where in the turn stands what it is about")
    end = models.PositiveIntegerField(default=0, help_text="one past its last character")
    memory = models.ForeignKey(Memory, null=True, on_delete=models.SET_NULL, help_text="what is pinned by it")
    found = ArrayField(models.BigIntegerField(), default=list, help_text="turns on the topic, the likeliest first")

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"

    @property
    def words(self) -> str:
        """What it is about, in the person's own words."""
        return self.turn.text[self.start : self.end]
