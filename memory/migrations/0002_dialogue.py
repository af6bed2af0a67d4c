import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("memory", "0001_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Companion",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(default="Rosemary", max_length=60)),
                ("manner", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("title", models.CharField(blank=True, default="", max_length=120)),
                (
                    "origin",
                    models.CharField(help_text="where an imported one came from", max_length=200, null=True),
                ),
                ("started_at", models.DateTimeField()),
                ("active_at", models.DateTimeField(help_text="when its last turn was said")),
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
            name="Session",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "origin",
                    models.CharField(help_text="the source's own name of it, when imported", max_length=200, null=True),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(help_text="when its last turn was said")),
                ("closed_at", models.DateTimeField(help_text="no turn joins it from here on", null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to="memory.conversation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("number", models.PositiveIntegerField(help_text="its place in the conversation, from 1")),
                (
                    "speaker",
                    models.CharField(choices=[("person", "Person"), ("companion", "Companion")], max_length=9),
                ),
                ("text", models.TextField()),
                ("said_at", models.DateTimeField()),
                (
                    "client_id",
                    models.UUIDField(help_text="given by whoever sent it: the same again is the same turn"),
                ),
                (
                    "answers",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answered_by",
                        to="memory.turn",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turns",
                        to="memory.conversation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="turns", to="memory.session"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reply",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("writing", "Writing"),
                            ("whole", "Whole"),
                            ("stopped", "Stopped"),
                            ("broken", "Broken"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("stop_requested", models.BooleanField(default=False)),
                (
                    "claim",
                    models.UUIDField(help_text="the worker's token; only its holder may write", null=True),
                ),
                (
                    "claimed_until",
                    models.DateTimeField(help_text="a silent worker loses its claim then", null=True),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("engine", models.CharField(blank=True, default="", max_length=200)),
                (
                    "explanation",
                    models.TextField(blank=True, default="", help_text="why it broke, in words for the person"),
                ),
                ("can_retry", models.BooleanField(default=False)),
                ("queued_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "answer",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="written_by",
                        to="memory.turn",
                    ),
                ),
                (
                    "turn",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reply", to="memory.turn"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "replies",
            },
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["owner", "-active_at"], name="memory_conv_owner_i_576492_idx"),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(fields=("owner", "origin"), name="conversation_origin_once"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["ended_at"], name="open_sessions"),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("conversation",), name="one_open_session"
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(fields=("conversation", "origin"), name="session_origin_once"),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(fields=("owner", "client_id"), name="turn_kept_once"),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(fields=("conversation", "number"), name="turn_order"),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "writing"))),
                fields=["queued_at"],
                name="open_replies",
            ),
        ),
        Isolate("memory_companion"),
        Isolate("memory_conversation"),
        Isolate("memory_session", sweep=("id", "owner_id", "ended_at", "closed_at")),
        Isolate("memory_turn"),
        Isolate("memory_reply", sweep=("id", "owner_id", "state", "queued_at", "claimed_until")),
    ]
