from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0007_turn_origin")]

    operations = [
        migrations.AddField(
            model_name="recall",
            name="answerable",
            field=models.FloatField(default=0.0, help_text="0-1: how sure it is that memory holds the answer"),
        ),
        migrations.AddField(
            model_name="recall",
            name="asked_from",
            field=models.DateField(
                help_text="first day of the time that the question names, where it is one", null=True
            ),
        ),
        migrations.AddField(
            model_name="recall",
            name="asked_to",
            field=models.DateField(help_text="last day of it", null=True),
        ),
        migrations.AddField(
            model_name="recall",
            name="asked_in_words",
            field=models.CharField(blank=True, default="", help_text="the words that name the time", max_length=200),
        ),
    ]
