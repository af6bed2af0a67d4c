import django.db.models.deletion
import django.db.models.expressions
import pgvector.django.halfvec
import pgvector.django.sparsevec
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

PARTITIONS = 32

# A person's exact search reads their own partition alone; Django cannot make partitions itself.
# The first look at a person's keys reads this index alone: signs instead of numbers, and the widest term vector.
PARTITIONED = """
create sequence memory_key_seq as bigint;
create table memory_key (
    owner_id bigint not null references accounts_person (id) deferrable initially deferred,
    id bigint not null default nextval('memory_key_seq'),
    companion_id bigint not null references memory_companion (id) deferrable initially deferred,
    memory_id bigint not null references memory_memory (id) deferrable initially deferred,
    session_id bigint not null references memory_session (id) deferrable initially deferred,
    turn_id bigint null references memory_turn (id) deferrable initially deferred,
    kind varchar(10) not null,
    piece smallint not null default 0,
    encoder varchar(200) not null,
    embedding halfvec not null,
    sketch bit varying not null generated always as (binary_quantize(embedding)) stored,
    tokens bytea null,
    terms sparsevec not null,
    terms_before sparsevec not null,
    terms_window sparsevec not null,
    said_at timestamptz not null,
    happened_from date null,
    happened_to date null,
    place integer not null default 0,
    speaker varchar(9) not null default 'person',
    asks boolean not null default false,
    timely boolean not null default false,
    length integer not null default 0,
    primary key (owner_id, id),
    unique nulls not distinct (owner_id, memory_id, turn_id, kind, piece, encoder)
) partition by hash (owner_id);
alter table memory_key alter column embedding set storage main;
alter table memory_key alter column tokens set storage external;
create index on memory_key (owner_id, turn_id);
create index memory_key_first_look on memory_key (owner_id, companion_id, encoder)
    include (id, turn_id, said_at, happened_from, happened_to, sketch, terms_window);
""" + "".join(
    f"create table memory_key_{n:02} partition of memory_key for values with (modulus {PARTITIONS}, remainder {n});\n"
    for n in range(PARTITIONS)
)


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0003_memories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PARTITIONED, "drop table memory_key; drop sequence memory_key_seq")],
            state_operations=[
                migrations.CreateModel(
                    name="Key",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "owner_id",
                                "id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "id",
                            models.BigIntegerField(
                                db_default=django.db.models.expressions.RawSQL("nextval('memory_key_seq')", [])
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("turn", "Turn"), ("fact", "Fact"), ("summary", "Summary")],
                                max_length=10,
                            ),
                        ),
                        (
                            "encoder",
                            models.CharField(
                                help_text="the name of the encoder that made the embedding", max_length=200
                            ),
                        ),
                        (
                            "piece",
                            models.SmallIntegerField(
                                default=0, help_text="which of the turn's pieces, or of its facts, from 0"
                            ),
                        ),
                        ("embedding", pgvector.django.halfvec.HalfVectorField(help_text="unit length")),
                        (
                            "tokens",
                            models.BinaryField(
                                help_text="signs of the vector of each token, a bit a dimension", null=True
                            ),
                        ),
                        (
                            "terms",
                            pgvector.django.sparsevec.SparseVectorField(
                                help_text="saturated term frequencies of the text alone: BM25's half of the document"
                            ),
                        ),
                        (
                            "terms_before",
                            pgvector.django.sparsevec.SparseVectorField(
                                help_text="the same of the text and what was said before it"
                            ),
                        ),
                        (
                            "terms_window",
                            pgvector.django.sparsevec.SparseVectorField(
                                help_text="the same with what was said after it, too"
                            ),
                        ),
                        ("said_at", models.DateTimeField()),
                        (
                            "happened_from",
                            models.DateField(
                                help_text="first day of what is told in it, on the person's calendar", null=True
                            ),
                        ),
                        ("happened_to", models.DateField(help_text="last day of it", null=True)),
                        (
                            "place",
                            models.IntegerField(default=0, help_text="the turn's number in its conversation"),
                        ),
                        (
                            "speaker",
                            models.CharField(
                                choices=[("person", "Person"), ("companion", "Companion")],
                                default="person",
                                max_length=9,
                            ),
                        ),
                        ("asks", models.BooleanField(default=False, help_text="the turn ends in a question")),
                        (
                            "timely",
                            models.BooleanField(default=False, help_text="the turn holds words that tell a time"),
                        ),
                        ("length", models.IntegerField(default=0, help_text="terms of the whole turn")),
                        (
                            "session",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
                                to="memory.session",
                            ),
                        ),
                        (
                            "companion",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="memory.companion"),
                        ),
                        (
                            "memory",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
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
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
                                to="memory.turn",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("turns", models.IntegerField(default=0)),
                ("length", models.BigIntegerField(default=0, help_text="terms in all of them")),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner",), name="one_collection")],
            },
        ),
        migrations.CreateModel(
            name="Lexicon",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("term", models.IntegerField(help_text="stable hash of the stem")),
                ("frequency", models.IntegerField(help_text="turns that hold it")),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner", "term"), name="term_once")],
            },
        ),
        Isolate("memory_key"),
        Isolate("memory_lexicon"),
        Isolate("memory_collection"),
    ]
