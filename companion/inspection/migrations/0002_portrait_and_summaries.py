"""Looks at a portrait and at summaries are recorded, each under its own name."""

from django.db import migrations, models

ACTS = [
    ("opened", "Opened"),
    ("closed", "Closed"),
    ("overview", "Overview"),
    ("figures", "Figures"),
    ("memory", "Memory"),
    ("portrait", "Portrait"),
    ("summaries", "Summaries"),
    ("recalls", "Recalls"),
    ("tried", "Tried"),
    ("retried", "Retried"),
    ("erased", "Erased"),
    ("taken back", "Taken Back"),
    ("exported", "Exported"),
    ("appointed", "Appointed"),
    ("record", "Exported Record"),
]


class Migration(migrations.Migration):
    dependencies = [("inspection", "0001_initial")]

    operations = [
        migrations.AlterField("access", "act", models.CharField(choices=ACTS, max_length=10)),
    ]
