"""One key a piece of a turn, with all that ranking asks of it; the first look reads one index alone."""

import django.db.models.deletion
import pgvector.django.sparsevec
from django.db import migrations, models

from memory.isolation import SWEEP_ROLE

# The owner is held by forced policies too, unless it is a superuser.
HELD = ("memory_key", "memory_memory", "memory_lexicon", "memory_collection")
OPEN = "".join(f"alter table {table} no force row level security;\n" for table in HELD)
CLOSE = OPEN.replace("no force", "force")

# A turn had a key alone and one after the turn before it; what its key is made of now, only the encoder can tell. So
# they go, with the counts of their words, and the sweep over turns without keys makes them anew (worker/sweeps.py).
# A summary keeps its own.
FORWARDS = """
delete from memory_key where turn_id is not null;
delete from memory_lexicon;
delete from memory_collection;
alter table memory_key
    add column session_id bigint null references memory_session (id) deferrable initially deferred,
    add column piece smallint not null default 0,
    add column tokens bytea null,
    add column terms_before sparsevec null,
    add column terms_window sparsevec null,
    add column place integer not null default 0,
    add column speaker varchar(9) not null default 'person',
    add column asks boolean not null default false,
    add column timely boolean not null default false,
    add column length integer not null default 0;
update memory_key set session_id = memory.session_id, terms_before = terms, terms_window = terms
    from memory_memory memory where memory.id = memory_key.memory_id;
set constraints all immediate;
alter table memory_key
    alter column session_id set not null,
    alter column terms_before set not null,
    alter column terms_window set not null,
    alter column happened_from type date using happened_from::date,
    alter column happened_to type date using happened_to::date,
    alter column embedding set storage main,
    alter column tokens set storage external,
    add column sketch bit varying not null generated always as (binary_quantize(embedding)) stored,
    drop constraint memory_key_owner_id_memory_id_turn_id_kind_encoder_key,
    add unique nulls not distinct (owner_id, memory_id, turn_id, kind, piece, encoder);
create index memory_key_first_look on memory_key (owner_id, companion_id, encoder)
    include (id, turn_id, said_at, happened_from, happened_to, sketch, terms_window);
"""
BACKWARDS = """
delete from memory_key where turn_id is not null;
delete from memory_lexicon;
delete from memory_collection;
set constraints all immediate;
drop index memory_key_first_look;
alter table memory_key
    drop constraint memory_key_owner_id_memory_id_turn_id_kind_piece_encoder_key,
    drop column sketch, drop column session_id, drop column piece, drop column tokens, drop column terms_before,
    drop column terms_window, drop column place, drop column speaker, drop column asks, drop column timely,
    drop column length,
    alter column happened_from type timestamptz, alter column happened_to type timestamptz,
    alter column embedding set storage external,
    add unique nulls not distinct (owner_id, memory_id, turn_id, kind, encoder);
"""

# Ids alone: which turns have no key.
SWEPT = f"""
create policy sweep on memory_turn for select to {SWEEP_ROLE} using (true);
grant select (id, owner_id, said_at) on memory_turn to {SWEEP_ROLE};
create policy sweep on memory_key for select to {SWEEP_ROLE} using (true);
grant select (owner_id, turn_id, encoder) on memory_key to {SWEEP_ROLE};
"""
UNSWEPT = f"""
drop policy sweep on memory_turn;
drop policy sweep on memory_key;
revoke all on memory_turn, memory_key from {SWEEP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0008_recall_dates")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL([OPEN, FORWARDS, CLOSE, SWEPT], [UNSWEPT, OPEN, BACKWARDS, CLOSE])],
            state_operations=[
                migrations.AddField(
                    "key", "asks", models.BooleanField(default=False, help_text="the turn ends in a question")
                ),
                migrations.AddField(
                    "key", "length", models.IntegerField(default=0, help_text="terms of the whole turn")
                ),
                migrations.AddField(
                    "key",
                    "piece",
                    models.SmallIntegerField(
                        default=0, help_text="which of the turn's pieces, or of its facts, from 0"
                    ),
                ),
                migrations.AddField(
                    "key",
                    "place",
                    models.IntegerField(default=0, help_text="the turn's number in its conversation"),
                ),
                migrations.AddField(
                    "key",
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="memory.session"
                    ),
                ),
                migrations.AddField(
                    "key",
                    "speaker",
                    models.CharField(
                        choices=[("person", "Person"), ("companion", "Companion")], default="person", max_length=9
                    ),
                ),
                migrations.AddField(
                    "key",
                    "terms_before",
                    pgvector.django.sparsevec.SparseVectorField(
                        help_text="the same of the text and what was said before it"
                    ),
                ),
                migrations.AddField(
                    "key",
                    "terms_window",
                    pgvector.django.sparsevec.SparseVectorField(help_text="the same with what was said after it, too"),
                ),
                migrations.AddField(
                    "key",
                    "timely",
                    models.BooleanField(default=False, help_text="the turn holds words that tell a time"),
                ),
                migrations.AddField(
                    "key",
                    "tokens",
                    models.BinaryField(help_text="signs of the vector of each token, a bit a dimension", null=True),
                ),
                migrations.AlterField(
                    "key",
                    "happened_from",
                    models.DateField(help_text="first day of what is told in it, on the person's calendar", null=True),
                ),
                migrations.AlterField("key", "happened_to", models.DateField(help_text="last day of it", null=True)),
                migrations.AlterField(
                    "key",
                    "kind",
                    models.CharField(
                        choices=[("turn", "Turn"), ("fact", "Fact"), ("summary", "Summary")], max_length=10
                    ),
                ),
                migrations.AlterField(
                    "key",
                    "terms",
                    pgvector.django.sparsevec.SparseVectorField(
                        help_text="saturated term frequencies of the text alone: BM25's half of the document"
                    ),
                ),
            ],
        ),
    ]
