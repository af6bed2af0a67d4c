"""Companions can be deleted: until it is carried out, the erasure that takes one hides it."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0024_house_engine")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="companion",
            name="erasure",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="what is about to erase it",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="companions",
                to="memory.erasure",
            ),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="kind",
            field=models.CharField(
                choices=[
                    ("turn", "Turn"),
                    ("memory", "Memory"),
                    ("topic", "Topic"),
                    ("span", "Span"),
                    ("conversation", "Conversation"),
                    ("companion", "Companion"),
                    ("person", "Person"),
                    ("account", "Account"),
                ],
                max_length=12,
            ),
        ),
    ]
