"""Indexes that the counting reads alone, made while people write."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES: dict[str, list[models.Index]] = {
    "turn": [
        models.Index(
            condition=models.Q(("speaker", "person"), ("stands", True)),
            fields=["said_at"],
            include=["owner"],
            name="said_by_people",
        )
    ],
    "recall": [
        models.Index(
            fields=["moment"],
            include=["needs_memory", "asked", "sufficient", "milliseconds"],
            name="recalls_by_moment",
        )
    ],
    "step": [
        models.Index(condition=models.Q(("refused__gt", 0)), fields=["done_at"], name="refusing_steps"),
        models.Index(condition=models.Q(("state", "failed")), fields=["due_at"], name="failed_steps"),
    ],
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("memory", "0026_census")]

    operations: ClassVar = [
        operation
        for model, indexes in INDEXES.items()
        for index in indexes
        for operation in (
            # of a run that was broken off, an index that is not valid may be left
            migrations.RunSQL(f"drop index concurrently if exists {index.name}", migrations.RunSQL.noop),
            AddIndexConcurrently(model_name=model, index=index),
        )
    ]
