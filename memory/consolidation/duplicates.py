"""How many facts are left that seem to say the same: a figure to watch, for merging must rather miss one than take two
different things for one (“bought” and “sold” are nearer in meaning than many a repetition)."""

from django.db import connection

ALIKE = 0.9  # cosine from which two facts of one subject seem to say the same

LEFT = """
select count(distinct (one.fact_id, other.fact_id)) from memory_key one
join memory_key other on other.owner_id = %(owner)s and other.kind = 'fact' and other.encoder = one.encoder
    and other.companion_id = one.companion_id and other.fact_id > one.fact_id
join memory_memory a on a.id = one.fact_id join memory_memory b on b.id = other.fact_id
where one.owner_id = %(owner)s and one.kind = 'fact' and one.encoder = %(encoder)s
    and a.subject = b.subject and a.told = b.told and a.superseded_by_id is null and b.superseded_by_id is null
    and a.happened_from is not distinct from b.happened_from
    and 1 - (one.embedding <=> other.embedding) >= %(alike)s
"""


def left(owner: int, *, encoder: str, alike: float = ALIKE) -> int:
    """Pairs of facts that hold, of one subject, sort and day, at least so near in meaning (cosine, 0-1).

    Compares every pair: for measurements, not for the chat. Runs inside `acting_as(person)`.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"owner": owner, "encoder": encoder, "alike": alike})
        return int(cursor.fetchone()[0])
