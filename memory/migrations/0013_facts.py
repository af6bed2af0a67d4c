"""Facts: what they tell, of whom, and since when; a step that makes them, also for sessions closed before it was."""

import django.db.models.deletion
from django.db import migrations, models

from memory.isolation import SWEEP_ROLE

# The owner is held by forced policies too, unless it is a superuser.
OPEN = "alter table memory_session no force row level security; alter table memory_step no force row level security;"
CLOSE = OPEN.replace("no force", "force")
MISSING_STEPS = """
insert into memory_step (owner_id, session_id, kind, state, asked, attempts, error, version, refused, due_at)
select owner_id, id, 'facts', 'waiting', 1, 0, '', '', 0, closed_at from memory_session where closed_at is not null
on conflict do nothing;
set constraints all immediate;
"""
NO_STEPS = "delete from memory_step where kind = 'facts'; set constraints all immediate;"

NO_FACTS = """
alter table memory_key no force row level security; alter table memory_memory no force row level security;
alter table memory_source no force row level security;
delete from memory_key where kind = 'fact';
delete from memory_source using memory_memory m where m.id = memory_id and m.kind = 'fact';
update memory_memory set superseded_by_id = null, contradicts_id = null where kind = 'fact';
delete from memory_memory where kind = 'fact';
set constraints all immediate;
alter table memory_key force row level security; alter table memory_memory force row level security;
alter table memory_source force row level security;
"""

# `grant` on the parent alone, as ever. A turn whose facts have keys may still lack its own.
SWEPT = f"grant select (version) on memory_step to {SWEEP_ROLE}; grant select (kind) on memory_key to {SWEEP_ROLE};"
UNSWEPT = SWEPT.replace("grant", "revoke").replace(" to ", " from ")
FACT_OF_KEY = """
alter table memory_key add column fact_id bigint null references memory_memory (id) deferrable initially deferred;
create index on memory_key (owner_id, fact_id) where fact_id is not null;
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0012_erasure")]

    operations = [
        migrations.AlterField(
            "memory",
            "kind",
            models.CharField(
                choices=[
                    ("round", "Round"),
                    ("session", "Session Summary"),
                    ("day", "Day Summary"),
                    ("whole", "Acquaintance"),
                    ("fact", "Fact"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            "memory",
            "told",
            models.CharField(
                blank=True,
                choices=[("state", "State"), ("event", "Event"), ("plan", "Plan"), ("dropped", "Dropped")],
                default="",
                db_default="",
                help_text="of a fact",
                max_length=7,
            ),
        ),
        migrations.AddField(
            "memory",
            "subject",
            models.CharField(
                blank=True, default="", db_default="", help_text="of a fact: whom it is about, stemmed", max_length=200
            ),
        ),
        migrations.AddField(
            "memory",
            "attribute",
            models.CharField(
                blank=True,
                default="",
                db_default="",
                help_text="what of the subject, where one value holds at a time",
                max_length=200,
            ),
        ),
        migrations.AddField("memory", "value", models.CharField(blank=True, default="", db_default="", max_length=200)),
        migrations.AddField(
            "memory",
            "importance",
            models.FloatField(default=0.5, db_default=0.5, help_text="0-1: it sets the first strength of a fact"),
        ),
        migrations.AddField(
            "memory",
            "superseded_by",
            models.ForeignKey(
                help_text="what holds since valid_to",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="supersedes",
                to="memory.memory",
            ),
        ),
        migrations.AddField(
            "memory",
            "contradicts",
            models.ForeignKey(
                help_text="an earlier one of what can't change: only the person knows which is right",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="contradicted_by",
                to="memory.memory",
            ),
        ),
        migrations.AddIndex(
            "memory",
            models.Index(
                condition=models.Q(("kind", "fact")), fields=["owner", "subject", "attribute"], name="facts_of"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(FACT_OF_KEY, ["alter table memory_key drop column fact_id;"]),
                migrations.RunSQL(migrations.RunSQL.noop, NO_FACTS),
            ],
            state_operations=[
                migrations.AddField(
                    "key",
                    "fact",
                    models.ForeignKey(
                        help_text="what a fact's key says",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fact_keys",
                        to="memory.memory",
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            "step",
            "kind",
            models.CharField(choices=[("summary", "Summary"), ("facts", "Facts")], max_length=20),
        ),
        migrations.AlterField(
            "step",
            "error",
            models.TextField(blank=True, default="", help_text="what failed, or what an engine failed at"),
        ),
        migrations.AlterField(
            "step",
            "version",
            models.CharField(blank=True, default="", help_text="what made it: model, prompt", max_length=200),
        ),
        migrations.AddField(
            "step",
            "refused",
            models.PositiveIntegerField(
                default=0, db_default=0, help_text="of what an engine gave: unfounded or not to be learned"
            ),
        ),
        migrations.AddIndex(
            "step",
            models.Index(
                condition=models.Q(("state", "done"), ("version__startswith", "extractive")),
                fields=["due_at"],
                name="extractive_steps",
            ),
        ),
        migrations.RunSQL([OPEN, MISSING_STEPS, CLOSE, SWEPT], [UNSWEPT, OPEN, NO_STEPS, CLOSE]),
    ]
