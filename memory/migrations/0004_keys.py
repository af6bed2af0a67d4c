import django.db.models.deletion
import django.db.models.expressions
import pgvector.django.halfvec
import pgvector.django.sparsevec
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate

PARTITIONS = 32

# A person's exact search reads their own partition alone; Django cannot make partitions itself.
PARTITIONED = """
create sequence memory_key_seq as bigint;
create table memory_key (
    owner_id bigint not null references accounts_person (id) deferrable initially deferred,
    id bigint not null default nextval('memory_key_seq'),
    companion_id bigint not null references memory_companion (id) deferrable initially deferred,
    memory_id bigint not null references memory_memory (id) deferrable initially deferred,
    turn_id bigint null references memory_turn (id) deferrable initially deferred,
    kind varchar(10) not null,
    encoder varchar(200) not null,
    embedding halfvec not null,
    terms sparsevec not null,
    said_at timestamptz not null,
    happened_from timestamptz null,
    happened_to timestamptz null,
    primary key (owner_id, id),
    unique nulls not distinct (owner_id, memory_id, turn_id, kind, encoder)
) partition by hash (owner_id);
create index on memory_key (owner_id, turn_id);
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
                                choices=[("turn", "Turn"), ("context", "Context"), ("summary", "Summary")],
                                max_length=10,
                            ),
                        ),
                        (
                            "encoder",
                            models.CharField(
                                help_text="the name of the encoder that made the embedding", max_length=200
                            ),
                        ),
                        ("embedding", pgvector.django.halfvec.HalfVectorField(help_text="unit length")),
                        (
                            "terms",
                            pgvector.django.sparsevec.SparseVectorField(
                                help_text="saturated term frequencies: BM25's half of the document"
                            ),
                        ),
                        ("said_at", models.DateTimeField()),
                        ("happened_from", models.DateTimeField(null=True)),
                        ("happened_to", models.DateTimeField(null=True)),
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
