"""The sweep may see of which day and layer a period is: what stands below is summed up first."""

from typing import ClassVar

from django.db import migrations

from memory.isolation import SWEEP_ROLE

SWEPT = f"grant select (day, layer) on memory_period to {SWEEP_ROLE};"
UNSWEPT = SWEPT.replace("grant", "revoke").replace(" to ", " from ")


class Migration(migrations.Migration):
    dependencies = [("memory", "0020_encoder_swaps")]

    operations: ClassVar = [migrations.RunSQL(SWEPT, UNSWEPT)]
