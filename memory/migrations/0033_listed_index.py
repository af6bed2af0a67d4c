"""The list's own index holds what the list does: pinned words, too. Made while people write."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

LISTED = models.Index(
    fields=["owner", "-said_at", "-id"],
    condition=models.Q(("pinned", True), models.Q(("kind", "round"), _negated=True), _connector="OR"),
    name="listed_latest_first",
)
BEFORE = """
create index concurrently if not exists told_latest_first on memory_memory (owner_id, said_at desc, id desc)
    where not kind = 'round'
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("memory", "0032_listed")]

    operations: ClassVar = [
        # of a run that was broken off, an index that is not valid may be left
        migrations.RunSQL(f"drop index concurrently if exists {LISTED.name}", migrations.RunSQL.noop),
        AddIndexConcurrently(model_name="memory", index=LISTED),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("drop index concurrently if exists told_latest_first", BEFORE)],
            state_operations=[migrations.RemoveIndex(model_name="memory", name="told_latest_first")],
        ),
    ]
