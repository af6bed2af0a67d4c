"""Gather what is to be translated: `make messages` writes the templates and brings every language up to date.

Babel reads Python and Jinja; Django turns its own templates into something that Babel's lexer of JavaScript can read;
in the page's sources the calls are found by their form, so that Svelte's markup need not be understood.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.jslexer import unquote_string
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from companion.operations.languages import LOCALE, compile_all

ROOT = LOCALE.parent.parent
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
COMMENTS = ("Translators:",)
JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}  # as the worker's environments are
FRONTEND = ROOT / "frontend" / "src"
OWN = FRONTEND / "shell" / "translation.ts"  # defines the functions
CALL = re.compile(r"(?<![\w.])(gettext|ngettext|pgettext)\(\s*")
STRING = r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`"""
LITERAL = re.compile(rf"((?:{STRING})(?:\s*\+\s*(?:{STRING}))*)\s*(?:,\s*|(?=\)))")
ARGUMENTS = {"gettext": 1, "ngettext": 2, "pgettext": 2}  # that must stand there in so many words

HEADER = "# What Rosemary says in another language; see docs/architecture.md."

Message = tuple[int, str | tuple[str, ...], list[str], str | None]  # line, id or ids, comments, context
Reader = Callable[[Path], Iterable[Message]]


class NotLiteral(ValueError):
    """A call whose words are not written out, so that nobody can translate them."""


def templates() -> dict[str, Catalog]:
    """All there is to translate now, by domain: the server's (`django`) and the page's (`djangojs`)."""
    return {"django": _gathered(_server()), "djangojs": _gathered(_frontend())}


def _server() -> Iterator[tuple[Path, Reader]]:
    for house in ("companion", "memory", "worker"):
        yield from ((path, _python) for path in sorted((ROOT / house).rglob("*.py")))
        yield from ((path, _jinja) for path in sorted((ROOT / house).rglob("*.jinja")))
    texts = (
        path
        for path in sorted((ROOT / "companion" / "templates").rglob("*"))
        if path.suffix in (".html", ".svg", ".txt")
    )
    yield from ((path, _django) for path in texts)


def _frontend() -> Iterator[tuple[Path, Reader]]:
    paths = (path for path in sorted(FRONTEND.rglob("*")) if path.suffix in (".svelte", ".ts") and path != OWN)
    yield from ((path, _calls) for path in paths)


def _gathered(sources: Iterable[tuple[Path, Reader]]) -> Catalog:
    catalogue = Catalog()
    for path, reader in sources:
        for line, ids, comments, context in reader(path):
            place = (str(path.relative_to(ROOT)), line)
            catalogue.add(ids, locations=[place], auto_comments=comments, context=context)
    return catalogue


def _python(path: Path) -> Iterator[Message]:
    with path.open("rb") as source:
        yield from _extracted("python", source)


def _jinja(path: Path) -> Iterator[Message]:
    with path.open("rb") as source:
        yield from _extracted("jinja2.ext:babel_extract", source, JINJA)


def _django(path: Path) -> Iterator[Message]:
    yield from _extracted("javascript", BytesIO(templatize(path.read_text(), origin=str(path)).encode()))


def _extracted(method: str, source: BinaryIO, options: dict[str, str] | None = None) -> Iterator[Message]:
    found = extract(method, source, keywords=KEYWORDS, comment_tags=COMMENTS, options=options)
    yield from cast(Iterator[Message], found)


def _calls(path: Path) -> Iterator[Message]:
    """Calls in TypeScript or Svelte, found by their form. Raises NotLiteral."""
    text = path.read_text()
    for call in CALL.finditer(text):
        line = text.count("\n", 0, call.start()) + 1
        words, place = [], call.end()
        for _ in range(ARGUMENTS[call[1]]):
            literal = LITERAL.match(text, place)
            if literal is None:
                raise NotLiteral(f"{path}:{line}: what {call[1]} is to translate must stand there as it is.")
            words.append("".join(unquote_string(each) for each in re.findall(STRING, literal[1])))
            place = literal.end()
        if call[1] == "pgettext":
            yield line, words[1], [], words[0]
        else:
            yield line, words[0] if len(words) == 1 else tuple(words), [], None


def update() -> None:
    """Write the templates, and into each language what is new; what is used no more goes."""
    for domain, template in templates().items():
        _write(LOCALE / f"{domain}.pot", template, header=False)
        for folder in sorted(LOCALE.glob("*/LC_MESSAGES")):
            path = folder / f"{domain}.po"
            catalogue = Catalog(locale=folder.parent.name, header_comment=HEADER, project="Rosemary", fuzzy=False)
            if path.exists():
                with path.open("rb") as written:
                    catalogue = read_po(written, locale=folder.parent.name)
            catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
            catalogue.obsolete.clear()
            _write(path, catalogue, header=True)


def _write(path: Path, catalogue: Catalog, *, header: bool) -> None:
    with path.open("wb") as out:
        write_po(out, catalogue, width=120, omit_header=not header, include_lineno=False)


if __name__ == "__main__":
    update()
    compile_all()
