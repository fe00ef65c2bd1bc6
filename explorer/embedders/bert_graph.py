"""OpenVINO graph of a BERT model, made from its weights without PyTorch.

The architecture is that of Devlin et al. 2019 (doi:10.18653/v1/N19-1423) as sentence-transformers
uses it: mean of the last layer over the tokens that are no padding (Reimers and Gurevych 2019,
doi:10.18653/v1/D19-1410), made a unit vector.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

_LEAST_NORM = 1e-12


def bert_graph(folder: Path) -> Any:
    """Return the graph of the model in ``folder``, an ``openvino.Model``.

    Inputs are ``input_ids`` and ``attention_mask``, int64 of shape (texts, tokens); the output is
    float32, unit vectors of shape (texts, dimension).
    """
    from openvino import Model, PartialShape
    from openvino import opset13 as ops
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights: Weights = load_file(folder / "model.safetensors")
    shape = PartialShape([-1, -1])
    ids = ops.parameter(shape, np.int64, name="input_ids")
    mask = ops.parameter(shape, np.int64, name="attention_mask")
    for node in (ids, mask):
        node.output(0).tensor.set_names({node.friendly_name})
    layers = _Layers(weights, config)
    hidden = layers.embed(ids)
    attended = ops.unsqueeze(ops.convert(mask, "boolean"), [1, 2])
    for number in range(int(config["num_hidden_layers"])):
        hidden = layers.transform(hidden, attended, f"encoder.layer.{number}")
    counted = ops.unsqueeze(ops.convert(mask, "f32"), [2])
    total = ops.reduce_sum(ops.multiply(hidden, counted), [1])
    mean = ops.divide(total, ops.maximum(ops.reduce_sum(counted, [1]), _constant(1e-9)))
    norm = ops.sqrt(ops.reduce_sum(ops.multiply(mean, mean), [1], keep_dims=True))
    vectors = ops.divide(mean, ops.maximum(norm, _constant(_LEAST_NORM)))
    return Model([vectors], [ids, mask], "bert")


class _Layers:
    """Parts of the graph, with their weights."""

    def __init__(self, weights: Weights, config: dict[str, Any]) -> None:
        self._weights = weights
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])

    def embed(self, ids: Any) -> Any:
        """Return the sum of what the word, its position and its segment, the first, stand for."""
        from openvino import opset13 as ops

        words = ops.gather(self._weight("embeddings.word_embeddings.weight"), ids, _integer(0))
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][:1]
        length = ops.gather(ops.shape_of(ids), _integer([1]), _integer(0))
        used = ops.slice(_constant(places), _integer([0]), length, _integer([1]), _integer([0]))
        return self._normalised(ops.add(words, used), "embeddings.LayerNorm")

    def transform(self, hidden: Any, attended: Any, layer: str) -> Any:
        """Return the output of one transformer layer."""
        from openvino import opset13 as ops

        query, key, value = (
            self._by_head(self._linear(hidden, f"{layer}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        seen = ops.scaled_dot_product_attention(query, key, value, attended)
        merged = ops.reshape(ops.transpose(seen, [0, 2, 1, 3]), [0, 0, -1], special_zero=True)
        output = self._linear(merged, f"{layer}.attention.output.dense")
        hidden = self._normalised(ops.add(output, hidden), f"{layer}.attention.output.LayerNorm")
        inner = ops.gelu(self._linear(hidden, f"{layer}.intermediate.dense"), "erf")
        output = self._linear(inner, f"{layer}.output.dense")
        return self._normalised(ops.add(output, hidden), f"{layer}.output.LayerNorm")

    def _by_head(self, values: Any) -> Any:
        from openvino import opset13 as ops

        split = ops.reshape(values, [0, 0, self._heads, -1], special_zero=True)
        return ops.transpose(split, [0, 2, 1, 3])

    def _linear(self, values: Any, name: str) -> Any:
        from openvino import opset13 as ops

        product = ops.matmul(values, self._weight(f"{name}.weight"), False, True)
        return ops.add(product, self._weight(f"{name}.bias"))

    def _normalised(self, values: Any, name: str) -> Any:
        from openvino import opset13 as ops

        scaled = ops.mvn(values, _integer([-1]), True, self._epsilon, "inside_sqrt")
        return ops.add(
            ops.multiply(scaled, self._weight(f"{name}.weight")), self._weight(f"{name}.bias")
        )

    def _weight(self, name: str) -> Any:
        return _constant(self._weights[name])


def _constant(value: float | NDArray[np.float32]) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.asarray(value, dtype=np.float32))


def _integer(value: int | list[int]) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.asarray(value, dtype=np.int64))
