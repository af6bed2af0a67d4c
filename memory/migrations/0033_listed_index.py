"""The list's own index holds what the list does: pinned words, too. Made while people write."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

LISTED = models.Index(
    fields=["owner", "-said_at", "-id"],
    condition=models.Q(("pinned", True), models.Q(("kind", "round"), _negated=True), _connector="OR"),
    name="listed_latest_first",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("memory", "0032_listed")]

    operations: ClassVar = [
        # of a run that was broken off, an index that is not valid may be left
        migrations.RunSQL(f"drop index concurrently if exists {LISTED.name}", migrations.RunSQL.noop),
        AddIndexConcurrently(model_name="memory", index=LISTED),
        RemoveIndexConcurrently(model_name="memory", name="told_latest_first"),
    ]
