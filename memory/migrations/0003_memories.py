import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0002_dialogue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Memory",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(choices=[("round", "Round"), ("session", "Session Summary")], max_length=10),
                ),
                ("text", models.TextField(help_text="empty for a round: its turns are its text")),
                ("said_at", models.DateTimeField()),
                ("happened_from", models.DateTimeField(null=True)),
                ("happened_to", models.DateTimeField(null=True)),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_to", models.DateTimeField(null=True)),
                ("strength", models.FloatField(help_text="S in R = e^(-t/S), in days (MemoryBank §2.3)")),
                ("recalled_at", models.DateTimeField(help_text="when t was last reset to zero")),
                ("fades_at", models.DateTimeField(help_text="when R falls to the fading threshold")),
                ("pinned", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("vivid", "Vivid"), ("fading", "Fading"), ("faded", "Faded")],
                        default="vivid",
                        max_length=6,
                    ),
                ),
                (
                    "sensitivity",
                    models.FloatField(default=0.0, help_text="0-1: how painful it may be to bring it up unasked"),
                ),
                (
                    "version",
                    models.CharField(blank=True, default="", help_text="what made it: model, prompt", max_length=200),
                ),
                (
                    "companion",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="memory.companion"),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memories",
                        to="memory.session",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "memories",
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField(help_text="one past the last character")),
                (
                    "memory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="memory.memory",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "turn",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memories", to="memory.turn"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(choices=[("summary", "Summary")], max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="")),
                ("version", models.CharField(blank=True, default="", max_length=200)),
                ("due_at", models.DateTimeField(help_text="not before this moment")),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="memory.session"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(fields=["owner", "kind", "-said_at"], name="memory_memo_owner_i_477b0f_idx"),
        ),
        migrations.AddConstraint(
            model_name="memory",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "session")), fields=("session",), name="one_summary_of_a_session"
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(fields=("memory", "turn", "start", "end"), name="source_once"),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="waiting_steps"),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(fields=("session", "kind"), name="step_once"),
        ),
        Isolate("memory_memory"),
        Isolate("memory_source"),
        Isolate("memory_step", sweep=("id", "owner_id", "session_id", "kind", "state", "due_at")),
    ]
