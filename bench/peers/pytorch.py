"""PyTorch in eager mode: a training step, inference, and the machine's best matrix product.

    pytorch.py training|inference --network rgluformer --batch 64 --threads 2 --steps 10
    pytorch.py gemm --threads 2
"""
import argparse

import report
import torch
import torch.nn.functional as F
from network import ENCODERS, REPORT_PICTURE, report_network

WARM_UP = 3
GEMM_SIZE, GEMM_STEPS = 2048, 12


def training(options: argparse.Namespace) -> list[float]:
    """Forward, backward and Adam on one batch that lies in memory."""
    network = report_network(options.network).train()
    optimiser = torch.optim.Adam(network.parameters(), 3e-4)
    pictures = torch.rand(options.batch, *REPORT_PICTURE)
    genres = torch.randint(10, (options.batch,))

    def step() -> None:
        optimiser.zero_grad()
        F.cross_entropy(network(pictures), genres).backward()
        optimiser.step()

    report.timed(step, WARM_UP)
    return report.timed(step, options.steps)


def inference(options: argparse.Namespace) -> list[float]:
    """Scores of one batch that lies in memory."""
    network = report_network(options.network).eval()
    pictures = torch.rand(options.batch, *REPORT_PICTURE)
    with torch.inference_mode():
        report.timed(lambda: network(pictures), WARM_UP)
        return report.timed(lambda: network(pictures), options.steps)


def gemm() -> list[float]:
    """GFLOP/s of square f32 products."""
    a, b = torch.rand(GEMM_SIZE, GEMM_SIZE), torch.rand(GEMM_SIZE, GEMM_SIZE)
    out = torch.empty(GEMM_SIZE, GEMM_SIZE)
    report.timed(lambda: torch.matmul(a, b, out=out), WARM_UP)
    return [2e-6 * GEMM_SIZE**3 / ms for ms in report.timed(lambda: torch.matmul(a, b, out=out), GEMM_STEPS)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["training", "inference", "gemm"])
    parser.add_argument("--network", choices=list(ENCODERS), default="rgluformer")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.work == "gemm":
        report.line("gemm", threads=options.threads, gflops=gemm())
        return
    ms = {"training": training, "inference": inference}[options.work](options)
    shape = {"network": options.network, "batch": options.batch, "threads": options.threads}
    report.line(options.work, **shape, ms=ms)


if __name__ == "__main__":
    main()
