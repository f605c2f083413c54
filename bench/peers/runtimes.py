"""Inference by a runtime that reads ONNX: runtimes.py onnxruntime|openvino FILE --batch 64 --threads 2 --steps 20.

OpenVINO is tried with its hint for latency and, for more than one clip, with the one for throughput as well, with as
many requests side by side as it asks for; the better counts.
"""
import argparse
import statistics
import time

import numpy as np
import report

WARM_UP = 3
PICTURE = (217, 334)


def onnxruntime(options: argparse.Namespace, pictures: np.ndarray) -> list[float]:
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = ort.InferenceSession(options.file, settings, providers=["CPUExecutionProvider"])
    report.timed(lambda: session.run(None, {"pictures": pictures}), WARM_UP)
    return report.timed(lambda: session.run(None, {"pictures": pictures}), options.steps)


def openvino(options: argparse.Namespace, pictures: np.ndarray) -> list[float]:
    hints = ["LATENCY"] if options.batch == 1 else ["LATENCY", "THROUGHPUT"]
    return min((with_hint(hint, options, pictures) for hint in hints), key=statistics.median)


def with_hint(hint: str, options: argparse.Namespace, pictures: np.ndarray) -> list[float]:
    from openvino import Core

    settings = {
        "PERFORMANCE_HINT": hint,
        "INFERENCE_NUM_THREADS": options.threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    core = Core()
    compiled = core.compile_model(core.read_model(options.file), "CPU", settings)
    if hint == "THROUGHPUT":
        return side_by_side(compiled, pictures, options.steps)
    request = compiled.create_infer_request()
    report.timed(lambda: request.infer({0: pictures}), WARM_UP)
    return report.timed(lambda: request.infer({0: pictures}), options.steps)


def side_by_side(compiled: object, pictures: np.ndarray, steps: int) -> list[float]:
    """Milliseconds a batch, with all requests kept busy."""
    from openvino import AsyncInferQueue

    requests = AsyncInferQueue(compiled)

    def rounds(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count * len(requests)):
            requests.start_async({0: pictures})
        requests.wait_all()
        return (time.perf_counter() - start) * 1e3 / (count * len(requests))

    rounds(WARM_UP)
    return [rounds(2) for _ in range(max(steps // (2 * len(requests)), 1))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runtime", choices=["onnxruntime", "openvino"])
    parser.add_argument("file")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    pictures = np.random.default_rng(0).random((options.batch, *PICTURE), np.float32)
    ms = {"onnxruntime": onnxruntime, "openvino": openvino}[options.runtime](options, pictures)
    report.line("inference", batch=options.batch, threads=options.threads, ms=ms)


if __name__ == "__main__":
    main()
