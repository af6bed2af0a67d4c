from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_language")]

    operations = [
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(help_text="SHA-256 of the code in the link", max_length=64, unique=True)),
                (
                    "leaver",
                    models.BigIntegerField(help_text="the number that their account has, or had", unique=True),
                ),
                (
                    "erasure",
                    models.BigIntegerField(help_text="what takes them; until it is due it can be taken back"),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict, help_text="rows that went, by what they were")),
            ],
        ),
    ]
