"""The index that lists memories holds pinned rounds, too; made beside the one it replaces, while people read."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("memory", "0030_imports_companion")]

    operations: ClassVar = [
        # of a run that was broken off, an index that is not valid may be left
        migrations.RunSQL("drop index concurrently if exists listed_latest_first", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="memory",
            index=models.Index(
                condition=models.Q(("kind", "round"), _negated=True) | models.Q(("pinned", True)),
                fields=["owner", "-said_at", "-id"],
                name="listed_latest_first",
            ),
        ),
        RemoveIndexConcurrently(model_name="memory", name="told_latest_first"),
    ]
