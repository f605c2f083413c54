"""The scripts of `examples/cluster`, on a Ray and a Spark of this machine."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from genrefold import Prediction

from .conftest import samples, wav

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/cluster"


@pytest.fixture(scope="module")
def music(tmp_path_factory) -> Path:
    """Songs in nested folders, odd names, and files that cannot be judged."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(12):
        place = folder / f"album {number % 3}" / "disc ♫"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}, söng.wav").write_bytes(wav(samples(3.0, 110.0 + 20 * number)))
    (folder / "broken.mp3").write_bytes(b"no song at all")
    (folder / "empty.flac").write_bytes(b"")
    return folder


@pytest.mark.parametrize("engine", ["ray", "spark"])
def test_a_cluster_gives_the_rows_that_one_machine_gives(engine, music, tmp_path, classifier):
    if importlib.util.find_spec({"ray": "ray", "spark": "pyspark"}[engine]) is None:
        pytest.skip(f"{engine} is not installed")
    out = tmp_path / "answers"
    script = EXAMPLES / f"{engine}_genres.py"
    done = subprocess.run([sys.executable, script, music, out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = {row["path"]: row for row in pq.read_table(out).to_pylist()}
    songs = sorted(str(path) for path in music.rglob("*") if path.is_file())
    assert sorted(rows) == songs
    for path, answer in zip(songs, classifier.classify_many(songs), strict=True):
        row = rows[path]
        if isinstance(answer, Prediction):
            assert (row["genre"], row["clips"], row["error"]) == (answer.genre, answer.clips, None)
            assert dict(row["probabilities"]) == pytest.approx(answer.genres, abs=1e-7)
        else:
            assert (row["genre"], row["kind"], row["error"]) == (None, answer.kind, str(answer))
