import pyarrow as pa
import pytest

import genrefold
from genrefold import arrow


def test_every_row_has_an_answer_and_errors_are_values(classifier, song, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(song)
    paths = [str(path), str(tmp_path / "missing.mp3"), None, str(path)]
    answers = arrow.classify_batch(pa.RecordBatch.from_pydict({"path": paths}), classifier)
    assert answers.schema.equals(arrow.SCHEMA)
    rows = answers.to_pylist()
    assert [row["path"] for row in rows] == paths
    assert [row["kind"] for row in rows] == [None, "unreadable", "missing", None]
    expected = classifier.classify(path)
    assert rows[0]["genre"] == expected.genre and rows[0]["clips"] == expected.clips
    assert dict(rows[0]["probabilities"]) == pytest.approx(expected.genres, abs=1e-7)
    assert rows[1]["genre"] is None and "missing.mp3" in rows[1]["error"]


def test_bytes_are_judged_as_files_are(classifier, song):
    table = pa.table({"bytes": pa.array([song, b"no song"], pa.binary())})
    rows = arrow.classify_batch(table, classifier).to_pylist()
    assert rows[0]["genre"] == classifier.classify(song).genre
    assert rows[1]["kind"] == "unknown-format" and "path" not in rows[0]


def test_a_batch_may_be_empty_and_must_have_songs(classifier):
    empty = arrow.classify_batch(pa.table({"path": pa.array([], pa.string())}), classifier)
    assert empty.num_rows == 0 and empty.schema.equals(arrow.SCHEMA)
    with pytest.raises(genrefold.SettingError):
        arrow.classify_batch(pa.RecordBatch.from_pydict({"song": ["a"]}), classifier)
