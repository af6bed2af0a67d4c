"""The smallest answer that a JSON schema allows, as constrained decoding would give one."""

from typing import Any


def example(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:  # noqa: PLR0911 - one a kind
    """A value that is valid by the schema."""
    root = root or schema
    if "$ref" in schema:
        return example(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], root)
    match schema.get("type"):
        case "object":
            return {name: example(part, root) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [example(schema["items"], root)] * max(schema.get("minItems", 0), 1)
        case "string":
            return "They talked about their day and were glad of it."[: schema.get("maxLength", 100)]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
    return None
