"""What a person lets be remembered, how fast it fades; companions with a model and limits of their own."""

from typing import Any, ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


def matters() -> Any:
    return models.CharField(
        max_length=9,
        choices=[
            ("facts", "Facts"),
            ("summaries", "Summaries"),
            ("portrait", "Portrait"),
            ("sensitive", "Sensitive"),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0021_below_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "unkept",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=matters(), default=list, help_text="what is not remembered", size=None
                    ),
                ),
                (
                    "fading",
                    models.CharField(
                        blank=True,
                        choices=[("companion", "Companion"), ("paper", "Paper")],
                        default="",
                        help_text="empty: as RETENTION says",
                        max_length=9,
                    ),
                ),
                (
                    "joined",
                    models.BooleanField(default=False, help_text="each companion recalls what was said to the others"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner",), name="one_preference_a_person")],
            },
        ),
        Isolate("memory_preference"),
        migrations.AddField(
            model_name="companion",
            name="unkept",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=matters(),
                db_default=[],
                default=list,
                help_text="what it does not remember, beside what the person lets nobody remember",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="companion",
            name="engine",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the model it speaks by; empty: the house's",
                max_length=200,
            ),
        ),
    ]
