"""What the house allows: one row for all, at most one a person; and erasures of what was kept too long."""

from typing import Any, ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import APP_ROLE, SWEEP_ROLE, Isolate

# Nobody's row: it holds rules and no words.
HOUSE = f"""
grant select, insert, update, delete on memory_housepolicy to {APP_ROLE};
grant select on memory_housepolicy to {SWEEP_ROLE};
"""


def array(field: Any, words: str) -> Any:
    return django.contrib.postgres.fields.ArrayField(base_field=field, default=list, help_text=words, size=None)


def rules() -> list[tuple[str, Any]]:
    matters = [("facts", "Facts"), ("summaries", "Summaries"), ("portrait", "Portrait"), ("sensitive", "Sensitive")]
    fadings = [("companion", "Companion"), ("paper", "Paper")]
    return [
        ("unkept", array(models.CharField(choices=matters, max_length=9), "what may not be remembered")),
        ("fadings", array(models.CharField(choices=fadings, max_length=9), "ways of fading to choose from")),
        (
            "keep_days",
            models.PositiveIntegerField(help_text="days after which what was said is erased", null=True),
        ),
        ("engines", array(models.CharField(max_length=200), "models that companions may speak by")),
        ("messages_a_minute", models.PositiveIntegerField(help_text="of a person", null=True)),
        ("most_turns", models.PositiveIntegerField(help_text="that may be stored of a person", null=True)),
        ("changed_at", models.DateTimeField()),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0027_census_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="HousePolicy",
            fields=[
                *rules(),
                ("only", models.BooleanField(default=True, primary_key=True, serialize=False)),
                (
                    "sign_up",
                    models.CharField(
                        blank=True,
                        choices=[("open", "Open"), ("invitation", "Invitation"), ("closed", "Closed")],
                        default="",
                        help_text="empty: as SIGN_UP says",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "house policies",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="one_policy_of_the_house")
                ],
            },
        ),
        migrations.RunSQL(HOUSE, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="PersonPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                *rules(),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "verbose_name_plural": "policies of people",
                "constraints": [models.UniqueConstraint(fields=("owner",), name="one_policy_a_person")],
            },
        ),
        Isolate("memory_personpolicy", sweep=("id", "owner_id", "keep_days")),
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
                    ("overdue", "Overdue"),
                    ("account", "Account"),
                ],
                max_length=12,
            ),
        ),
    ]
