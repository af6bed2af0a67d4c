"""Forgetting on request: its receipts, its tombstones, and the mark on what is about to be erased."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0011_fading"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.AddField(
            model_name="step",
            name="asked",
            field=models.PositiveIntegerField(
                default=1, db_default=1, help_text="how often it was asked for: erasing asks anew"
            ),
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("turn", "Turn"),
                            ("memory", "Memory"),
                            ("topic", "Topic"),
                            ("span", "Span"),
                            ("person", "Person"),
                        ],
                        max_length=6,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("erased", "Erased"),
                            ("done", "Done"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="until then it can be taken back")),
                ("done_at", models.DateTimeField(help_text="when the rows went, or when it was withdrawn", null=True)),
                ("counts", models.JSONField(default=dict, help_text="rows that went, by what they were")),
                (
                    "may_repeat",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="the companion's turns that stay and may say it again",
                        size=None,
                    ),
                ),
                (
                    "logs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        default=list,
                        help_text="replies whose logs are still to be cleared away",
                        size=None,
                    ),
                ),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name="turn",
            name="erasure",
            field=models.ForeignKey(
                db_index=False,
                help_text="what is about to erase it",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="turns",
                to="memory.erasure",
            ),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(
                condition=models.Q(("erasure__isnull", False)), fields=["owner", "erasure"], name="marked_turns"
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="owner",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "erased"))), fields=["due_at"], name="open_erasures"
            ),
        ),
        migrations.AddConstraint(
            model_name="tombstone",
            constraint=models.UniqueConstraint(fields=("owner", "digest"), name="tombstone_once"),
        ),
        Isolate("memory_erasure", sweep=("id", "owner_id", "state", "due_at")),
        Isolate("memory_tombstone"),
    ]
