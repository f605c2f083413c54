"""Kills in what writes files of answers: `classify --out`, `embed`, `export`."""
from house import content, temporary
from kill import Count, kill, moments


def classify(house, times, draw, findings):
    """Reported done is every whole line of the journal: it stays, byte for byte, and is not judged again."""
    music, count = house.music("music", 16, broken=True), Count()
    forms = ["a.jsonl", "a.csv", "a.parquet"]
    whole, duration = {}, 0.0
    for form in forms:
        folder = house.path(f"undisturbed {form}")
        folder.mkdir()
        ended = house.run("classify", "-r", music, "--out", folder / form)
        findings.ended(ended, 1, "17 files judged")
        whole[form], duration = content(folder), ended.seconds
    kept = 0
    for number, (moment, at_sight) in enumerate(moments(times, duration, draw)):
        form = forms[number % len(forms)]
        out = house.path(f"killed {number}")
        out.mkdir()
        words = ["classify", "-r", music, "--out", out / form]
        count.add(kill(house, words, moment, at_sight, out))
        journal = out / (form if form == "a.jsonl" else form + ".journal")
        lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
        done = [line for line in lines if line.endswith(b"\n")]
        kept += len(done)
        if form != "a.jsonl" and (out / form).exists():
            findings.expect((out / form).read_bytes() == whole[form][form], f"{number}: {form} is there and not whole")
        ended = house.run(*words)
        findings.ended(ended, 1, f"{17 - len(done)} file")
        findings.expect(journal.read_bytes().startswith(b"".join(done)), f"{number}: an answer is lost")
        after = content(out)
        findings.expect(after == whole[form], f"{number}: other files than undisturbed: {sorted(after)}")
    findings.times = times
    findings.note(f"{count}; {kept} answers reported done, all kept, none judged again; the same bytes as undisturbed")


def embed(house, times, draw, findings):
    """Nothing is reported done before the end: the final names are absent or whole."""
    music, undisturbed, count = house.music("music", 10), house.path("undisturbed"), Count()
    undisturbed.mkdir()
    ended = house.run("embed", "-r", music, "--out", undisturbed / "e.npy")
    findings.ended(ended, 0)
    whole = content(undisturbed)
    for number, (moment, at_sight) in enumerate(moments(times, ended.seconds, draw)):
        out = house.path(f"killed {number}")
        out.mkdir()
        words = ["embed", "-r", music, "--out", out / "e.npy"]
        # The files aside are there from the beginning: the sight of them says nothing.
        count.add(kill(house, words, moment, at_sight and number % 4 == 1, out))
        for name, written in content(out).items():
            known = whole.get(name, written if temporary(out) else b"")
            findings.expect(written == known, f"{number}: {name} is there and not whole")
        findings.ended(house.run(*words), 0)
        findings.expect(content(out) == whole, f"{number}: other files than undisturbed: {sorted(content(out))}")
    findings.times = times
    findings.note(f"{count}; the final names absent or whole; the next run the same bytes, nothing left aside")


def export(house, times, draw, findings):
    """The final name is absent or whole."""
    undisturbed, count = house.path("whole.onnx"), Count()
    ended = house.run("export", "--onnx", undisturbed)
    findings.ended(ended, 0)
    whole = undisturbed.read_bytes()
    for number, (moment, at_sight) in enumerate(moments(times, ended.seconds, draw)):
        out = house.path(f"killed {number}")
        out.mkdir()
        words = ["export", "--onnx", out / "m.onnx"]
        count.add(kill(house, words, moment, at_sight, out))
        if (out / "m.onnx").exists():
            findings.expect((out / "m.onnx").read_bytes() == whole, f"{number}: the file is there and not whole")
        findings.ended(house.run(*words), 0)
        findings.expect(content(out) == {"m.onnx": whole}, f"{number}: {sorted(content(out))} after the next run")
    findings.times = times
    findings.note(f"{count}; the final name absent or whole; nothing left aside after the next run")


FAULTS = {"kill classify --out": classify, "kill embed": embed, "kill export": export}
