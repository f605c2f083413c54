"""Writes the network as ONNX, for the runtimes that read that: export_onnx.py NETWORK BATCH FILE."""
import sys
from pathlib import Path

import torch
from network import REPORT_PICTURE, report_network


def main() -> None:
    name, batch, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(0)
    # The fused encoder of PyTorch's inference has no counterpart in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    network, pictures = report_network(name).eval(), torch.rand(batch, *REPORT_PICTURE)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    names = {"input_names": ["pictures"], "output_names": ["scores"]}
    torch.onnx.export(network, (pictures,), str(partial), opset_version=17, dynamo=False, **names)
    partial.replace(path)


if __name__ == "__main__":
    main()
