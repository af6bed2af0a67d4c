"""All that is derived from a person's turns, row by row, without ids: two lives can be compared by it."""

from pgvector import SparseVector

from memory.consolidation.layers import tables
from memory.isolation import acting_as
from memory.models import Key, Memory, Period, PortraitLine, Step

LEFT_OUT = {
    Step: {"asked", "attempts", "due_at", "done_at"},
    Period: {"revision", "attempts", "due_at", "done_at"},
    PortraitLine: {"made_at", "first_at"},  # when a worker came to it
    Key: {"embedding", "tokens"},  # their last bit follows what else the encoder read in the same pass
}


def derived(person):
    """Every column of every row, by table; memories, periods and lines go by what they say, work without its counts."""
    with acting_as(person.pk):
        days = dict(Period.objects.of(person.pk).values_list("pk", "day"))
        memories = {
            memory.pk: (
                memory.kind,
                memory.text,
                str(memory.said_at),
                memory.session_id,
                str(days.get(memory.period_id)),
            )
            for memory in Memory.objects.of(person.pk)
        }
        lines = {line.pk: (line.aspect, line.text) for line in PortraitLine.objects.of(person.pk)}
        names = {Memory: memories, Period: days, PortraitLine: lines}
        return {model.__name__: sorted(_row(each, names) for each in model.objects.of(person.pk)) for model in tables()}


def _row(each, names):
    told = []
    for field in each._meta.concrete_fields:
        if field.name in {"id", "pk"} | LEFT_OUT.get(type(each), set()):
            continue
        value = getattr(each, field.attname)
        if isinstance(value, SparseVector):  # its weights follow the length of the mean turn as of when it was made
            value = sorted(value.indices())
        told.append(f"{field.name}={names[field.related_model].get(value) if field.related_model in names else value}")
    return told
