"""The encoder: whether it loads, and whether the keys are its own."""

from django.db import connections

from companion.operations.doctor.database import ask
from companion.operations.doctor.finding import Finding
from memory import encoder, encoder_swap, policy
from memory.isolation import acting_as
from worker import sweeps

TRIED = 200  # people whose keys are measured
LENGTHS = """
(select vector_dims(embedding) from memory_key where owner_id = %(person)s and encoder = %(encoder)s
 order by id limit 1)
union
(select vector_dims(embedding) from memory_key where owner_id = %(person)s and encoder = %(encoder)s
 order by id desc limit 1)
"""  # of the oldest and the newest: a model that was exchanged under its name left both kinds


def fits_the_keys() -> list[Finding]:
    """The encoder is allowed and can be had, its vectors are as long as the keys', and every turn has a key of it."""
    try:
        policy.check_encoder(encoder_swap.in_use())
    except policy.NotAllowed as problem:
        allowed = policy.of_house().encoders[0]
        return [Finding("encoder", f"In use: {problem}", f"manage.py reencode --encoder {allowed}")]
    try:
        dimension = encoder.current().encode(["a few words"]).shape[1]
    except encoder.EncoderUnavailable as problem:
        return [Finding("encoder", str(problem), "ENCODER=all-MiniLM-L6-v2  # it is packaged, or name another")]
    return _measured(dimension) + _missing()


def _measured(dimension: int) -> list[Finding]:
    """Two models under one name: their vectors cannot be compared, and recall fails."""
    people = [pk for (pk,) in ask("select id from accounts_person order by id desc limit %s", [TRIED])]
    found = {length for person_id in people for length in _lengths(person_id)} - {dimension}
    again = f"manage.py reencode --encoder {encoder_swap.in_use()} --anew"
    return [
        Finding(
            "encoder", f"{encoder_swap.in_use()} gives {dimension} dimensions, but keys of it have {length}.", again
        )
        for length in sorted(found)
    ]


def _lengths(person_id: int) -> list[int]:
    with acting_as(person_id), connections["default"].cursor() as cursor:
        cursor.execute(LENGTHS, {"person": person_id, "encoder": encoder_swap.in_use()})
        return [row[0] for row in cursor.fetchall()]


def _missing() -> list[Finding]:
    turns = sum(len(turn_ids) for turn_ids in sweeps.turns_without_keys().values())
    if not turns:
        return []
    many = f"{turns} or more" if turns >= sweeps.AT_ONCE else str(turns)
    wrong = f"{many} turns have no key of {encoder_swap.in_use()}, so they cannot be recalled yet."
    mend = "start a memory worker and beat, who make them; or go back to the encoder there was before"
    return [Finding("encoder", wrong, mend)]
