"""Forgetting on request: its receipt, and the tombstones that keep what was erased from coming back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from memory.models.owned import OwnedModel


class Erasure(OwnedModel):
    """The receipt of one request to forget: what sort of thing, how much of each, asked when, done when. No words.

    Until it is due it only hides what is marked (`Turn.erasure`), and can be taken back.
    """

    class Kind(models.TextChoices):
        """What the person asked to be forgotten."""

        TURN = "turn"
        MEMORY = "memory"
        TOPIC = "topic"
        SPAN = "span"
        CONVERSATION = "conversation"
        COMPANION = "companion"  # with all that was said with it
        PERSON = "person"
        OVERDUE = "overdue"  # kept longer than the house allows (memory/keeping.py)
        ACCOUNT = "account"  # all of a person, and the account with it (memory/leaving.py)

    class State(models.TextChoices):
        """Where it stands. One that is begun goes in portions, and can't be taken back any more; an erased one still
        has replies' logs to clear away; the last two are final."""

        WAITING = "waiting"
        BEGUN = "begun"
        ERASED = "erased"
        DONE = "done"
        WITHDRAWN = "withdrawn"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="until then it can be taken back")
    done_at = models.DateTimeField(null=True, help_text="when the rows went, or when it was withdrawn")
    counts = models.JSONField(default=dict, help_text="rows that went, by what they were")
    may_repeat = ArrayField(
        models.BigIntegerField(), default=list, help_text="the companion's turns that stay and may say it again"
    )
    logs = ArrayField(models.UUIDField(), default=list, help_text="replies whose logs are still to be cleared away")

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=("waiting", "begun", "erased")),
                name="unfinished_erasures",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk} of a {self.kind} ({self.state})"


class Tombstone(OwnedModel):
    """A keyed digest of a turn that was erased (memory/tombstone.py): it tells nothing, and what matches stays away."""

    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "digest"], name="tombstone_once")]

    def __str__(self) -> str:
        return f"tombstone {self.pk}"
