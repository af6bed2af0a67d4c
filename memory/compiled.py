"""The encoder's transformer, compiled for this processor by OpenVINO: the same numbers, sooner."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor, nn

log = logging.getLogger(__name__)

NEAR = 1e-3  # two unit vectors' greatest difference in a place; what is measured is below 1e-5
PROBES = [
    "Yes.",
    "What did I say about the two lemon trees on the balcony, and when was that?",
    "昨天我在里斯本见到了她。",
]


def compile_for_processor(model: "SentenceTransformer", *, threads: int) -> bool:
    """Put the compiled transformer in the place of torch's, inside the model; whether it was done.

    It is only done where both read a few texts of different lengths alike. A model that OpenVINO can't translate stays
    as it is, and the log says so.
    """
    transformer: Any = model[0]
    read_by_torch, own = model.encode(PROBES, convert_to_numpy=True), transformer.model
    try:
        with _quietly():
            transformer.model = _compiled(own, _features(model), threads)
        read = model.encode(PROBES, convert_to_numpy=True)
    except Exception as error:
        log.warning("OpenVINO can't compile the encoder, torch reads instead: %s", str(error).partition("\n")[0][:200])
        transformer.model = own
        return False
    if float(np.abs(read - read_by_torch).max()) > NEAR:
        log.warning("OpenVINO's vectors are not the encoder's, torch reads instead")
        transformer.model = own
        return False
    return True


def streams(model: "SentenceTransformer") -> int:
    """How many batches the model reads at once: one, unless it was compiled for more."""
    transformer: Any = model[0]
    return int(getattr(transformer.model, "streams", 1))


@contextmanager
def _quietly() -> Iterator[None]:
    """What tracing warns of (branches that it takes for constant) is what the comparison afterwards looks for."""
    from transformers.utils import logging as told

    before = told.get_verbosity()
    told.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        told.set_verbosity(before)


def _features(model: "SentenceTransformer") -> "dict[str, Tensor]":
    """What the transformer is given for a batch; of different lengths, so that the mask counts."""
    import torch

    transformer: Any = model[0]
    wanted = transformer.model_forward_params
    given = model.preprocess(PROBES)
    return {name: each for name, each in given.items() if torch.is_tensor(each) and (not wanted or name in wanted)}


def _compiled(transformer: "nn.Module", features: "dict[str, Tensor]", threads: int) -> "nn.Module":
    import openvino
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    from transformers.modeling_outputs import BaseModelOutput

    names = list(features)

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *given: "Tensor") -> "Tensor":
            made = self.transformer(**dict(zip(names, given, strict=True)), return_dict=True)
            return made.last_hidden_state  # type: ignore[no-any-return]

    # By the frontend itself: `openvino.convert_model` reports its use to its makers over the network.
    frontend = FrontEndManager().load_by_framework("pytorch")
    traced = TorchScriptPythonDecoder(Traced().eval(), example_input=tuple(features.values()))
    translated = frontend.convert(frontend.load(traced))
    # A stream to a thread: batches side by side wait less for one another than threads within a batch. One more is for
    # a question that comes while they all read what nobody waits for.
    # In single precision: a processor that can would otherwise read in half of it, and no longer as the model does.
    options = {
        "INFERENCE_NUM_THREADS": threads + 1,
        "NUM_STREAMS": threads + 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    ready = openvino.Core().compile_model(translated, "CPU", options)
    own = local()  # a request to a thread: one request reads one batch at a time

    class Compiled(torch.nn.Module):
        config = transformer.config
        streams = threads

        def forward(self, **given: Any) -> Any:
            if not hasattr(own, "request"):
                own.request = ready.create_infer_request()
            read = own.request.infer([given[name].numpy() for name in names], share_inputs=True)[0]
            return BaseModelOutput(last_hidden_state=torch.from_numpy(read))

    return Compiled()
