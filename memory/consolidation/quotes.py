"""Is a quote really there? Where it stands in a turn, white space and quote marks forgiven, and nothing else."""

from memory import lexicon

ALIKE = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | dict.fromkeys("‘’‚‛`´＇", "'"))
FEWEST_LETTERS = 6  # of a quote that can carry a fact
FEWEST_IN_PAIRS = 3  # of scripts that put no blanks between their words


def find(quote: str, text: str) -> tuple[int, int] | None:
    """The span of the quote's own characters in the text, whole words only; None where it is not there."""
    plain, places = _plain(text)
    wanted, _ = _plain(quote)
    if not says_something(wanted):
        return None
    at = plain.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not _splits_word(plain, at) and not _splits_word(plain, end):
            return places[at], places[end - 1] + 1
        at = plain.find(wanted, at + 1)
    return None


def says_something(quote: str) -> bool:
    """Whether it is long enough for its being there to mean anything."""
    if lexicon.RUNS.search(quote):
        return sum(map(str.isalnum, quote)) >= FEWEST_IN_PAIRS
    return len(quote.split()) > 1 and sum(map(str.isalnum, quote)) >= FEWEST_LETTERS


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with single blanks and plain quote marks, and where each of its characters stood."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text.translate(ALIKE)):
        if not character.isspace():
            characters.append(character)
            places.append(place)
        elif characters and characters[-1] != " ":
            characters.append(" ")
            places.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        places.pop()
    return "".join(characters), places


def _splits_word(text: str, place: int) -> bool:
    """Whether a cut here would go through a word of a script that has blanks between them."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return before.isalnum() and after.isalnum() and not lexicon.RUNS.match(before) and not lexicon.RUNS.match(after)
