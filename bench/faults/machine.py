"""Faults of the machine: a full disk, one that is read-only, input that cannot be read, vanishes or changes."""
import os
import resource
import select
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager

from house import STUDY, TRAINING, content, temporary, write_song
from table import Skip

FULL = "No space left on device"


@contextmanager
def disk(house, kib):
    """A small disk of its own, full but for so many KiB; gives its folder and what to remove to make room."""
    place = house.path("disk")
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=32m", "genrefold-faults", place]
    made = subprocess.run(words, capture_output=True, text=True)
    if made.returncode != 0:
        raise Skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    try:
        place.chmod(0o777)
        yield place, lambda: fill(place, kib)
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def fill(place, kib):
    """Leaves so many KiB, and gives the file that takes up the rest."""
    filler, room = place / "filler", os.statvfs(place)
    free = room.f_bavail * room.f_frsize
    filler.write_bytes(b"\0" * max(0, free - kib * 1024))
    return filler


def commands(house, songs=12):
    """Every command that writes: how much room (KiB) a full disk leaves it, and its words for an output folder."""
    music = house.music("music", songs)
    genres, tiny, study = house.genres(6.0), house.settings("tiny.toml", TRAINING), house.settings("study.toml", STUDY)
    return {
        "classify jsonl": (3, lambda out: ["classify", "-r", music, "--out", out / "a.jsonl"]),
        "classify csv": (3, lambda out: ["classify", "-r", music, "--out", out / "a.csv"]),
        "embed npy": (12, lambda out: ["embed", "-r", music, "--out", out / "e.npy"]),
        "embed parquet": (12, lambda out: ["embed", "-r", music, "--out", out / "e.parquet"]),
        "export": (900, lambda out: ["export", "--onnx", out / "m.onnx"]),
        "report": (8, lambda out: ["report", music, "-o", out / "page.html"]),
        "train": (20, lambda out: ["train", genres, "-o", out / "m.safetensors", "--config", tiny, "--no-cache"]),
        "train, cache": (60, lambda out: ["train", genres, "-o", house.path("m.safetensors"), "--config", tiny,
                                          "--cache", out / "cache"]),
        "crossval": (12, lambda out: ["crossval", study, "--data", genres, "-o", out / "run", "--no-cache"]),
    }


def again(words):
    """The same command with what goes on from a stopped training."""
    return [*words, "--resume"] if words[0] == "train" else words


def full_disk(house, _times, _draw, findings):
    """Each ends with 1 and says so, leaves no file half-written, and goes on once there is room."""
    for name, (kib, words) in commands(house).items():
        with disk(house, kib) as (place, fill_up):
            undisturbed = house.path("undisturbed")
            undisturbed.mkdir()
            whole_end = house.run(*words(undisturbed))
            whole = content(undisturbed)
            house.path("m.safetensors").unlink(missing_ok=True)
            filler = fill_up()
            ended = house.run(*words(place))
            findings.ended(ended, 1, FULL)
            findings.expect(not temporary(place), f"{name}: left aside: {temporary(place)}")
            filler.unlink()
            ended = house.run(*again(words(place)))
            findings.ended(ended, whole_end.code)
            after = content(place)
            differ = sorted(file for file in whole.keys() | after.keys() if whole.get(file) != after.get(file))
            differ = [file for file in differ if not file.endswith(".html")]
            findings.expect(not differ, f"{name}: other than undisturbed: {differ}")
            findings.times += 1
            shutil.rmtree(undisturbed)
            house.path("m.safetensors").unlink(missing_ok=True)
        house.path("disk").rmdir()
    findings.note("exit code 1 and the reason, nothing half-written; with room again the same files as undisturbed")


def full_disk_tags(house, _times, _draw, findings):
    """Songs on a full disk are left as they are, or, where the journal's disk is full, as well."""
    for where in ("songs", "journal"):
        with disk(house, 12 if where == "songs" else 1) as (place, fill_up):
            music = house.music("music", 8)
            songs = shutil.copytree(music, place / "music") if where == "songs" else music
            journal = place / "tags.jsonl" if where == "journal" else house.path("tags.jsonl")
            before, filler = content(songs), fill_up()
            words = ["tag", "-r", songs, "--write", "--above", "0", "--journal", journal]
            findings.ended(house.run(*words), 1, "left as")
            findings.expect(not temporary(songs), f"{where}: left aside: {temporary(songs)}")
            changed = [name for name, bytes_ in content(songs).items() if before[name] != bytes_]
            told = journal.read_text() if journal.exists() else ""
            covered = all(name in told for name in changed)
            findings.expect(covered, f"{where}: changed and not in the journal: {changed}")
            filler.unlink()
            findings.ended(house.run(*words), 0)
            findings.ended(house.run("tag", "--undo", journal, "--write"), 0)
            same = content(songs) == before
            findings.expect(same, f"{where}: --undo after the full disk does not bring back the same bytes")
            findings.times += 1
        house.path("disk").rmdir()
        shutil.rmtree(music)
        house.path("tags.jsonl").unlink(missing_ok=True)
    findings.note("exit code 1; with room again all are tagged, and --undo brings back the same bytes")


def size_limit(house, _times, _draw, findings):
    """The same without a small disk: files may not grow beyond 2 KiB, as by `ulimit -f`."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
    for name, (_, words) in commands(house).items():
        if name.startswith(("classify", "export", "embed")):
            out = house.path(name)
            out.mkdir()
            findings.ended(house.run(*words(out), preexec_fn=limit, restore_signals=False), 1, "File too large")
            findings.expect(not temporary(out), f"{name}: left aside: {temporary(out)}")
            findings.times += 1
    findings.note("exit code 1 and the reason, nothing left aside")


def as_nobody():
    """What makes a command run as somebody without rights, where this is root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}


def read_only(house, _times, _draw, findings):
    """An output folder that may not be written: refused at once, before anything is judged or learned."""
    program = shutil.copy(house.binary, house.path("genrefold"))
    os.chmod(program, 0o755)
    house.binary = str(program)
    kinds = commands(house)
    out = house.path("shut")
    out.mkdir()
    out.chmod(0o555)
    for name, (_, words) in kinds.items():
        if "cache" in name:
            continue
        ended = house.run(*words(out), **as_nobody())
        findings.ended(ended, (1, 2), "Permission denied")
        findings.times += 1
    findings.expect(not content(out), f"written all the same: {sorted(content(out))}")
    music, before = house.path("music"), content(house.path("music"))
    music.chmod(0o555)
    house.root.chmod(0o777)
    ended = house.run("tag", "-r", music, "--write", "--above", "0", "--journal", house.path("t.jsonl"), **as_nobody())
    findings.ended(ended, 1, "Permission denied")
    findings.expect(content(music) == before, "songs of a folder that may not be written were changed")
    findings.times += 1
    findings.note("exit code 1 or 2 and the reason, nothing changed")


def unreadable(house, _times, _draw, findings):
    """Songs and folders that may not be read get an answer that says so; the others theirs."""
    program = shutil.copy(house.binary, house.path("genrefold"))
    os.chmod(program, 0o755)
    house.binary = str(program)
    music = house.music("music", 4)
    (music / "shut").mkdir()
    write_song(music / "shut" / "inside.wav", 1, 3.0)
    next(music.glob("000*")).chmod(0)
    (music / "shut").chmod(0)
    ended = house.run("classify", "--json", "-r", music, **as_nobody())
    findings.ended(ended, 1)
    kinds = [part in ended.out for part in ('"kind":"unreadable"', "Permission denied", "shut")]
    findings.expect(all(kinds) and ended.out.count("\n") == 5, f"answers: {ended.out[-300:]}")
    (music / "shut").chmod(0o755)
    findings.times = 1
    findings.note("2 of 5 answered `unreadable`, 3 judged, exit code 1")


def vanishing(house, times, draw, findings):
    """Songs are removed, cut short, overwritten and grown while they are read."""
    lost = 0
    for number in range(max(1, times // 4)):
        music = house.music(f"music {number}", 24)
        stop = threading.Event()
        meddling = threading.Thread(target=meddle, args=(sorted(music.iterdir()), draw, stop))
        running = house.start("classify", "--json", "-r", music)
        # With the first answer all songs have been found: one that is gone before is none.
        select.select([running.stdout], [], [], 60)
        meddling.start()
        ended = house.end(running)
        stop.set()
        meddling.join()
        findings.ended(ended, (0, 1))
        lines = ended.out.splitlines()
        findings.expect(len(lines) == 24, f"{len(lines)} answers for 24 songs: {ended.err[-200:]}")
        findings.expect('"internal"' not in ended.out, "a fault of the program's own among the answers")
        lost += sum('"error"' in line for line in lines)
        findings.times += 1
    findings.expect(lost, "no song was met in time")
    findings.note(f"every song has one answer: judged, damaged or unreadable ({lost} in all)")


def meddle(songs, draw, stop):
    """Does something to one song after the other, the last first."""
    for song in reversed(songs):
        if stop.wait(0.03):
            return
        act = draw.randrange(4)
        if act == 0:
            song.unlink()
        elif act == 1:
            os.truncate(song, draw.randrange(5000))
        elif act == 2:
            song.write_bytes(os.urandom(50_000))
        else:
            with open(song, "ab") as file:
                file.write(os.urandom(100_000))


FAULTS = {"full disk": full_disk, "full disk, tag": full_disk_tags, "files of 2 KiB at most": size_limit,
          "read-only output": read_only, "unreadable input": unreadable, "songs that vanish or change": vanishing}
