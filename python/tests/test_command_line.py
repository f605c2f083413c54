"""The wheel beside the command line, which GENREFOLD names."""

import json
import subprocess

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("options", "wanted"),
    [([], {}), (["--timeline", "--top-k", "2"], {"timeline": True, "top": 2})],
    ids=["plain", "timeline"],
)
def test_the_command_line_prints_the_same_to_the_digit(program, classifier, song, tmp_path, options, wanted):
    songs = [tmp_path / "söng.wav", tmp_path / "broken.mp3", tmp_path / "silent.wav"]
    for path, content in zip(songs, (song, b"no song " * 100, song[:44] + bytes(len(song) - 44)), strict=True):
        path.write_bytes(content)
    command = [program, "classify", "--json", *options, *songs]
    printed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    said = [answer.to_dict() for answer in classifier.classify_many(songs, **wanted)]
    assert [json.loads(line) for line in printed] == said
    assert [list(json.loads(line)) for line in printed] == [list(answer) for answer in said]
    assert [answer.get("kind") for answer in said] == [None, "unknown-format", "silent"]
    # Numbers too: as text, digit by digit.
    assert json.loads(printed[0], parse_float=str) == json.loads(json.dumps(said[0]), parse_float=str)


def test_an_exported_network_answers_as_the_classifier_does(program, classifier, song, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "model.onnx"
    subprocess.run([program, "export", "--onnx", path], check=True, capture_output=True)
    session = onnxruntime.InferenceSession(path)
    pictures = np.concatenate(
        [classifier.pictures(song), np.random.default_rng(0).random((3, *classifier.picture_shape), np.float32)]
    )
    found = session.run(["probabilities"], {"pictures": pictures})[0]
    assert np.abs(found - classifier.judge_pictures(pictures)).max() <= 1e-4
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["genrefold.front_end"]) == classifier.card["front_end"]
    assert json.loads(told["genrefold.genres"]) == classifier.genres
    assert told["genrefold.model"] == classifier.model
