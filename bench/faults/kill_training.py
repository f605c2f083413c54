"""Kills in `train` and `crossval`: the same command goes on and comes to the same bytes as if nothing had happened."""
import shutil

from house import STUDY, TRAINING, content, temporary
from kill import Count, kill, moments


def crossval(house, times, draw, findings):
    """Reported done are folds: their files stay as they are."""
    data, config, count, folds = house.genres(1.5), house.settings("study.toml", STUDY), Count(), 0

    def words(out):
        return ["crossval", config, "--data", data, "-o", out / "run", "--cache", out / "cache"]

    undisturbed = house.path("undisturbed")
    ended = house.run(*words(undisturbed))
    findings.ended(ended, 0)
    whole = content(undisturbed)
    for number, (moment, at_sight) in enumerate(moments(times, ended.seconds, draw)):
        out = house.path(f"killed {number}")
        count.add(kill(house, words(out), moment, at_sight, out))
        done = {name: bytes_ for name, bytes_ in content(out).items() if "/folds/" in name and name.endswith(".json")}
        folds += len(done)
        findings.expect(all(whole[name] == bytes_ for name, bytes_ in done.items()), f"{number}: a fold is not whole")
        findings.ended(house.run(*words(out)), 0)
        after = content(out)
        differ = sorted(name for name in whole.keys() | after.keys() if whole.get(name) != after.get(name))
        findings.expect(not differ, f"{number}: other than undisturbed: {differ}")
        shutil.rmtree(out)
    findings.times = times
    findings.note(f"{count}; {folds} folds reported done, none lost; run and cache the same bytes as undisturbed")


def train(house, times, draw, findings):
    """Reported done are epochs (in the checkpoint) and the model."""
    data, config, count, resumed = house.genres(6.0), house.settings("tiny.toml", TRAINING), Count(), 0

    def words(out):
        return ["train", data, "-o", out / "m.safetensors", "--config", config, "--cache", out / "cache"]

    undisturbed = house.path("undisturbed")
    undisturbed.mkdir()
    ended = house.run(*words(undisturbed))
    findings.ended(ended, 0)
    whole = content(undisturbed)
    for number, (moment, at_sight) in enumerate(moments(times, ended.seconds, draw)):
        out = house.path(f"killed {number}")
        out.mkdir()
        count.add(kill(house, words(out), moment, at_sight, out))
        model, checkpoint = out / "m.safetensors", out / "m.safetensors.checkpoint"
        if model.exists():
            findings.expect(model.read_bytes() == whole["m.safetensors"], f"{number}: the model is there and not whole")
        if checkpoint.exists():
            resumed += 1
        if checkpoint.exists() or not model.exists():
            findings.ended(house.run(*words(out), "--resume"), 0)
        after = content(out)
        differ = sorted(name for name in whole.keys() | after.keys() if whole.get(name) != after.get(name))
        findings.expect(not differ, f"{number}: other than undisturbed: {differ}")
        findings.expect(not temporary(out), f"{number}: left aside: {temporary(out)}")
        shutil.rmtree(out)
    findings.times = times
    findings.note(f"{count}; {resumed} went on from a finished epoch, all came to the same model, to the byte")


FAULTS = {"kill crossval": crossval, "kill train": train}
