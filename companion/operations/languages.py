"""The languages there are: a folder of catalogues each. Run as a program it compiles them, with Babel and nothing else.

`locale/zh_Hans/LC_MESSAGES/django.po` holds the server's sentences, `djangojs.po` the page's. The .mo beside each is
made from it by `make install` and is not kept in the repository.
"""

from collections.abc import Iterable
from pathlib import Path

from django.conf.locale import LANG_INFO

LOCALE = Path(__file__).resolve().parent.parent / "locale"
ENGLISH = "en"  # what the code is written in, and what engines are spoken to


def languages(folders: Iterable[Path]) -> list[tuple[str, str]]:
    """Each language with its own name for itself: English, then those that have a catalogue in one of the folders."""
    found = {path.parent.parent.name for folder in folders for path in folder.glob("*/LC_MESSAGES/django.[mp]o")}
    codes = sorted({name.replace("_", "-").lower() for name in found} - {ENGLISH})
    return [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in [ENGLISH, *codes]]


def compile_all(folder: Path = LOCALE) -> None:
    """Make the .mo of every .po. Raises babel.messages.pofile.PoFileError for one that is malformed."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as written:
            catalogue = read_po(written, locale=path.parent.parent.name, abort_invalid=True)
        with path.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)


if __name__ == "__main__":
    compile_all()
