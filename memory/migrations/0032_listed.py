"""What counts as a memory can be counted over everybody: whether a day's summary says what its only session says."""

from typing import ClassVar

from django.db import migrations

from memory.isolation import SWEEP_ROLE

# What made a memory: a model's name and a prompt's, no words of anybody.
SWEPT = f"grant select (version) on memory_memory to {SWEEP_ROLE};"
UNSWEPT = SWEPT.replace("grant", "revoke").replace(" to ", " from ")


class Migration(migrations.Migration):
    dependencies = [("memory", "0031_erasing_in_portions")]

    operations: ClassVar = [migrations.RunSQL(SWEPT, UNSWEPT)]
