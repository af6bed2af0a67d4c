"""Conversations that their person names, finds and deletes; and what is said in them but not remembered."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import SWEEP_ROLE, Isolate

# No words: which turns want keys, and which conversations off the record are over.
SWEPT = f"""
grant select (remembered, stands) on memory_turn to {SWEEP_ROLE};
create policy sweep on memory_conversation for select to {SWEEP_ROLE} using (true);
grant select (id, owner_id, off_record, active_at) on memory_conversation to {SWEEP_ROLE};
"""
UNSWEPT = f"""
drop policy sweep on memory_conversation;
revoke all on memory_conversation from {SWEEP_ROLE};
"""

# Who goes back must not have remembered what was off the record, nor take what was set aside for what was said.
UNTOLD = """
alter table memory_turn no force row level security;
alter table memory_conversation no force row level security;
do $$ begin
  if exists (select from memory_conversation where off_record)
    or exists (select from memory_turn where not (remembered and stands)) then
    raise exception 'Conversations off the record, pauses and set aside versions are not known to the release before.'
      using hint = 'Restore the backup that was made before the upgrade.';
  end if;
end $$;
alter table memory_turn force row level security;
alter table memory_conversation force row level security;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0017_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="conversation",
            name="named",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="the person gave it its title, which nothing else changes",
            ),
        ),
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
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="off_record",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="none of it is remembered, and it goes when it is over",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(condition=models.Q(("off_record", True)), fields=["active_at"], name="off_the_record"),
        ),
        migrations.AddField(
            model_name="companion",
            name="paused_at",
            field=models.DateTimeField(help_text="since when nothing new is remembered", null=True),
        ),
        migrations.AddField(
            model_name="turn",
            name="remembered",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="rounds, keys, summaries and facts may be made of it",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="stands",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="no other version of it is in its place (memory/versions.py)",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="first_version",
            field=models.ForeignKey(
                help_text="of what was said otherwise",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="edited",
                to="memory.turn",
            ),
        ),
        migrations.RemoveConstraint(model_name="turn", name="turn_order"),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stands", True)), fields=("conversation", "number"), name="turn_order"
            ),
        ),
        migrations.RunSQL(SWEPT, UNSWEPT),
        migrations.CreateModel(
            name="Request",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("remember", "Remember"), ("forget", "Forget"), ("known", "Known")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("withdrawn", "Withdrawn"),
                            ("refused", "Refused"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "start",
                    models.PositiveIntegerField(default=0, help_text="where in the turn stands what it is about"),
                ),
                ("end", models.PositiveIntegerField(default=0, help_text="one past its last character")),
                (
                    "found",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="turns on the topic, the likeliest first",
                        size=None,
                    ),
                ),
                (
                    "memory",
                    models.ForeignKey(
                        help_text="what is pinned by it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="memory.memory",
                    ),
                ),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                (
                    "turn",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="request", to="memory.turn"
                    ),
                ),
            ],
        ),
        Isolate("memory_request"),
        migrations.RunSQL(migrations.RunSQL.noop, UNTOLD),
    ]
