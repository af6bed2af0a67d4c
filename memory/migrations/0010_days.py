"""Days and the acquaintance as a whole are summed up, each a row of its own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

# The owner is held by forced policies too, unless it is a superuser.
HELD = ("memory_session", "memory_memory", "memory_conversation", "memory_period")
OPEN = "".join(f"alter table {table} no force row level security;\n" for table in HELD)
CLOSE = "set constraints all immediate;\n" + OPEN.replace("no force", "force")
PEOPLE = settings.AUTH_USER_MODEL.lower().replace(".", "_")

# What was summed up before this counts to a day, and its day is to be summed up.
SUMMED_UP = f"""
update memory_session session set day = (session.started_at at time zone person.time_zone)::date
    from {PEOPLE} person where person.id = session.owner_id and exists (
        select from memory_memory memory where memory.session_id = session.id and memory.kind = 'session');
insert into memory_period (owner_id, companion_id, day, revision, state, attempts, error, version, due_at)
    select distinct session.owner_id, conversation.companion_id, each.day, 1, 'waiting', 0, '', '', now()
    from memory_session session join memory_conversation conversation on conversation.id = session.conversation_id,
        lateral (values (session.day), (null)) as each (day) where session.day is not null;
"""  # noqa: S608 - the table's name stands in the settings
LEFT_OUT = "delete from memory_memory where kind in ('day', 'whole');"


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0009_keys_of_pieces"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Period",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="none: the whole acquaintance", null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
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
                    "companion",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="memory.companion"),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="period",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="waiting_periods"),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.UniqueConstraint(fields=("companion", "day"), name="period_once", nulls_distinct=False),
        ),
        Isolate("memory_period", sweep=("id", "owner_id", "state", "due_at")),
        migrations.AddField(
            model_name="session",
            name="day",
            field=models.DateField(help_text="the person's day that it counts to, from its summary on", null=True),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("day__isnull", False)), fields=["owner", "day"], name="sessions_of_a_day"
            ),
        ),
        migrations.AlterField(
            model_name="memory",
            name="kind",
            field=models.CharField(
                choices=[
                    ("round", "Round"),
                    ("session", "Session Summary"),
                    ("day", "Day Summary"),
                    ("whole", "Acquaintance"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="memory",
            name="session",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memories",
                to="memory.session",
            ),
        ),
        migrations.AddField(
            model_name="memory",
            name="period",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="memory", to="memory.period"
            ),
        ),
        migrations.AddConstraint(
            model_name="memory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("day", "whole")), ("period__isnull", False), ("session", None)),
                    models.Q(
                        models.Q(("kind__in", ("day", "whole")), _negated=True),
                        ("period", None),
                        ("session__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="of_a_session_or_a_period",
            ),
        ),
        migrations.RunSQL(OPEN + SUMMED_UP + CLOSE, OPEN + LEFT_OUT + CLOSE),
    ]
