"""An erasure can be begun and not yet done: much goes in portions."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("memory", "0030_imports_companion")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="erasure",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("begun", "Begun"),
                    ("erased", "Erased"),
                    ("done", "Done"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="waiting",
                max_length=9,
            ),
        ),
        # of a run that was broken off, an index that is not valid may be left
        migrations.RunSQL("drop index concurrently if exists unfinished_erasures", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="erasure",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "begun", "erased"))),
                fields=["due_at"],
                name="unfinished_erasures",
            ),
        ),
        RemoveIndexConcurrently(model_name="erasure", name="open_erasures"),
    ]
