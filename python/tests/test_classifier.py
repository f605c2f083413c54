import concurrent.futures
import json
import os
import pickle
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

import genrefold

from .conftest import RATE, samples, wav


def test_a_song_has_a_genre_and_probabilities_that_sum_to_one(classifier, song):
    answer = classifier.classify(song)
    assert answer.genre == max(answer.genres, key=answer.genres.get)
    assert list(answer.genres) == classifier.genres
    assert sum(answer.genres.values()) == pytest.approx(1, abs=1e-6)
    assert answer.seconds == 6.0 and answer.timeline is None


def test_paths_bytes_and_samples_say_the_same(classifier, song, tmp_path):
    path = tmp_path / "söng ♫.wav"
    path.write_bytes(song)
    heard = np.frombuffer(song[44:], "<i2").astype(np.float32) / 32768
    answers = [classifier.classify(x) for x in (path, str(path), song)] + [classifier.classify(heard, RATE)]
    stereo = classifier.classify(np.stack([heard, heard]).astype(np.float64), RATE)
    assert len({tuple(answer.genres.items()) for answer in [*answers, stereo]}) == 1


def test_other_rates_are_resampled(classifier):
    there = np.array(samples(), np.float32)
    twice = np.repeat(there, 2)
    answer = classifier.classify(twice, 2 * RATE)
    assert answer.seconds == pytest.approx(6.0)


def test_a_timeline_tells_every_clip(classifier, song):
    answer = classifier.classify(song, timeline=True, top=2)
    assert len(answer.timeline) == answer.clips and len(answer.top) == 2
    assert answer.timeline[0].start == 0 and answer.timeline[0].genre in classifier.genres


def test_errors_are_exceptions_by_their_kind(classifier, tmp_path):
    for song, error in [
        (tmp_path / "missing.mp3", genrefold.UnreadableError),
        (b"no song", genrefold.UnknownFormatError),
        (wav([0.0] * RATE * 6), genrefold.SilentError),
        (wav([0.1] * 100), genrefold.TooShortError),
    ]:
        with pytest.raises(error) as raised:
            classifier.classify(song)
        assert raised.value.kind == error.kind and str(raised.value)
    with pytest.raises(OSError):
        classifier.classify("missing.mp3")
    with pytest.raises(genrefold.UnreadableError):
        genrefold.Classifier(tmp_path / "missing.safetensors")
    (tmp_path / "no model").write_bytes(b"no model")
    with pytest.raises(genrefold.ModelError):
        genrefold.Classifier(tmp_path / "no model")
    for wrong in (lambda: classifier.classify([0.5] * RATE * 3), lambda: genrefold.Classifier(vote="loudest")):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(genrefold.SettingError):
        classifier.classify(np.zeros(RATE * 6, np.int16), RATE)


def test_many_songs_are_answered_in_their_order_and_errors_are_values(classifier, song):
    answers = classifier.classify_many([song, b"no song", song], threads=2)
    assert [type(answer) for answer in answers] == [
        genrefold.Prediction,
        genrefold.UnknownFormatError,
        genrefold.Prediction,
    ]
    assert classifier.classify_many([]) == []


def test_the_interpreter_is_not_held_while_songs_are_judged(classifier, song):
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.wait(0.001):
            ticks.append(1)

    ticking = threading.Thread(target=tick)
    ticking.start()
    classifier.classify_many([song] * 8, threads=1)
    stop.set()
    ticking.join()
    assert len(ticks) > 3


def test_a_classifier_is_shared_among_threads_and_sent_to_processes(classifier, song):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = set(map(str, pool.map(classifier.classify, [song] * 6)))
    assert len(answers) == 1
    again = pickle.loads(pickle.dumps(classifier))
    assert again.classify(song) == classifier.classify(song)


def test_the_mel_spectrogram_is_that_of_the_golden_files():
    golden = Path(__file__).resolve().parents[2] / "crates/genrefold/tests/golden"
    for power in sorted(golden.glob("*.melpow.npy")):
        heard = np.load(power.with_name(power.name.replace("melpow", "mono16k")))
        expected = np.load(power)
        found = genrefold.mel_spectrogram(heard)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= 1e-5 * max(expected.max(), 1e-9), power.name


def test_pictures_judged_on_their_own_are_the_timeline(classifier, song):
    pictures = classifier.pictures(song)
    assert pictures.shape[1:] == (128, 313)
    rows = classifier.judge_pictures(pictures)
    timeline = classifier.classify(song, timeline=True).timeline
    assert np.allclose(rows, [list(moment.genres.values()) for moment in timeline], atol=1e-6)
    with pytest.raises(genrefold.SettingError):
        classifier.judge_pictures(pictures[:, :5])


def test_scores_are_those_of_counting():
    probabilities = [[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]]
    scores = genrefold.evaluate(["a", "b", "b", "a"], probabilities, ["a", "b"])
    assert scores.accuracy == 0.75 and scores.confusion == [[2, 0], [1, 1]]
    assert scores.genres["b"].recall == 0.5 and scores.interval[0] < 0.75 < scores.interval[1]
    assert json.loads(json.dumps(scores.to_dict()))["count"] == 4
    for truth, table in [(["c"], [[1, 0]]), (["a"], [[1, 0, 0]]), (["a"], [[0.2, 0.2]])]:
        with pytest.raises(genrefold.SettingError):
            genrefold.evaluate(truth, table, ["a", "b"])


@pytest.mark.skipif("GENREFOLD" not in os.environ and not shutil.which("genrefold"), reason="no command line")
def test_the_command_line_prints_the_same_to_the_digit(classifier, song, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(song)
    program = os.environ.get("GENREFOLD", "genrefold")
    for options, wanted in (([], {}), (["--timeline", "--top-k", "2"], {"timeline": True, "top": 2})):
        printed = subprocess.run(
            [program, "classify", "--json", *options, path], check=True, capture_output=True, text=True
        ).stdout
        said = classifier.classify(path, **wanted).to_dict()
        assert json.loads(printed) == json.loads(json.dumps(said)) and list(json.loads(printed)) == list(said)
