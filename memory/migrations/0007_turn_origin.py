from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0006_reply_asked")]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="origin",
            field=models.CharField(help_text="the source's own id of it, when imported", max_length=200, null=True),
        ),
    ]
