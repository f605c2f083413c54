import concurrent.futures
import copy
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from songs import RATE, wav

import genrefold


def test_a_song_has_a_genre_and_probabilities_that_sum_to_one(classifier, song):
    answer = classifier.classify(song)
    assert answer.genre == max(answer.genres, key=answer.genres.get)
    assert list(answer.genres) == classifier.genres
    assert sum(answer.genres.values()) == pytest.approx(1, abs=1e-6)
    assert answer.seconds == 6.0 and answer.timeline is None


def test_paths_and_bytes_say_the_same(classifier, song, tmp_path):
    path = tmp_path / "söng ♫.wav"
    path.write_bytes(song)
    answers = [classifier.classify(x) for x in (path, str(path), song, bytearray(song), memoryview(song))]
    assert len({tuple(answer.genres.items()) for answer in answers}) == 1
    assert [answer.file for answer in answers] == [str(path)] * 2 + ["<bytes>"] * 3


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


def test_arguments_that_cannot_be_are_refused_in_words(classifier, song):
    for wrong, word in [
        (lambda: genrefold.Classifier(vote="loudest"), "mean, majority"),
        (lambda: classifier.classify([0.5] * RATE * 3), "rate"),
        (lambda: classifier.classify(song, RATE), "left out"),
        (lambda: classifier.classify(song, top=-1), "top is"),
        (lambda: classifier.classify(song, top=1.5), "whole number"),
        (lambda: classifier.classify_many("song.mp3"), "one song"),
        (lambda: classifier.classify_many([7]), "found int"),
        (lambda: classifier.classify_many([song], threads=0), "threads is"),
    ]:
        with pytest.raises(genrefold.SettingError, match=word) as raised:
            wrong()
        assert isinstance(raised.value, ValueError)


def test_an_error_is_the_same_in_another_process(classifier):
    for error in classifier.classify_many([b"no song", "missing.mp3"]):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and again.to_dict() == error.to_dict() and str(again) == str(error)


def test_many_songs_are_answered_in_their_order_and_errors_are_values(classifier, song):
    answers = classifier.classify_many([song, b"no song", song], threads=2)
    assert [type(answer) for answer in answers] == [
        genrefold.Prediction,
        genrefold.UnknownFormatError,
        genrefold.Prediction,
    ]
    assert answers[1].file == "<bytes>" and answers[1].kind == "unknown-format"
    assert classifier.classify_many([]) == []


def test_progress_is_told_after_each_song_and_may_end_the_work(classifier, song):
    told = []
    classifier.classify_many(iter([song, b"no song", song]), progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]

    class Enough(Exception):
        pass

    def enough(done, of):
        raise Enough

    with pytest.raises(Enough):
        classifier.classify_many([song] * 3, progress=enough)


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


def test_ctrl_c_ends_a_long_call(song, tmp_path):
    """In a process of its own, which presses Ctrl-C itself while it waits for songs that would take minutes."""
    code = """
import os, signal, sys, threading, genrefold
classifier, song = genrefold.Classifier(), sys.argv[1]
press = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
try:
    press.start()
    classifier.classify_many([song] * 50_000, threads=1)
except KeyboardInterrupt:
    print("ended", classifier.classify(song).clips)
"""
    path = tmp_path / "song.wav"
    path.write_bytes(song)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, timeout=60)
    assert done.stdout.split()[:1] == [b"ended"], done.stderr.decode()


def test_a_classifier_is_shared_among_threads_and_sent_to_processes(classifier, song):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = set(map(str, pool.map(classifier.classify, [song] * 6)))
    assert len(answers) == 1
    for again in (pickle.loads(pickle.dumps(classifier)), copy.deepcopy(classifier)):
        assert again.classify(song) == classifier.classify(song)
        assert repr(again) == repr(classifier) and classifier.model in repr(classifier)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_judges_with_its_parents_classifier(classifier, song):
    expected = classifier.classify(song)
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=lambda: results.put(classifier.classify(song)))
    child.start()
    child.join(60)
    assert child.exitcode == 0 and results.get() == expected


def test_the_mel_spectrogram_is_that_of_the_golden_files():
    golden = Path(__file__).resolve().parents[2] / "crates/genrefold/tests/golden"
    powers = sorted(golden.glob("*.melpow.npy"))
    assert len(powers) >= 7
    for power in powers:
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
    for wrong in (pictures[:, :5], pictures.transpose(0, 2, 1), pictures[0]):
        with pytest.raises(genrefold.SettingError, match="128, 313"):
            classifier.judge_pictures(wrong)


def test_scores_are_those_of_counting():
    probabilities = [[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]]
    scores = genrefold.evaluate(["a", "b", "b", "a"], probabilities, ["a", "b"])
    assert scores.accuracy == 0.75 and scores.confusion == [[2, 0], [1, 1]]
    assert scores.genres["b"].recall == 0.5 and scores.interval[0] < 0.75 < scores.interval[1]
    assert json.loads(json.dumps(scores.to_dict()))["count"] == 4
    assert genrefold.evaluate(np.array([0, 1, 1, 0]), np.array(probabilities), ["a", "b"]) == scores
    no_genres = [(truth, [[1, 0]]) for truth in (["c"], [2], [-1], [0.5], ["a", "b"])]
    for truth, table in [*no_genres, (["a"], [[1, 0, 0]]), (["a"], [[0.2, 0.2]]), ([], np.empty((0, 2)))]:
        with pytest.raises(genrefold.SettingError):
            genrefold.evaluate(truth, table, ["a", "b"])
