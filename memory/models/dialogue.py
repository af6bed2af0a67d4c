"""What was said: conversations of a person with a companion, their sessions and turns."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from memory.models.erasure import Erasure
from memory.models.owned import OwnedModel, OwnedQuerySet
from memory.models.preference import Matter


class Speaker(models.TextChoices):
    """Who said a turn."""

    PERSON = "person"
    COMPANION = "companion"


class Companions(OwnedQuerySet["Companion"]):
    """Sets of companions."""

    def present(self) -> "Companions":
        """Without those that are about to be erased."""
        return self.filter(erasure=None)


class Companion(OwnedModel):
    """The one a person talks with: a name and a manner."""

    name = models.CharField(max_length=60, default="Rosemary")
    manner = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, help_text="since when nothing new is remembered")
    unkept = ArrayField(
        models.CharField(max_length=9, choices=Matter.choices),
        default=list,
        db_default=[],
        help_text="what it does not remember, beside what the person lets nobody remember",
    )
    engine = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="the model it speaks by; empty: the house's"
    )
    erasure = models.ForeignKey(
        Erasure,
        null=True,
        on_delete=models.DO_NOTHING,  # whatever deletes receipts deletes companions too
        related_name="companions",
        db_index=False,
        db_constraint=False,
        help_text="what is about to erase it",
    )

    objects: ClassVar = Companions.as_manager()

    def __str__(self) -> str:
        return self.name


class Conversations(OwnedQuerySet["Conversation"]):
    """Sets of conversations."""

    def present(self) -> "Conversations":
        """Without those whose companion is about to be erased: they come back with it."""
        return self.filter(companion__erasure=None)


class Conversation(OwnedModel):
    """A thread in the sidebar, of one person with one companion."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    companion = models.ForeignKey(Companion, on_delete=models.CASCADE)
    title = models.CharField(max_length=120, blank=True, default="")
    named = models.BooleanField(
        default=False, db_default=False, help_text="the person gave it its title, which nothing else changes"
    )
    off_record = models.BooleanField(
        default=False, db_default=False, help_text="none of it is remembered, and it goes when it is over"
    )
    origin = models.CharField(max_length=200, null=True, help_text="where an imported one came from")
    started_at = models.DateTimeField()
    active_at = models.DateTimeField(help_text="when its last turn was said")

    objects: ClassVar = Conversations.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-active_at"]),
            models.Index(fields=["active_at"], condition=Q(off_record=True), name="off_the_record"),
        ]
        constraints = [models.UniqueConstraint(fields=["owner", "origin"], name="conversation_origin_once")]

    def __str__(self) -> str:
        return self.title or str(self.id)


class Session(OwnedModel):
    """An unbroken stretch of a conversation: the unit of consolidation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="sessions")
    origin = models.CharField(max_length=200, null=True, help_text="the source's own name of it, when imported")
    part_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="parts", help_text="the longer one it was cut from"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(help_text="when its last turn was said")
    day = models.DateField(null=True, help_text="the person's day that it counts to, from its summary on")
    closed_at = models.DateTimeField(null=True, help_text="no turn joins it from here on")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(closed_at=None), name="one_open_session"),
            models.UniqueConstraint(fields=["conversation", "origin"], name="session_origin_once"),
        ]
        indexes = [
            models.Index(fields=["ended_at"], condition=Q(closed_at=None), name="open_sessions"),
            models.Index(fields=["owner", "day"], condition=Q(day__isnull=False), name="sessions_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk} of {self.conversation_id}"


class Turns(OwnedQuerySet["Turn"]):
    """Sets of turns."""

    def shown(self) -> "Turns":
        """Without those that are about to be erased, or in whose place another stands.

        Nothing that recalls, tells or shows may hold them.
        """
        return self.filter(erasure=None, stands=True)

    def remembered(self) -> "Turns":
        """Those of which something may be made: what stands, and was not said off the record or while paused."""
        return self.filter(remembered=True, stands=True)


class Turn(OwnedModel):
    """One utterance. Turns are the truth; everything else can be made again from them."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField(help_text="its place in the conversation, from 1")
    speaker = models.CharField(max_length=9, choices=Speaker.choices)
    text = models.TextField()
    said_at = models.DateTimeField()
    client_id = models.UUIDField(help_text="given by whoever sent it: the same again is the same turn")
    origin = models.CharField(max_length=200, null=True, help_text="the source's own id of it, when imported")
    remembered = models.BooleanField(
        default=True, db_default=True, help_text="rounds, keys, summaries and facts may be made of it"
    )
    stands = models.BooleanField(
        default=True, db_default=True, help_text="no other version of it is in its place (memory/versions.py)"
    )
    first_version = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.CASCADE,
        related_name="edited",
        help_text="of what was said otherwise",
    )
    answers = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="answered_by")
    erasure = models.ForeignKey(
        Erasure,
        null=True,
        on_delete=models.SET_NULL,
        related_name="turns",
        db_index=False,
        help_text="what is about to erase it",
    )

    objects: ClassVar = Turns.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "erasure"], condition=Q(erasure__isnull=False), name="marked_turns"),
            models.Index(
                fields=["said_at"],
                include=["owner"],
                condition=Q(speaker="person", stands=True),
                name="said_by_people",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "client_id"], name="turn_kept_once"),
            models.UniqueConstraint(fields=["conversation", "number"], condition=Q(stands=True), name="turn_order"),
        ]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text[:60]}"


class Reply(OwnedModel):
    """The work of answering one turn: who writes it, how far it is, and what became of it."""

    class State(models.TextChoices):
        """Where a reply stands. The last three are final until the person asks again."""

        WAITING = "waiting"
        WRITING = "writing"
        WHOLE = "whole"
        STOPPED = "stopped"
        BROKEN = "broken"

    OPEN = (State.WAITING, State.WRITING)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="reply")
    answer = models.OneToOneField(Turn, null=True, on_delete=models.SET_NULL, related_name="written_by")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    stop_requested = models.BooleanField(default=False)
    claim = models.UUIDField(null=True, help_text="the worker's token; only its holder may write")
    claimed_until = models.DateTimeField(null=True, help_text="a silent worker loses its claim then")
    asked = models.PositiveSmallIntegerField(default=1, help_text="how often the person asked for it")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="workers that began it since it was asked for")
    engine = models.CharField(max_length=200, blank=True, default="")
    explanation = models.TextField(blank=True, default="", help_text="why it broke, in words for the person")
    can_retry = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "replies"
        indexes = [
            models.Index(fields=["queued_at"], condition=Q(state__in=("waiting", "writing")), name="open_replies"),
        ]

    def __str__(self) -> str:
        return f"reply {self.pk} ({self.state})"
