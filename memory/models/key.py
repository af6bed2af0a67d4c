"""The index: entries that lead to memories by meaning, by words and by date."""

from django.db import models
from django.db.models.expressions import RawSQL
from pgvector.django import HalfVectorField, SparseVectorField

from memory.models.dialogue import Companion, Turn
from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Key(OwnedModel):
    """An index entry that leads to a memory. Narrow, and hash-partitioned by owner (docs/architecture.md)."""

    class Kind(models.TextChoices):
        """What text the key was made from."""

        TURN = "turn"  # the turn alone
        CONTEXT = "context"  # the turn after the one before it, within its session
        SUMMARY = "summary"

    pk = models.CompositePrimaryKey("owner_id", "id")
    id = models.BigIntegerField(db_default=RawSQL("nextval('memory_key_seq')", []))
    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="keys")
    turn = models.ForeignKey(Turn, null=True, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    encoder = models.CharField(max_length=200, help_text="the name of the encoder that made the embedding")
    embedding = HalfVectorField(help_text="unit length")
    terms = SparseVectorField(help_text="saturated term frequencies: BM25's half of the document")
    said_at = models.DateTimeField()
    happened_from = models.DateTimeField(null=True)
    happened_to = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} key of memory {self.memory_id}"


class Lexicon(OwnedModel):
    """In how many of a person's turns a term occurs."""

    term = models.IntegerField(help_text="stable hash of the stem")
    frequency = models.IntegerField(help_text="turns that hold it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "term"], name="term_once")]

    def __str__(self) -> str:
        return f"term {self.term}: {self.frequency}"


class Collection(OwnedModel):
    """How many turns a person's lexicon has counted, and how long they are in all."""

    turns = models.IntegerField(default=0)
    length = models.BigIntegerField(default=0, help_text="terms in all of them")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="one_collection")]

    def __str__(self) -> str:
        return f"{self.turns} turns, {self.length} terms"
