"""The parts that a worker has of its own, looked at when it is scraped: does the engine answer, is the encoder here?"""

import time
from collections.abc import Iterator

import httpx
from django.conf import settings
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from memory import encoder
from worker import engines
from worker.engines.openai_compatible import OpenAICompatible

PATIENCE = 2.0  # seconds, well below a scrape's own
LOOK_AGAIN = 10.0  # seconds


class OwnParts(Collector):
    """The engine is asked at most once in ten seconds, however many look."""

    def __init__(self) -> None:
        self._asked = float("-inf")
        self._answers = False

    def describe(self) -> list[GaugeMetricFamily]:
        """The names alone, so that registering asks nobody."""
        return [_engine_up(), _encoder_loaded()]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is so now; without a language model there is no sample of it."""
        up, engine = _engine_up(), engines.current()
        if isinstance(engine, OpenAICompatible):
            up.add_metric([engine.where], float(self._look(engine)))
        yield up
        loaded = _encoder_loaded()
        loaded.add_metric([encoder.loaded() or settings.ENCODER], float(encoder.loaded() is not None))
        yield loaded

    def _look(self, engine: OpenAICompatible) -> bool:
        if time.monotonic() - self._asked > LOOK_AGAIN:
            self._asked, self._answers = time.monotonic(), _answers(engine)
        return self._answers


def _engine_up() -> GaugeMetricFamily:
    return GaugeMetricFamily("rosemary_engine_up", "Whether the language model’s server answers.", labels=["engine"])


def _encoder_loaded() -> GaugeMetricFamily:
    return GaugeMetricFamily("rosemary_encoder_loaded", "Whether this worker has its encoder.", labels=["encoder"])


def _answers(engine: OpenAICompatible) -> bool:
    try:
        engine.models(patience=PATIENCE)
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False
    return True
