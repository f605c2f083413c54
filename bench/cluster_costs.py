#!/usr/bin/env python3
"""What Ray and Spark cost beside genrefold alone: seconds from start to end, and the peak of memory over all processes,
for 200 synthesised songs of 30 s of which every tenth is broken. Ways take turns; all must give every file one row and
name the same genres. Needs `pip install './python[cluster]'`, Java 17, Linux.

    bench/cluster_costs.py target/release/genrefold > bench/cluster_costs.json
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import wave
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from harness import machine  # noqa: E402

FILES, SECONDS, RATE = 200, 30, 16_000
WHEEL = """
import sys
import pyarrow as pa
import pyarrow.parquet as pq
from genrefold import arrow
answers = arrow.classify_batch(pa.table({"path": arrow.files_below(sys.argv[1])}))
pq.write_table(pa.Table.from_batches([answers]), sys.argv[2])
"""


def make(folder):
    """The songs."""
    times, draw = np.arange(SECONDS * RATE) / RATE, np.random.default_rng(0)
    for number in range(FILES):
        place = folder / f"album {number % 7}"
        place.mkdir(exist_ok=True)
        tone = np.sin(2 * np.pi * (110 + 5 * number) * times) * np.where(times % 0.5 < 0.25, 0.3, 1.0)
        sound = (32767 * (0.4 * tone + 0.02 * draw.standard_normal(len(times)))).astype("<i2")
        with wave.open(str(place / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(sound.tobytes() if number % 10 else b"")


def ways(binary, music, out):
    """The commands of each way; those of one way run side by side."""
    alone = [binary, "classify", "-r", music, "--out", out]
    examples = ROOT / "examples/cluster"
    return {
        "genrefold classify --out": [alone],
        "two shards side by side, a core each": [[*alone, "--threads", "1", "--shard", f"{n}/2"] for n in (1, 2)],
        "the wheel, arrow.classify_batch": [[sys.executable, "-c", WHEEL, music, out]],
        "Ray": [[sys.executable, examples / "ray_genres.py", music, out]],
        "Spark": [[sys.executable, examples / "spark_genres.py", music, out]],
    }


def measure(commands):
    """Seconds, and the most memory that all processes together had, MB."""
    mark = uuid.uuid4().hex
    environment = os.environ | {"GENREFOLD_MEASURED": mark}
    ended, peaks = threading.Event(), [0.0]
    watch = threading.Thread(target=watched, args=(f"GENREFOLD_MEASURED={mark}".encode(), ended, peaks))
    watch.start()
    start = time.monotonic()
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for command in commands
    ]
    complaints = [process.communicate()[1] for process in running]
    seconds = time.monotonic() - start
    ended.set()
    watch.join()
    for process, words in zip(running, complaints):
        # 1: some files have no genre, as they should not.
        if process.returncode not in (0, 1):
            raise SystemExit(f"{process.args}: exit code {process.returncode}\n{words.decode()[-2000:]}")
    return round(seconds, 2), round(max(peaks))


def watched(mark, ended, peaks):
    """Notes how much memory the processes with this mark among their variables have together, shared pages once."""
    while not ended.wait(0.1):
        peaks.append(sum(memory_of(place, mark) for place in Path("/proc").glob("[0-9]*")))


def memory_of(process, mark):
    try:
        if mark not in (process / "environ").read_bytes():
            return 0.0
        rollup = (process / "smaps_rollup").read_text()
    except OSError:
        return 0.0  # it ended, or is another user's
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1000


def genres(folder):
    """The genre of each file, by its path."""
    rows = [row for path in sorted(folder.glob("answers*.parquet")) for row in pq.read_table(path).to_pylist()]
    return sorted((row.get("path") or row["file"], row["genre"] or None) for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as place:
        music = Path(place) / "music"
        music.mkdir()
        make(music)
        expected = None
        for number in range(options.rounds):
            names = list(ways(options.binary, music, ""))
            for name in names if number % 2 == 0 else names[::-1]:
                with tempfile.TemporaryDirectory() as folder:
                    commands = ways(options.binary, music, Path(folder) / "answers.parquet")[name]
                    seconds, megabytes = measure(commands)
                    told = genres(Path(folder))
                if len(told) != FILES or told != (expected or told):
                    raise SystemExit(f"{name}: {len(told)} rows, or other genres than the ways before")
                expected = told
                found.setdefault(name, []).append((seconds, megabytes))
                print(f"{name}: {seconds} s, {megabytes} MB", file=sys.stderr)
    figures = {
        name: {
            "seconds": [seconds for seconds, _ in runs],
            "median_seconds": statistics.median(seconds for seconds, _ in runs),
            "median_peak_mb": statistics.median(megabytes for _, megabytes in runs),
        }
        for name, runs in found.items()
    }
    about = machine.describe(Path(sys.executable)) | {"commit": machine.commit()}
    about["peers"] = ", ".join(f"{name} {version(name)}" for name in ("ray", "pyspark", "pyarrow"))
    command = "bench/cluster_costs.py target/release/genrefold > bench/cluster_costs.json"
    print(json.dumps({"command": command, "machine": about, "files": FILES, "ways": figures}, indent=1))


main()
