import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from memory.isolation import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0004_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Recall",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("question", models.TextField()),
                ("moment", models.DateTimeField(help_text="as of when it was asked")),
                ("forms", models.JSONField(default=list, help_text="the question's normal forms")),
                ("needs_memory", models.BooleanField(default=True, help_text="the gate's verdict")),
                (
                    "sufficient",
                    models.BooleanField(default=False, help_text="whether memory seems to hold the answer"),
                ),
                ("milliseconds", models.FloatField(default=0.0)),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "reply",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recall",
                        to="memory.reply",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Recalled",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("rank", models.PositiveSmallIntegerField(help_text="1 is the best")),
                ("scores", models.JSONField(help_text="named parts and their total, 0-1")),
                ("in_prompt", models.BooleanField(default=False)),
                ("used", models.BooleanField(default=False, help_text="the reply shows it")),
                (
                    "memory",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="memory.memory"),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "recall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recalled",
                        to="memory.recall",
                    ),
                ),
                (
                    "turn",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="memory.turn"),
                ),
            ],
            options={
                "verbose_name_plural": "recalled",
                "ordering": ["rank"],
                "constraints": [models.UniqueConstraint(fields=("recall", "rank"), name="one_memory_a_rank")],
            },
        ),
        Isolate("memory_recall"),
        Isolate("memory_recalled"),
    ]
