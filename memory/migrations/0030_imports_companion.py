"""An import is one companion's, whichever is the first meanwhile."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0029_encoders_allowed")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="import",
            name="companion",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text=(
                    "whom it is kept with, where it names nobody, from its beginning to its end; it may be deleted since"
                ),
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="memory.companion",
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="problem",
            field=models.TextField(blank=True, default="", help_text="why it, or the rest of it, was not kept"),
        ),
    ]
