"""Histories that people send through the browser, until they are kept; and accounts that go."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0022_preferences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="of the file", max_length=200)),
                ("content", models.BinaryField(help_text="empty once it is kept")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("unreadable", "Unreadable")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, help_text="lines there are")),
                ("read", models.PositiveIntegerField(default=0, help_text="lines so far")),
                ("kept", models.PositiveIntegerField(default=0, help_text="turns")),
                ("already", models.PositiveIntegerField(default=0, help_text="turns that were here before")),
                (
                    "erased",
                    models.PositiveIntegerField(default=0, help_text="turns left out, as they had been erased"),
                ),
                (
                    "skipped",
                    models.JSONField(default=list, help_text="the first lines that could not be read, and why"),
                ),
                ("skipped_count", models.PositiveIntegerField(default=0)),
                ("problem", models.TextField(blank=True, default="", help_text="why nothing of it can be used")),
                ("asked_at", models.DateTimeField()),
                (
                    "touched_at",
                    models.DateTimeField(help_text="when a worker was last seen at it, or else when it was sent"),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["touched_at"], name="waiting_imports"
                    )
                ],
            },
        ),
        Isolate("memory_import", sweep=("id", "owner_id", "state", "touched_at")),
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
                    ("person", "Person"),
                    ("account", "Account"),
                ],
                max_length=12,
            ),
        ),
    ]
