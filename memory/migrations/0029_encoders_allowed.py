"""Which encoders the house allows."""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0028_policies")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="housepolicy",
            name="encoders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=500),
                db_default=[],
                default=list,
                help_text="that may be used; a person has none of their own, for keys of two are never compared",
                size=None,
            ),
        ),
    ]
