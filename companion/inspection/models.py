"""Who may look after others' memories, and the record of every look."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

REASON_AT_LEAST = 20  # characters: a reason says something to the person who reads it


class Role(models.TextChoices):
    """What somebody may see and do of others; each may also do what the ones before it may."""

    SUPPORT = "support", gettext_lazy("Support")  # states and figures, and trying a step again; no words
    INSPECTOR = (
        "inspector",
        gettext_lazy("Inspector"),
    )  # the words too, the recall inspector, erasing and exporting on request
    ADMINISTRATOR = "administrator", gettext_lazy("Administrator")  # roles and the whole record


class Office(models.Model):
    """The role that somebody was given. Administrators have none: theirs stands in `Person.is_staff`."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="office")
    role = models.CharField(max_length=13, choices=Role.choices)
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.role} {self.person_id}"


class Act(models.TextChoices):
    """What was done in somebody's memory, or with somebody's role."""

    OPENED = "opened"
    CLOSED = "closed"
    OVERVIEW = "overview"
    FIGURES = "figures"
    MEMORY = "memory"
    PORTRAIT = "portrait"
    SUMMARIES = "summaries"
    RECALLS = "recalls"
    TRIED = "tried"
    RETRIED = "retried"
    ERASED = "erased"
    TAKEN_BACK = "taken back"
    EXPORTED = "exported"
    POLICY = "policy"
    APPOINTED = "appointed"
    EXPORTED_RECORD = "record"


class Access(models.Model):
    """One look at, or act upon, a person's memories: by whom, why, when.

    The database lets the app add such rows and read them, and neither change nor delete any, whoever is signed in. They
    name people by number without a foreign key's rule, so that an account's end does not take its record along. A visit
    is its `opened` row; the others of that visit lead to it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="accesses",
        help_text="whose memories",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="looks"
    )
    by_name = models.CharField(max_length=320, help_text="their name and address as they were then")
    role = models.CharField(max_length=13, choices=Role.choices)
    act = models.CharField(max_length=10, choices=Act.choices)
    reason = models.TextField(blank=True, default="", help_text="of a visit; the person reads it")
    visit = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="acts")
    details = models.JSONField(default=dict, help_text="ids, numbers, and what was asked; nothing the person said")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "accesses"
        indexes: ClassVar = [models.Index(fields=["owner", "-at"], name="looks_at_a_person")]

    def __str__(self) -> str:
        return f"{self.act} {self.owner_id} by {self.by_id}"
