"""Which language model the administrator of this installation has named."""

from typing import ClassVar

from django.db import migrations

from memory.isolation import APP_ROLE

# Nobody's row, and one for all: the app writes it where an administrator asks, web and workers read it. Its key is
# sealed (worker/engines/sealed.py).
FORWARDS = f"""
create table memory_house_engine (
    house boolean primary key default true check (house),
    kind varchar(7) not null check (kind in ('found', 'address', 'none')),
    url varchar(500) not null default '',
    model varchar(200) not null default '',
    key bytea not null default '',
    chosen_at timestamptz not null default now()
);
alter table memory_house_engine enable row level security;
create policy house on memory_house_engine to {APP_ROLE} using (true) with check (true);
grant select, insert, update, delete on memory_house_engine to {APP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0023_imports_and_leaving")]

    operations: ClassVar = [migrations.RunSQL(FORWARDS, "drop table memory_house_engine")]
