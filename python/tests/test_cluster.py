"""The scripts of `examples/cluster`, on a Ray and a Spark of this machine: the rows of 200 files are those that one
machine gives, to the digit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from songs import samples, wav

from genrefold import arrow

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/cluster"
FILES = 200
BROKEN = ("empty", "text", "cut off", "missing")


@pytest.fixture(scope="module")
def music(tmp_path_factory) -> Path:
    """Songs in nested folders with odd names, of which every tenth cannot be judged."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(FILES):
        place = folder / f"album {number % 7}" / "disc ♫"
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{number}, söng.wav"
        content = wav(samples(2.6 + number % 5, 110.0 + 5 * number))
        match BROKEN[number // 10 % 4] if number % 10 == 3 else "whole":
            case "empty":
                path.write_bytes(b"")
            case "text":
                path.write_text("no song at all " * 50)
            case "cut off":
                path.write_bytes(content[:1000])
            case "missing":
                path.symlink_to(folder / "nowhere.wav")
            case _:
                path.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def expected(music, classifier) -> list[dict]:
    """The rows of one machine."""
    batch = pa.table({"path": arrow.files_below(music)})
    return arrow.classify_batch(batch, classifier).to_pylist()


@pytest.mark.cluster
@pytest.mark.parametrize("engine", ["ray", "spark"])
def test_a_cluster_gives_the_rows_that_one_machine_gives(engine, music, expected, tmp_path):
    pytest.importorskip({"ray": "ray", "spark": "pyspark"}[engine])
    if engine == "spark" and not ("JAVA_HOME" in os.environ or shutil.which("java")):
        pytest.skip("Spark needs Java 17 or newer")
    out = tmp_path / "answers"
    command = [sys.executable, EXAMPLES / f"{engine}_genres.py", music, out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = sorted(pq.read_table(out).to_pylist(), key=lambda row: row["path"])
    assert len(rows) == FILES
    assert {row["kind"] for row in rows} == {None, "unknown-format", "too-short", "unreadable"}
    assert rows == sorted(expected, key=lambda row: row["path"])
