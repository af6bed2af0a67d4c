"""The index: entries that lead to memories by meaning, by words and by date."""

from django.db import models
from django.db.models.expressions import RawSQL
from pgvector.django import HalfVectorField, SparseVectorField

from memory.models.dialogue import Companion, Session, Speaker, Turn
from memory.models.owned import OwnedModel
from memory.models.trace import Memory


class Key(OwnedModel):
    """An index entry that leads to a memory. Narrow, and hash-partitioned by owner (docs/architecture.md).

    A turn has one key for each piece that the encoder can read; a fact is one more key of the turn it was told in
    (LongMemEval §5.3), and leads to that turn's round as the others do. What ranking asks of the turn itself stands
    here too, so that no other table is read for it.
    The table also has `sketch`, the signs of the embedding, which the database makes for the first look.
    """

    class Kind(models.TextChoices):
        """What text the key was made from."""

        TURN = "turn"  # a piece of the turn, after the end of the turn before it
        FACT = "fact"
        SUMMARY = "summary"

    pk = models.CompositePrimaryKey("owner_id", "id")
    id = models.BigIntegerField(db_default=RawSQL("nextval('memory_key_seq')", []))
    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="keys")
    fact = models.ForeignKey(
        Memory, null=True, on_delete=models.CASCADE, related_name="fact_keys", help_text="what a fact's key says"
    )
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="keys")
    turn = models.ForeignKey(Turn, null=True, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    piece = models.SmallIntegerField(default=0, help_text="which of the turn's pieces, or of its facts, from 0")
    encoder = models.CharField(max_length=200, help_text="the name of the encoder that made the embedding")
    embedding = HalfVectorField(help_text="unit length")
    tokens = models.BinaryField(null=True, help_text="signs of the vector of each token, a bit a dimension")
    terms = SparseVectorField(help_text="saturated term frequencies of the text alone: BM25's half of the document")
    terms_before = SparseVectorField(help_text="the same of the text and what was said before it")
    terms_window = SparseVectorField(help_text="the same with what was said after it, too")
    said_at = models.DateTimeField()
    happened_from = models.DateField(null=True, help_text="first day of what is told in it, on the person's calendar")
    happened_to = models.DateField(null=True, help_text="last day of it")
    place = models.IntegerField(default=0, help_text="the turn's number in its conversation")
    speaker = models.CharField(max_length=9, choices=Speaker.choices, default=Speaker.PERSON)
    asks = models.BooleanField(default=False, help_text="the turn ends in a question")
    timely = models.BooleanField(default=False, help_text="the turn holds words that tell a time")
    length = models.IntegerField(default=0, help_text="terms of the whole turn")

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
