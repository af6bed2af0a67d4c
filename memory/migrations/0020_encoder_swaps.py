"""Which encoder stands for the one that ENCODER names, once its keys were all made beside the old ones."""

from typing import ClassVar

from django.db import migrations

from memory.isolation import APP_ROLE, SWEEP_ROLE

# Nobody's row: two names of models. The owner writes it, everybody else may read it.
FORWARDS = f"""
create table memory_encoder_swap (
    configured varchar(200) primary key,
    in_use varchar(200) not null,
    swapped_at timestamptz not null default now()
);
alter table memory_encoder_swap enable row level security;
create policy read on memory_encoder_swap for select to {APP_ROLE}, {SWEEP_ROLE} using (true);
grant select on memory_encoder_swap to {APP_ROLE}, {SWEEP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0019_conversations")]

    operations: ClassVar = [migrations.RunSQL(FORWARDS, "drop table memory_encoder_swap")]
