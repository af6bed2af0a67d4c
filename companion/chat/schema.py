"""The one schema of what browser and server say to each other, from which the browser's types are made."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from companion.chat import pages, protocol
from companion.chat.changes import Frame

SPOKEN: dict[str, Any] = {"Asked": protocol.Asked, "StreamFrame": protocol.StreamFrame, "Told": protocol.Told}


class WithoutTitles(GenerateJsonSchema):
    """A title for each field would become a type of its own in TypeScript."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def schema() -> dict[str, Any]:
    """JSON Schema: what the browser sends as it may be left out, what it is told as it always comes."""
    read: list[type[Frame]] = [*_members(protocol.Told), pages.Boot, pages.Found, pages.Headings]
    both: list[tuple[type[Frame], JsonSchemaMode]] = [(frame, "validation") for frame in _members(protocol.Asked)]
    both += [(frame, "serialization") for frame in read]
    _, definitions = models_json_schema(both, schema_generator=WithoutTitles)
    unions = {
        name: {"anyOf": [{"$ref": f"#/$defs/{frame.__name__}"} for frame in _members(union)]}
        for name, union in SPOKEN.items()
    }
    return {"title": "Frames", "$defs": {**definitions["$defs"], **unions}}


def _members(union: Any) -> tuple[type[Frame], ...]:
    members: tuple[type[Frame], ...] = union.__args__
    return members
