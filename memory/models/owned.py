"""What every row of a person has in common: an owner, and a manager that asks whose."""

from typing import Generic, Self, TypeVar

from django.conf import settings
from django.db import models

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row], Generic[Row]):
    """Rows that belong to people."""

    def of(self, person_id: int) -> Self:
        """Only this person's. Row-level security says the same; saying it here too lets the planner prune."""
        return self.filter(owner_id=person_id)


class OwnedModel(models.Model):
    """A row that belongs to one person and goes with them."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
