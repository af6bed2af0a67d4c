"""A change of what the house allows is recorded."""

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
    ("policy", "Policy"),
    ("appointed", "Appointed"),
    ("record", "Exported Record"),
]


class Migration(migrations.Migration):
    dependencies = [("inspection", "0002_portrait_and_summaries")]

    operations = [
        migrations.AlterField("access", "act", models.CharField(choices=ACTS, max_length=10)),
    ]
