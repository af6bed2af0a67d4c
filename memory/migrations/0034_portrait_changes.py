"""What became new in a portrait, and what was dropped from it, is told for a while."""

from typing import ClassVar

from django.db import migrations, models

# The release before knows no dropped lines, and would take them for held ones.
UNDROPPED = """
alter table memory_portraitevidence no force row level security;
alter table memory_portraitline no force row level security;
delete from memory_portraitevidence where line_id in (select id from memory_portraitline where state = 'dropped');
delete from memory_portraitline where state = 'dropped';
alter table memory_portraitline force row level security;
alter table memory_portraitevidence force row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0033_listed_index")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="portraitline",
            name="first_at",
            field=models.DateTimeField(help_text="since when it is drawn; not noted of older ones", null=True),
        ),
        migrations.AlterField(
            model_name="portraitline",
            name="state",
            field=models.CharField(
                choices=[
                    ("drawn", "Drawn"),
                    ("dropped", "Dropped"),
                    ("confirmed", "Confirmed"),
                    ("refused", "Refused"),
                ],
                default="drawn",
                max_length=9,
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, UNDROPPED),
    ]
