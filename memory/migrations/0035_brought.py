"""Pins, and what the person said to lines of their portrait, that came along with a file."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

KINDS = [
    ("round", "Round"),
    ("session", "Session Summary"),
    ("day", "Day Summary"),
    ("whole", "Acquaintance"),
    ("fact", "Fact"),
    ("line", "Line"),
]


class Migration(migrations.Migration):
    dependencies = [("memory", "0034_portrait_changes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Brought",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField(help_text="one past the last character")),
                (
                    "digest",
                    models.BinaryField(help_text="by which the same wording is known again", max_length=32),
                ),
                ("met_at", models.DateTimeField(help_text="when it was heeded", null=True)),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                (
                    "turn",
                    models.ForeignKey(
                        help_text="by which it is found",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="memory.turn",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "brought",
                "indexes": [models.Index(condition=models.Q(("met_at", None)), fields=["owner"], name="brought_unmet")],
                "constraints": [
                    models.UniqueConstraint(fields=("turn", "kind", "start", "end", "digest"), name="brought_once")
                ],
            },
        ),
        Isolate("memory_brought"),
    ]
