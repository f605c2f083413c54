#!/usr/bin/env python3
"""Does a model answer alike wherever it is read? genrefold itself, ONNX Runtime with what `genrefold export --onnx`
writes, PyTorch with the weights of the model file, and a PyTorch network written by others, if one is given. Needs
`pip install onnx onnxruntime torch numpy ./python`.

    bench/exchange_check.py target/release/genrefold [MODEL.safetensors ...] [--twin TWIN.py]

The small networks of the tests are held to the logits that PyTorch gave when they were made; the built-in model and
those given are asked for the clips of the example song and for random pictures. What genrefold says of a picture are
probabilities, so its logits are known but for a constant. Prints the largest differences; fails above 1e-4.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

import genrefold

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from peers import twin  # noqa: E402
from peers.network import EMBEDDED_MODEL, Model  # noqa: E402

GOLDEN = ROOT / "crates/genrefold/tests/golden"
SONG = ROOT / "crates/genrefold/assets/example.wav"
LARGEST_DIFFERENCE = 1e-4


def exported(binary, model, folder):
    """The network in ONNX Runtime; its metadata must be the model's."""
    path = Path(folder) / "model.onnx"
    command = [binary, "export", "--onnx", path, "--model", model]
    subprocess.run(command, check=True, capture_output=True)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    told, card = session.get_modelmeta().custom_metadata_map, genrefold.Classifier(model).card
    assert json.loads(told["genrefold.front_end"]) == card["front_end"], told["genrefold.front_end"]
    assert json.loads(told["genrefold.genres"]) == card["genres"], told["genrefold.genres"]
    return session


def asked(session, pictures):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"pictures": pictures})))


def centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


def apart(one, other):
    return float(np.abs(one - other).max())


def small_networks(binary, folder):
    """The largest differences from the logits that were kept."""
    for name, case in json.loads((GOLDEN / "networks.json").read_text())["cases"].items():
        path = GOLDEN / f"network_{name}.safetensors"
        session, model = exported(binary, path, folder), Model(path)
        _, rows, columns = session.get_inputs()[0].shape
        pictures, kept = np.array(case["pictures"], np.float32).reshape(-1, rows, columns), np.array(case["logits"])
        yield name, "ONNX Runtime, kept logits", apart(asked(session, pictures)["logits"], kept)
        yield name, "PyTorch, kept logits", apart(model.logits(pictures), kept)


def whole_model(binary, path, twins, folder):
    """The largest differences between all that can read a model."""
    session, model, classifier = exported(binary, path, folder), Model(path), genrefold.Classifier(path)
    drawn = np.random.default_rng(0).random((9, *classifier.picture_shape), np.float32)
    pictures = np.concatenate([classifier.pictures(SONG), drawn])
    ours, onnx_runtime, logits = classifier.judge_pictures(pictures), asked(session, pictures), model.logits(pictures)
    our_logits = centred(model.temperature * np.log(ours.astype(np.float64)))
    yield "genrefold, ONNX Runtime: probabilities", apart(ours, onnx_runtime["probabilities"])
    yield "genrefold, ONNX Runtime: logits", apart(our_logits, centred(onnx_runtime["logits"]))
    yield "genrefold, PyTorch: probabilities", apart(ours, model.probabilities(pictures))
    yield "genrefold, PyTorch: logits", apart(our_logits, centred(logits))
    if twins:
        try:
            network = twin.load(twins, path)
        except twin.Other as other:
            print(f"{path.stem}: not for the twin: {other}")
            return
        with torch.inference_mode():
            yield "genrefold, the twin: logits", apart(our_logits, centred(network(model.normalised(pictures)).numpy()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    parser.add_argument("--twin", type=Path, help="a script with a class Net, see peers/twin.py")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = list(small_networks(options.binary, folder))
        for path in [EMBEDDED_MODEL, *options.models]:
            found += [(path.stem, pair, far) for pair, far in whole_model(options.binary, path, options.twin, folder)]
    for model, pair, difference in found:
        print(f"{model}: {pair}: {difference:.1e}")
    sys.exit(int(not max(difference for _, _, difference in found) <= LARGEST_DIFFERENCE))


if __name__ == "__main__":
    main()
