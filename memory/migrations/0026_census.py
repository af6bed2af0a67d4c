"""Why an engine's facts were refused, by reason; whether a recall was asked for; what is counted of everybody."""

from typing import ClassVar

from django.db import migrations, models

from memory.isolation import SWEEP_ROLE

GRANTS = f"""
grant select (speaker) on memory_turn to {SWEEP_ROLE};
grant select (kind, superseded_by_id) on memory_memory to {SWEEP_ROLE};
grant select (refused, refusals, done_at) on memory_step to {SWEEP_ROLE};
grant select (refused, done_at) on memory_period to {SWEEP_ROLE};
grant select (id, owner_id, moment, needs_memory, asked, sufficient, milliseconds) on memory_recall to {SWEEP_ROLE};
"""
SWEPT = f"create policy sweep on memory_recall for select to {SWEEP_ROLE} using (true);" + GRANTS
UNSWEPT = "drop policy sweep on memory_recall;" + GRANTS.replace("grant", "revoke").replace(" to ", " from ")


class Migration(migrations.Migration):
    dependencies = [("memory", "0025_companions_go")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="step",
            name="refusals",
            field=models.JSONField(db_default={}, default=dict, help_text="of the refused: how many, by reason"),
        ),
        migrations.AddField(
            model_name="recall",
            name="asked",
            field=models.BooleanField(help_text="whether the words ask something; not noted of older ones", null=True),
        ),
        migrations.RunSQL(SWEPT, UNSWEPT),
    ]
