"""The portrait: what is held about who the person is, each line with the words it stands on."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

# The owner is held by forced policies too, unless it is a superuser.
OPEN = "alter table memory_period no force row level security;\n"
CLOSE = "set constraints all immediate;\nalter table memory_period force row level security;\n"

# Whoever is known already is to be portrayed.
KNOWN = """
insert into memory_period (owner_id, companion_id, layer, revision, state, attempts, error, version, refused, due_at)
    select owner_id, companion_id, 'portrait', 1, 'waiting', 0, '', '', 0, now() from memory_period where day is null;
"""
LEFT_OUT = "delete from memory_period where layer = 'portrait';\n"


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0013_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PortraitLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "aspect",
                    models.CharField(
                        choices=[
                            ("trait", "Trait"),
                            ("mood", "Mood"),
                            ("preference", "Preference"),
                            ("person", "Person"),
                            ("place", "Place"),
                            ("manner", "how best to answer them"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "text",
                    models.CharField(help_text="of a refused one, empty once its words were erased", max_length=200),
                ),
                ("digest", models.BinaryField(help_text="by which the same line is known again", max_length=32)),
                (
                    "confidence",
                    models.FloatField(
                        help_text="0-1: how well it was borne out when it was drawn",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("drawn", "Drawn"), ("confirmed", "Confirmed"), ("refused", "Refused")],
                        default="drawn",
                        max_length=9,
                    ),
                ),
                ("version", models.CharField(help_text="what made it: model, prompt", max_length=200)),
                ("made_at", models.DateTimeField(help_text="when it last changed")),
                (
                    "companion",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="memory.companion"),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PortraitEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField(help_text="one past the last character")),
                (
                    "weight",
                    models.FloatField(
                        help_text="how much it bears out a day; below zero it speaks against the line",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="memory.portraitline",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "turn",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="memory.turn"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="portraitline",
            constraint=models.UniqueConstraint(fields=("companion", "aspect", "digest"), name="portrait_line_once"),
        ),
        migrations.AddConstraint(
            model_name="portraitline",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__range", (0.0, 1.0))), name="confidence_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="portraitevidence",
            constraint=models.UniqueConstraint(fields=("line", "turn", "start", "end"), name="portrait_evidence_once"),
        ),
        Isolate("memory_portraitline"),
        Isolate("memory_portraitevidence"),
        migrations.RemoveConstraint(model_name="period", name="period_once"),
        migrations.AddField(
            model_name="period",
            name="layer",
            field=models.CharField(
                choices=[("summary", "Summary"), ("portrait", "Portrait")],
                default="summary",
                db_default="summary",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="period",
            name="refused",
            field=models.PositiveIntegerField(
                default=0, db_default=0, help_text="of an engine's lines: unfounded, or not to be concluded"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.UniqueConstraint(
                fields=("companion", "day", "layer"), name="period_once", nulls_distinct=False
            ),
        ),
        migrations.RunSQL(OPEN + KNOWN + CLOSE, OPEN + LEFT_OUT + CLOSE),
    ]
