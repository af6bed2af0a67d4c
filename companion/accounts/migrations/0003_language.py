from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="language",
            field=models.CharField(
                blank=True, default="", help_text="chosen by hand; empty: the browser's", max_length=16
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="browser_language",
            field=models.CharField(blank=True, default="", help_text="as it last asked for pages", max_length=16),
        ),
    ]
