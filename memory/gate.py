"""Is memory needed at all (SCM, Adapt-LLM)? And does what came to mind hold the answer?"""

import numpy as np
from numpy.typing import NDArray

from memory import combination
from memory.combination import TABLE, Turns, Weights
from memory.lexicon import WORD

SMALL_TALK = frozenset(
    """
    hi hello hey hiya good morning evening afternoon night day thanks thank you so much a lot very bye goodbye see later
    tomorrow soon ok okay cool great nice lovely yes no yep nope sure got it i ha haha lol wow how are doing sleep well
    too there again everyone dear
    你好 您好 嗨 哈喽 早 早安 早上好 上午好 中午好 下午好 晚上好 晚安 谢谢 谢谢你 谢谢您 多谢 再见 拜拜 明天见
    好 好的 好吧 嗯 哦
    是的 对 不是 没有 哈哈 哈哈哈 知道了 明白了 你好吗 最近好吗
    """.split()
)
MOST_WORDS = 8  # a longer text says something, whatever its words


def needs_memory(text: str, *, companion: str = "") -> bool:
    """Small talk needs no memory and gets none; greeting the companion by name is small talk too."""
    words = [word.lower() for word in WORD.findall(text)]
    known = SMALL_TALK | {word.lower() for word in WORD.findall(companion)}
    return len(words) > MOST_WORDS or not known.issuperset(words)


# What tells whether memory holds the answer, each the same for every person and question.
SIGNS = (
    "best",  # weighted sum of the best turn, whoever said it
    "margin",  # by which it leads the fifth
    "asked_against_other",  # best of the one asked about, minus best of the other; 0 where nobody is
    "asked_speaks",  # share of the best three that the one asked about said
    "somebody_asked",  # whether the question says whose words are looked for
    "words_alone",  # best share of the question's words in one turn
    "words_window",  # the same with its neighbours
    "meaning",  # best cosine
    "own_words_window",  # the last two among the turns of the one asked about
    "own_meaning",
)
# A lead counts by how near the leader is and by who was asked about and speaks; who is ahead counts by their words.
TOGETHER = (
    ("margin", "meaning"),
    ("asked_against_other", "own_words_window"),
    ("margin", "asked_speaks"),
    ("margin", "somebody_asked"),
)
SUFFICIENT = 0.4  # below one half: notes are quoted and dated, so a needless no costs more than a needless yes


def answerable(turns: Turns, weights: Weights, *, speaker: str | None) -> float:
    """How sure it is that memory holds the answer, 0-1: a logistic regression on SIGNS and TOGETHER, calibrated."""
    return round(sureness(turns, weights, TABLE["answerable"], speaker=speaker), 4)


def sureness(turns: Turns, weights: Weights, verdict: Weights, *, speaker: str | None) -> float:
    """The same by another table: `verdict` weighs the signs, with an offset; `weights` rank the turns."""
    if not len(turns):
        return 0.0
    figures = signs(turns, weights, speaker=speaker)
    odds = verdict["offset"] + sum(verdict.get(name, 0.0) * figure for name, figure in figures.items())
    return float(1 / (1 + np.exp(-np.clip(odds, -50, 50))))


def signs(turns: Turns, weights: Weights, *, speaker: str | None) -> dict[str, float]:
    """The figures that `answerable` weighs, by name: SIGNS, and products of two of them as “one x other”."""
    scores = combination.weigh(turns.parts, {**weights, "speaker": 0.0})
    order = np.argsort(-scores)
    own = np.ones(len(turns), bool) if speaker is None else turns.said_by_person == (speaker == "person")
    part = {name: turns.part(name) for name in ("lexical_turn", "lexical_window", "dense")}
    alone = {
        "best": float(scores[order[0]]),
        "margin": float(scores[order[0]] - scores[order[min(4, len(order) - 1)]]),
        "asked_against_other": float(_best(scores, own) - _best(scores, ~own)) if own.any() and (~own).any() else 0.0,
        "asked_speaks": float(own[order[:3]].mean()) if speaker else 0.0,
        "somebody_asked": float(speaker is not None),
        "words_alone": float(part["lexical_turn"].max()),
        "words_window": float(part["lexical_window"].max()),
        "meaning": float(part["dense"].max()),
        "own_words_window": float(_best(part["lexical_window"], own)),
        "own_meaning": float(_best(part["dense"], own)),
    }
    return alone | {f"{one} x {other}": alone[one] * alone[other] for one, other in TOGETHER}


def _best(figures: NDArray[np.float64], among: NDArray[np.bool_]) -> float:
    return float(figures[among].max()) if among.any() else 0.0
