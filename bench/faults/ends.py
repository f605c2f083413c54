"""Ends that come from outside: SIGTERM, and a reader that goes away."""
import os
import signal
import time

from house import TRAINING, content, temporary
from machine import again, commands


def sigterm(house, _times, draw, findings):
    """What can be gone on with stops with 130 and says how; the same command comes to the same files."""
    kinds = commands(house, songs=80)
    journals = {"classify jsonl": "a.jsonl", "classify csv": "a.csv.journal"}
    for name in (*journals, "train", "crossval"):
        words = kinds[name][1]
        undisturbed, out = house.path(f"undisturbed {name}"), house.path(name)
        undisturbed.mkdir()
        out.mkdir()
        ended = house.run(*words(undisturbed))
        running = house.start(*words(out))
        if name in journals:
            # Until the first answers are kept: most of a short run is loading, where there is nothing to stop.
            wait_for_content(running, out / journals[name])
            time.sleep(draw.uniform(0, 0.1))
        else:
            time.sleep(ended.seconds * draw.uniform(0.3, 0.7))
        running.send_signal(signal.SIGTERM)
        stopped = house.end(running)
        findings.ended(stopped, 130, "Stop")
        findings.expect(not temporary(out), f"{name}: left aside: {temporary(out)}")
        findings.ended(house.run(*again(words(out))), ended.code)
        whole, after = content(undisturbed), content(out)
        differ = sorted(file for file in whole.keys() | after.keys() if whole.get(file) != after.get(file))
        findings.expect(not differ, f"{name}: other than undisturbed: {differ}")
        findings.times += 1
    findings.note("exit code 130 and what to do; the same command then comes to the same files")


def wait_for_content(running, path):
    while running.poll() is None and not (path.exists() and path.stat().st_size):
        time.sleep(0.005)


def sigterm_tags(house, _times, draw, findings):
    """`tag` finishes the songs under way, leaves nothing beside them, and the journal tells of all that it changed."""
    music, journal = house.music("music", 80), house.path("t.jsonl")
    before = content(music)
    words = ["tag", "-r", music, "--write", "--above", "0", "--journal", journal]
    for _ in range(4):
        running = house.start(*words)
        # A song is changed once the journal tells of it.
        wait_for_content(running, journal)
        time.sleep(draw.uniform(0, 0.1))
        running.send_signal(signal.SIGTERM)
        findings.ended(house.end(running), 130, "Stopped")
        findings.expect(not temporary(music), f"left beside the songs: {temporary(music)}")
        findings.ended(house.run("tag", "--undo", journal, "--write"), 0)
        findings.expect(content(music) == before, "--undo does not bring back the same bytes")
        findings.times += 1
        journal.unlink(missing_ok=True)
    findings.note("exit code 130, no copy left beside a song; --undo brings back the same bytes")


def closed_pipe(house, _times, _draw, findings):
    """Nobody reads what is printed: commands that write files finish their work, and none breaks down."""
    kinds = commands(house)
    music = house.path("music")
    whole = {name: words for name, (_, words) in kinds.items()}
    whole["tag"] = lambda out: ["tag", "-r", music, "--write", "--above", "0", "--journal", out / "t.jsonl"]
    for name, words in whole.items():
        out = house.path(name)
        out.mkdir()
        for streams in (["stdout"], ["stdout", "stderr"]):
            for file in out.rglob("*"):
                if file.is_file() and name != "tag":
                    file.unlink()
            if name == "train, cache":
                house.path("m.safetensors").unlink(missing_ok=True)
            ended = house.run(*words(out), **{stream: closed_end() for stream in streams})
            findings.ended(ended, 0)
            findings.expect(content(out), f"{name}: nothing was written")
            findings.times += 1
    for words in (["classify", "-r", music], ["classify", "-r", music, "--json"], ["tag", "-r", music], ["inspect"],
                  ["dataset", house.path("genres")], ["--version"], ["help"]):
        findings.ended(house.run(*words, stdout=closed_end()), 0)
        findings.times += 1
    findings.note("exit code 0, files whole, no complaint")


def closed_end():
    """A pipe that nobody reads from."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def full_stdout(house, _times, _draw, findings):
    """What is printed cannot be written: that is said, with exit code 1."""
    if not os.path.exists("/dev/full"):
        return
    music, out = house.music("music", 3), house.path("out")
    out.mkdir()
    genres, tiny = house.genres(6.0), house.settings("tiny.toml", TRAINING)
    for words in (["classify", "-r", music], ["classify", "-r", music, "--json"], ["classify", "-r", music, "--csv"],
                  ["classify", "-r", music, "--out", out / "a.jsonl"], ["embed", "-r", music, "--out", out / "e.npy"],
                  ["export", "--onnx", out / "m.onnx"], ["tag", "-r", music], ["inspect"], ["dataset", genres],
                  ["train", genres, "--dry-run", "--config", tiny, "--no-cache"]):
        with open("/dev/full", "wb") as full:
            findings.ended(house.run(*words, stdout=full), 1, "No space left on device")
        findings.times += 1
    findings.note("exit code 1 and the reason")


FAULTS = {"SIGTERM": sigterm, "SIGTERM, tag": sigterm_tags, "closed pipe": closed_pipe,
          "full standard output": full_stdout}
