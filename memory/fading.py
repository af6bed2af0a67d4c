"""The state of memories follows their retention: what has just crossed a threshold is written, and nothing else.

Each row holds the moment of its next crossing, and an index holds those of all that can still cross one, in order. So
the work grows with what has crossed since it was done last, not with what is remembered.
"""

import math
from datetime import datetime

from django.db import connections, transaction

from memory import retention

AT_ONCE = 1_000  # rows of one transaction
TURNS = 200  # transactions of one call; what is left, the next call takes

# It runs under the sweeps' role and not person by person, because that would cost a transaction for everybody of whom
# something crosses. The role may read figures and no words here, may write `state` and `fades_at` and nothing else,
# and by policy can only ever make a memory less vivid (migration 0011). Rows that somebody holds are left for the next
# time: whoever reinforces one sets its state anew.
CROSSED = """
with crossed as (
    select id, recalled_at + make_interval(secs => strength * %(lasts)s) as gone_at from memory_memory
    where state <> 'faded' and not pinned and fades_at < %(now)s
    order by fades_at limit %(most)s for no key update skip locked
)
update memory_memory as memory
set state = case when gone_at < %(now)s then 'faded' else 'fading' end, fades_at = gone_at
from crossed where memory.id = crossed.id
"""
# Each crossed row is looked up by its id, however few rows there are and whatever the statistics say.
ONE_BY_ONE = "set local enable_hashjoin = off; set local enable_mergejoin = off"


def fade(*, now: datetime) -> int:
    """Bring up the state of what crossed a threshold before this moment, of everybody; returns how many rows.

    Safe to run at any time, twice, and in several processes. What was left for long comes in bounded transactions.
    """
    faded = 0
    for _ in range(TURNS):
        changed = _fade_some(now)
        faded += changed
        if changed < AT_ONCE:
            break
    return faded


def _fade_some(now: datetime) -> int:
    lasts = 86_400 * math.log(1 / retention.FADED)  # seconds a day of strength
    with transaction.atomic(using="sweep"), connections["sweep"].cursor() as cursor:
        cursor.execute(ONE_BY_ONE)
        cursor.execute(CROSSED, {"now": now, "lasts": lasts, "most": AT_ONCE})
        return int(cursor.rowcount)
