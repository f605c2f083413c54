"""Timing and the one JSON line that every peer prints, in the shape of `genrefold benchmark`."""
import json
import resource
import time
from collections.abc import Callable


def timed(work: Callable[[], object], steps: int) -> list[float]:
    """Milliseconds of each of `steps` calls; the caller has warmed up."""
    ms = []
    for _ in range(steps):
        start = time.perf_counter()
        work()
        ms.append((time.perf_counter() - start) * 1e3)
    return ms


def line(work: str, **values: object) -> None:
    """Prints one line, at once: when it comes is measured too."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"work": work, **values, "peak_rss_mb": peak_mb}), flush=True)
