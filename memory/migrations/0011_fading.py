"""What can still fade, in the order of when it will; and the sweeps' right to write that it has."""

from typing import ClassVar

from django.db import migrations, models

from memory.isolation import SWEEP_ROLE

# Figures and no words. A sweep may write two columns, only of what can still fade, and can make nothing vivid.
SWEPT = f"""
create policy sweep on memory_memory for select to {SWEEP_ROLE} using (true);
create policy sweep_fades on memory_memory for update to {SWEEP_ROLE}
    using (state <> 'faded' and not pinned) with check (state <> 'vivid' and not pinned);
grant select (id, owner_id, strength, recalled_at, fades_at, pinned, state), update (state, fades_at)
    on memory_memory to {SWEEP_ROLE};
"""
UNSWEPT = f"""
drop policy sweep on memory_memory;
drop policy sweep_fades on memory_memory;
revoke all on memory_memory from {SWEEP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0010_days")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="memory",
            name="fades_at",
            field=models.DateTimeField(
                help_text="when R falls to the next threshold; of a faded one, when it fell to the last"
            ),
        ),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(
                condition=models.Q(("state", "faded"), _negated=True) & models.Q(("pinned", False)),
                fields=["fades_at"],
                name="fading_next",
            ),
        ),
        migrations.RunSQL(SWEPT, UNSWEPT),
    ]
