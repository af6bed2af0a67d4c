"""How many tokens a text costs where no tokenizer can be asked, and how a text is cut to what it may cost."""

import re

MESSAGE_OVERHEAD = 8  # tokens that a chat template adds around one message, at most
MESSAGE_SPELLED = 24  # tokens of the same where the tokenizer has no signs for it and spells them
SENTENCE_ENDS = re.compile(r"[.!?…](?=\s)|[。！？]")


def estimate_tokens(text: str) -> int:
    """Tokens of a text without the engine's own tokenizer: one for three bytes, more than English needs."""
    return len(text.encode()) // 3 + 1


def most_tokens(message: str) -> int:
    """Tokens that one message costs at most, by any tokenizer: none has a token that is shorter than a byte."""
    return len(message.encode()) + MESSAGE_SPELLED


def beginning(text: str, tokens: int) -> str:
    """As many of a text's first sentences as fit into so many tokens, by the estimate."""
    if estimate_tokens(text) <= tokens:
        return text
    cut = text.encode()[: max(3 * tokens - 3, 0)].decode(errors="ignore")
    ends = [match.end() for match in SENTENCE_ENDS.finditer(cut)]
    return cut[: ends[-1]].rstrip() if ends else ""


def cut_middle(text: str, length: int) -> str:
    """The beginning and the end of a text, with a mark for what is left out between them; a shorter one as it is."""
    if len(text) <= length:
        return text
    half = max(length // 2, 40)
    return f"{text[:half]}\n[…]\n{text[-half:]}"
