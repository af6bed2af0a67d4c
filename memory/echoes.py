"""A question that was asked before is no answer to it, however like it is."""

from dataclasses import fields, replace

import numpy as np

from memory.search import COLUMNS, Keys

MORE = 1  # words beside those of the question, such as the name of the one who is asked


def without(keys: Keys) -> Keys:
    """The keys but for turns that only ask the same in the same words."""
    if not len(keys) or not keys.by_term.shape[1]:
        return keys
    asks, length = (keys.figures[:, COLUMNS.index(name)] for name in ("asks", "length"))
    words = keys.by_term.shape[1]
    echo = (asks > 0) & (keys.by_term > 0).all(axis=1) & (length <= words + MORE)
    return replace(keys, **{field.name: np.asarray(getattr(keys, field.name))[~echo] for field in fields(Keys)})
