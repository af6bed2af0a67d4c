"""A text without the marks of markdown that make quotes, headings, lists and code of its lines."""

import re

LINE_MARKS = re.compile(
    r"^[ \t]*(?:(?:>|#{1,6}(?=\s)|[-*+](?=\s)|\d{1,3}[.)](?=\s)|(?:`{3,}|~{3,})\w*$)[ \t]*)+", re.MULTILINE
)


def on_one_line(text: str) -> str:
    """Its words, without those marks."""
    return " ".join(LINE_MARKS.sub("", text).split())
