"""The network in PyTorch's own layers, as one would write it there, and the reader of genrefold's model file.

Both convolutions of a gated layer are one `Conv1d` of twice the width before `glu`: in eager mode that is faster
than two convolutions and a sigmoid, and a peer deserves its better form.
"""
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

EMBEDDED_MODEL = Path(__file__).resolve().parents[2] / "crates/genrefold/assets/gtzan.safetensors"
DTYPES = {"F16": np.float16, "F32": np.float32}
# What `genrefold benchmark` draws its random pictures as: the report's 217 x 334, ten genres.
REPORT_PICTURE = (217, 334)
TRANSFORMER = {"kind": "transformer", "heads": 8, "feed_forward": 2048, "layers": 1, "dropout": 0.1}
ENCODERS = {"rgluformer": TRANSFORMER, "rglu-lstm": {"kind": "lstm", "hidden": 256}}
WIDTHS = {"channels": [64, 64, 64, 128, 128, 256], "dense": [200, 100], "dense_dropout": 0.2}

Arrays = dict[str, np.ndarray]


class Gated(nn.Module):
    """Y = [X +] A * sigmoid(B) with A and B convolutions of X; the residual only where widths agree."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.both = nn.Conv1d(width, 2 * out, 3, padding=1)
        self.residual = width == out

    def forward(self, x: Tensor) -> Tensor:
        y = F.glu(self.both(x), dim=1)
        return x + y if self.residual else y


class Transformer(nn.Module):
    """Positional encoding and encoder layers over moments, or over channels."""

    def __init__(self, moments: int, channels: int, config: dict) -> None:
        super().__init__()
        self.over_channels = config.get("tokens", "time") == "channel"
        tokens, width = (channels, moments) if self.over_channels else (moments, channels)
        self.register_buffer("positions", positions(tokens, width), persistent=False)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                config["heads"],
                config["feed_forward"],
                config["dropout"],
                batch_first=True,
                norm_first=config.get("norm_first", False),
            )
            for _ in range(config["layers"])
        )

    def forward(self, x: Tensor) -> Tensor:
        x = (x.transpose(1, 2) if self.over_channels else x) + self.positions
        for layer in self.layers:
            x = layer(x)
        return x.transpose(1, 2) if self.over_channels else x


class Lstm(nn.Module):
    """One recurrent layer over moments, one way or both."""

    def __init__(self, width: int, config: dict) -> None:
        super().__init__()
        both = config.get("bidirectional", False)
        self.lstm = nn.LSTM(width, config["hidden"], batch_first=True, bidirectional=both)
        self.width = config["hidden"] * (2 if both else 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0]


class OverChannels(nn.LayerNorm):
    """Layer normalisation of each moment of [batch, channels, time]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


NORMS = {"layer": OverChannels, "batch": nn.BatchNorm1d}


class Network(nn.Module):
    """Pictures [batch, rows, columns] to one score a genre; a normalisation per row comes first if there is one."""

    def __init__(self, config: dict, rows: int, columns: int, genres: int = 10) -> None:
        super().__init__()
        channels, encoder = config["channels"], config["encoder"]
        self.stem = nn.Conv1d(rows, channels[0], 3, padding=1)
        self.gated, self.norms = nn.ModuleList(), nn.ModuleList()
        for width, out in zip(channels, channels[1:]):
            self.gated.extend([Gated(width, out), Gated(out, out)])
            if config.get("norm", "none") != "none":
                self.norms.append(NORMS[config["norm"]](out))
        moments = columns >> (len(channels) - 1)
        if encoder["kind"] == "lstm":
            self.encoder = Lstm(channels[-1], encoder)
            width = self.encoder.width
        else:
            self.encoder, width = Transformer(moments, channels[-1], encoder), channels[-1]
        widths = [2 * width, *config["dense"]]
        self.dense = nn.ModuleList(nn.Linear(i, o) for i, o in zip(widths, widths[1:]))
        self.drop = nn.Dropout(config["dense_dropout"])
        self.scores = nn.Linear(widths[-1], genres)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for number, layer in enumerate(self.gated):
            x = layer(x)
            if number % 2:
                x = F.max_pool1d(x, 2)
                x = self.norms[number // 2](x) if self.norms else x
        x = self.encoder(x.transpose(1, 2))
        x = torch.cat([x.mean(1), x.amax(1)], 1)
        for layer in self.dense:
            x = self.drop(F.relu(layer(x)))
        return self.scores(x)


def report_network(name: str) -> Network:
    """RGLUformer or RGLU-LSTM for the report's pictures, with random weights."""
    return Network(WIDTHS | {"encoder": ENCODERS[name]}, *REPORT_PICTURE)


def positions(tokens: int, width: int) -> Tensor:
    """Sines and cosines of "Attention Is All You Need"."""
    places = torch.arange(tokens).float()[:, None]
    rates = torch.exp(torch.arange(0, width, 2).float() * (-math.log(1e4) / width))
    table = torch.zeros(tokens, width)
    table[:, 0::2], table[:, 1::2] = torch.sin(places * rates), torch.cos(places * rates)
    return table


class Model:
    """A model file of genrefold, ready to judge pictures."""

    def __init__(self, path: str | Path = EMBEDDED_MODEL) -> None:
        card, arrays = read_model_file(path)
        self.genres: list[str] = card["genres"]
        rows, columns = picture_shape(card["front_end"])
        self.network = Network(card["network"], rows, columns, len(self.genres))
        self.network.load_state_dict(parameters(arrays))
        self.network.eval()
        self.mean = torch.from_numpy(arrays["input.mean"])[:, None]
        self.deviation = torch.from_numpy(arrays["input.deviation"])[:, None]
        self.temperature = (card.get("calibration") or {}).get("temperature", 1.0)

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """One probability per genre for each picture [batch, rows, columns]."""
        return F.softmax(torch.from_numpy(self.logits(pictures)) / self.temperature, dim=1).numpy()

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """One score per genre for each picture, before calibration."""
        with torch.inference_mode():
            return self.network(self.normalised(pictures)).numpy()

    def normalised(self, pictures: np.ndarray) -> Tensor:
        """Pictures as the network takes them."""
        return (torch.from_numpy(pictures) - self.mean) / self.deviation


def picture_shape(front_end: dict) -> tuple[int, int]:
    """Rows and columns of a picture: the report's drawn one, or bands by frames."""
    if front_end["input"] in ("image", "fixed-image"):
        return REPORT_PICTURE
    samples = round(front_end["clip_seconds"] * front_end["sample_rate_hz"])
    return front_end["bands"], 1 + samples // front_end["hop"]


def read_model_file(path: str | Path) -> tuple[dict, Arrays]:
    """The card and the arrays of a safetensors file, as f32."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    card = json.loads(header.pop("__metadata__")["genrefold"])
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]])
        arrays[name] = values.astype(np.float32).reshape(entry["shape"])
    return card, arrays


def parameters(arrays: Arrays) -> dict[str, Tensor]:
    """The model file's arrays under PyTorch's names and in its layouts; `docs/model-exchange.md` has the map."""
    found: Arrays = {"stem.weight": convolution(arrays["stem.weight"]), "stem.bias": arrays["stem.bias"]}
    blocks = {int(name.split(".")[1]) for name in arrays if name.startswith("blocks.")}
    for block in sorted(blocks):
        for place, part in enumerate(("first", "second")):
            ours, theirs = f"blocks.{block}.{part}", f"gated.{2 * block + place}.both"
            found[f"{theirs}.weight"] = convolution(arrays[f"{ours}.weight"])
            found[f"{theirs}.bias"] = arrays[f"{ours}.bias"]
        found |= norm(arrays, f"blocks.{block}.norm", f"norms.{block}")
    found |= lstm(arrays) if "encoder.forward.bias" in arrays else transformer(arrays)
    dense = {name.rsplit(".", 1)[0] for name in arrays if name.startswith("dense.")}
    for layer in (*dense, "scores"):
        found |= linear(arrays, layer, layer)
    return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in found.items()}


def convolution(weight: np.ndarray) -> np.ndarray:
    """[3 in, out] with row `tap * in + channel` to Conv1d's [out, in, 3]."""
    return weight.reshape(3, weight.shape[0] // 3, weight.shape[1]).transpose(2, 1, 0)


def linear(arrays: Arrays, ours: str, theirs: str, joint: str = ".") -> Arrays:
    """[in, out] to Linear's [out, in], and the bias."""
    return {
        f"{theirs}{joint}weight": arrays[f"{ours}.weight"].T,
        f"{theirs}{joint}bias": arrays[f"{ours}.bias"],
    }


def norm(arrays: Arrays, ours: str, theirs: str) -> Arrays:
    """A normalisation, if there is one; that over the batch has running statistics as well."""
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}
    given = {field: arrays[f"{ours}.{field}"] for field in names if f"{ours}.{field}" in arrays}
    found = {f"{theirs}.{names[field]}": values for field, values in given.items()}
    return found | ({f"{theirs}.num_batches_tracked": np.array(0)} if "mean" in given else {})


def transformer(arrays: Arrays) -> Arrays:
    """The encoder layers of RGLUformer."""
    found: Arrays = {}
    for name in sorted({".".join(name.split(".")[:3]) for name in arrays if name.startswith("encoder.layers.")}):
        found |= linear(arrays, f"{name}.attention.project", f"{name}.self_attn", ".in_proj_")
        found |= linear(arrays, f"{name}.attention.output", f"{name}.self_attn.out_proj")
        found |= linear(arrays, f"{name}.inner", f"{name}.linear1") | linear(arrays, f"{name}.outer", f"{name}.linear2")
        found |= norm(arrays, f"{name}.attention_norm", f"{name}.norm1")
        found |= norm(arrays, f"{name}.feed_forward_norm", f"{name}.norm2")
    return found


def lstm(arrays: Arrays) -> Arrays:
    """The recurrent layer of RGLU-LSTM; PyTorch splits its bias in two."""
    found: Arrays = {}
    for ours, suffix in (("encoder.forward", ""), ("encoder.backward", "_reverse")):
        if f"{ours}.bias" in arrays:
            found |= {
                f"encoder.lstm.weight_ih_l0{suffix}": arrays[f"{ours}.input"].T,
                f"encoder.lstm.weight_hh_l0{suffix}": arrays[f"{ours}.recurrent"].T,
                f"encoder.lstm.bias_ih_l0{suffix}": arrays[f"{ours}.bias"],
                f"encoder.lstm.bias_hh_l0{suffix}": np.zeros_like(arrays[f"{ours}.bias"]),
            }
    return found
