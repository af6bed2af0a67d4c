"""Long sessions are cut where their topic turns, and facts are linked; sessions closed before get the step of links."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

# The owner is held by forced policies too, unless it is a superuser.
OPEN = "alter table memory_session no force row level security; alter table memory_step no force row level security;"
CLOSE = OPEN.replace("no force", "force")
MISSING_STEPS = """
insert into memory_step (owner_id, session_id, kind, state, attempts, error, version, due_at)
select owner_id, id, 'links', 'waiting', 0, '', '', closed_at from memory_session where closed_at is not null
on conflict do nothing;
set constraints all immediate;
"""
NO_STEPS = "delete from memory_step where kind in ('cut', 'links'); set constraints all immediate;"


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0014_portrait"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "session",
            "part_of",
            models.ForeignKey(
                help_text="the longer one it was cut from",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="parts",
                to="memory.session",
            ),
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("why", models.CharField(help_text="in words: “both about Pablo”", max_length=120)),
                (
                    "memory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="memory.memory"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="linked_from", to="memory.memory"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.AddConstraint("link", models.UniqueConstraint(fields=("memory", "other"), name="link_once")),
        migrations.AddConstraint(
            "link",
            models.CheckConstraint(
                condition=models.Q(("memory", models.F("other")), _negated=True), name="link_to_another"
            ),
        ),
        Isolate("memory_link"),
        migrations.AlterField(
            "step",
            "kind",
            models.CharField(
                choices=[("cut", "Cut"), ("summary", "Summary"), ("facts", "Facts"), ("links", "Links")], max_length=20
            ),
        ),
        migrations.RunSQL([OPEN, MISSING_STEPS, CLOSE], [OPEN, NO_STEPS, CLOSE]),
    ]
