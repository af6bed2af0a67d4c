"""Acts of remembering, kept: the question, what came to mind, what reached the prompt, what the reply used."""

from django.db import models

from memory.models.dialogue import Reply, Turn
from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Recall(OwnedModel):
    """One act of remembering: the receipt under a reply is made from it."""

    reply = models.OneToOneField(Reply, null=True, on_delete=models.CASCADE, related_name="recall")
    question = models.TextField()
    moment = models.DateTimeField(help_text="as of when it was asked")
    forms = models.JSONField(default=list, help_text="the question's normal forms")
    needs_memory = models.BooleanField(default=True, help_text="the gate's verdict")
    asked = models.BooleanField(null=True, help_text="whether the words ask something; not noted of older ones")
    sufficient = models.BooleanField(default=False, help_text="whether memory seems to hold the answer")
    answerable = models.FloatField(default=0.0, help_text="0-1: how sure it is that memory holds the answer")
    asked_from = models.DateField(null=True, help_text="first day of the time that the question names, where it is one")
    asked_to = models.DateField(null=True, help_text="last day of it")
    asked_in_words = models.CharField(max_length=200, blank=True, default="", help_text="the words that name the time")
    milliseconds = models.FloatField(default=0.0)

    class Meta:
        indexes = [
            models.Index(
                fields=["moment"],
                include=["needs_memory", "asked", "sufficient", "milliseconds"],
                name="recalls_by_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"recall {self.pk} at {self.moment:%Y-%m-%d %H:%M}"


class Recalled(OwnedModel):
    """One memory that came to mind, with the parts of its score."""

    recall = models.ForeignKey(Recall, on_delete=models.CASCADE, related_name="recalled")
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE)
    turn = models.ForeignKey(Turn, null=True, on_delete=models.CASCADE)
    rank = models.PositiveSmallIntegerField(help_text="1 is the best")
    scores = models.JSONField(help_text="named parts and their total, 0-1")
    in_prompt = models.BooleanField(default=False)
    used = models.BooleanField(default=False, help_text="the reply shows it")

    class Meta:
        verbose_name_plural = "recalled"
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["recall", "rank"], name="one_memory_a_rank")]

    def __str__(self) -> str:
        return f"{self.rank}. memory {self.memory_id}"
