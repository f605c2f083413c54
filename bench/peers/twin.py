"""A model file of genrefold in a PyTorch network that was written by other hands: the report's network as
`class Net(kind, bands, frames)` with the parameters `conv0`, `layers.N.a` and `.b`, `enc` or `lstm`, `fc1` to `fc3`.
"""
import importlib.util
import re
from pathlib import Path

import torch
from torch import Tensor, nn

from peers.network import WIDTHS, parameters, picture_shape, read_model_file

# What PyTorch's names in `peers/network.py` are called there; `gated.N.both` is `layers.N.a` above `layers.N.b`.
NAMES = [
    (r"^stem\.", "conv0."),
    (r"^encoder\.layers\.0\.", "enc."),
    (r"^encoder\.lstm\.", "lstm."),
    (r"^dense\.0\.", "fc1."),
    (r"^dense\.1\.", "fc2."),
    (r"^scores\.", "fc3."),
]


class Other(Exception):
    """The model's network is another than the report's."""


def load(script: Path, model: Path) -> nn.Module:
    """The script's network with the model's weights."""
    card, arrays = read_model_file(model)
    network, encoder = card["network"], card["network"]["encoder"]
    if (network["channels"], network["dense"]) != (WIDTHS["channels"], WIDTHS["dense"]):
        raise Other("other widths")
    if network.get("norm", "none") != "none":
        raise Other("a normalisation after each block")
    spec = importlib.util.spec_from_file_location("twin", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind = "rglu-lstm" if encoder["kind"] == "lstm" else "rgluformer"
    twin = module.Net(kind, *picture_shape(card["front_end"]))
    # Not the strict way: the twin keeps its positional encoding among its parameters. All others must be there.
    left = twin.load_state_dict(renamed(parameters(arrays)), strict=False)
    if left.unexpected_keys or set(left.missing_keys) - {"pe"}:
        raise Other(f"other parameters: {left}")
    return twin.eval()


def renamed(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """PyTorch's parameters under the twin's names."""
    names = {}
    for name, values in found.items():
        gated = re.fullmatch(r"gated\.(\d+)\.both\.(weight|bias)", name)
        if gated:
            value, gate = torch.chunk(values, 2)
            names |= {f"layers.{gated[1]}.a.{gated[2]}": value, f"layers.{gated[1]}.b.{gated[2]}": gate}
            continue
        for ours, theirs in NAMES:
            name = re.sub(ours, theirs, name)
        names[name] = values
    return names
