"""What a person puts right by hand; and the orders in which the page of memories reads."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0015_cuts_and_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField(help_text="one past the last character")),
                ("subject", models.CharField(blank=True, default="", max_length=200)),
                ("attribute", models.CharField(blank=True, default="", max_length=200)),
                ("mistaken", models.BooleanField(help_text="it never held; else it held until the correction")),
                (
                    "memory",
                    models.ForeignKey(
                        help_text="what is right",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="memory.memory",
                    ),
                ),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                (
                    "turn",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="corrections", to="memory.turn"
                    ),
                ),
            ],
        ),
        Isolate("memory_correction"),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(
                condition=models.Q(("kind", "round"), _negated=True),
                fields=["owner", "-said_at", "-id"],
                name="told_latest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(condition=models.Q(("pinned", True)), fields=["owner"], name="pinned_memories"),
        ),
    ]
