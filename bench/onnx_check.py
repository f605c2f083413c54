#!/usr/bin/env python3
"""Exports networks with `genrefold export --onnx`, runs them in ONNX Runtime, and compares: the small networks of
the tests with PyTorch's logits, the built-in model with PyTorch's network that has read the same file. Needs
`pip install onnx onnxruntime torch numpy`.

    bench/onnx_check.py target/release/genrefold
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "crates/genrefold/tests/golden"
LARGEST_DIFFERENCE = 1e-4


def exported(binary, model, folder):
    """The network in ONNX Runtime."""
    path = Path(folder) / "model.onnx"
    command = [binary, "export", "--onnx", str(path)] + (["--model", str(model)] if model else [])
    subprocess.run(command, check=True, capture_output=True)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return onnxruntime.InferenceSession(path)


def answers(session, pictures):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"pictures": pictures})))


def golden_networks(binary, folder):
    """The largest difference from PyTorch's logits of each small network."""
    for name, case in json.loads((GOLDEN / "networks.json").read_text())["cases"].items():
        session = exported(binary, GOLDEN / f"network_{name}.safetensors", folder)
        _, rows, columns = session.get_inputs()[0].shape
        pictures = np.array(case["pictures"], np.float32).reshape(-1, rows, columns)
        yield name, np.abs(answers(session, pictures)["logits"] - np.array(case["logits"], np.float32)).max()


def built_in(binary, folder):
    """The same of the built-in model's probabilities, of random pictures."""
    sys.path.insert(0, str(ROOT / "bench"))
    from peers.network import Model

    session = exported(binary, None, folder)
    front_end = json.loads(session.get_modelmeta().custom_metadata_map["genrefold.front_end"])
    assert front_end["sample_rate_hz"] == 16000, front_end
    _, rows, columns = session.get_inputs()[0].shape
    pictures = np.random.default_rng(0).random((9, rows, columns), np.float32)
    return np.abs(answers(session, pictures)["probabilities"] - Model().probabilities(pictures)).max()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        found = dict(golden_networks(binary, folder))
        try:
            found["built in"] = built_in(binary, folder)
        except ModuleNotFoundError as missing:
            print(f"the built-in model was not compared: {missing}")
    for name, difference in found.items():
        print(f"{name}: {difference:.1e}")
    sys.exit(int(max(found.values()) > LARGEST_DIFFERENCE))


main()
