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
    in_chunks = pa.table({"path": pa.chunked_array([paths[:3], paths[3:]])})
    assert arrow.classify_batch(in_chunks, classifier).equals(answers)
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


def test_files_are_found_by_names_of_any_bytes(classifier, song, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "gone.mp3").symlink_to(tmp_path / "nowhere")
    odd = bytes(tmp_path / "folder") + b"/caf\xe9.wav"
    try:
        with open(odd, "wb") as file:
            file.write(song)
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    found = arrow.files_below(tmp_path)
    assert found == [odd, bytes(tmp_path / "gone.mp3")]
    rows = arrow.classify_batch(pa.table({"path": found}), classifier).to_pylist()
    assert [row["kind"] for row in rows] == [None, "unreadable"]
    assert rows[0]["path"].endswith("caf\ufffd.wav") and rows[0]["genre"] == classifier.classify(song).genre


def test_a_generator_of_batches_is_answered_batch_by_batch(song):
    batches = [pa.RecordBatch.from_pydict({"bytes": [song]}), pa.RecordBatch.from_pydict({"bytes": [b"no song", None]})]
    answered = list(arrow.classify_batches(iter(batches)))
    assert [batch.num_rows for batch in answered] == [1, 2]
    assert answered[1].column("kind").to_pylist() == ["unknown-format", "missing"]
