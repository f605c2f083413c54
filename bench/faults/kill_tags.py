"""Kills in `tag --write`: every file untouched or whole, and the way back for each that was changed."""
import hashlib
import json
import shutil
import subprocess

from house import content
from kill import Count, kill, moments

KINDS = {"mp3": ["-c:a", "libmp3lame"], "flac": ["-c:a", "flac"], "ogg": ["-c:a", "libvorbis"], "m4a": ["-c:a", "aac"]}


def sound(path):
    """The sound as it lies in the file: of WAV its data, of others every packet (by ffmpeg)."""
    if path.suffix == ".wav":
        data = path.read_bytes()
        at = data.index(b"data")
        return hashlib.sha256(data[at:at + 8 + int.from_bytes(data[at + 4:at + 8], "little")]).hexdigest()
    words = ["-map", "0:a", "-c", "copy", "-f", "streamhash", "-hash", "sha256", "-"]
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, *words], check=True, capture_output=True).stdout


def tags(path):
    """The tags that a player shows (by ffprobe, where it is there)."""
    if not shutil.which("ffprobe"):
        return None
    words = ["ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", path]
    found = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return json.dumps([found.get("format"), found.get("streams")], sort_keys=True)


def fill(house):
    """A folder of songs of every kind that can be made here."""
    music = house.music("music", 6)
    for song in list(music.iterdir()) if shutil.which("ffmpeg") else []:
        for kind, codec in KINDS.items():
            title = ["-map_metadata", "-1", "-metadata", "title=A söng", "-metadata", "artist=Someone"]
            made = song.with_suffix(f".{kind}")
            if not made.exists():
                words = ["ffmpeg", "-v", "error", "-t", "5", "-i", song, *codec, *title, made]
                subprocess.run(words, check=True)
    return music


def tag(house, times, draw, findings):
    """Reported done is what the journal tells of."""
    music, count, covered = fill(house), Count(), 0
    originals = house.path("originals")
    shutil.copytree(music, originals)
    before, names = content(originals), {path.name for path in originals.iterdir()}
    known = {name: (sound(originals / name), tags(originals / name)) for name in names}
    journal = house.path("tags.jsonl")
    words = ["tag", "-r", music, "--write", "--above", "0", "--journal", journal]
    ended = house.run(*words)
    findings.ended(ended, 0, f"{len(names)} files got a genre")

    def afresh():
        shutil.rmtree(music)
        shutil.copytree(originals, music)
        journal.unlink(missing_ok=True)

    for number, (moment, at_sight) in enumerate(moments(times, ended.seconds, draw)):
        afresh()
        count.add(kill(house, words, moment, at_sight, music))
        told = entries(journal)
        covered += len(told)
        for name in names:
            path = music / name
            changed = path.read_bytes() != before[name]
            findings.expect(sound(path) == known[name][0], f"{number}: the sound of {name} changed")
            findings.expect(not changed or str(path) in told, f"{number}: {name} changed, and not in the journal")
        findings.ended(house.run(*words), 0)
        left = {path.name for path in music.iterdir()} - names
        findings.expect(not left, f"{number}: left beside the songs after the next run: {left}")
        findings.ended(house.run("tag", "--undo", journal, "--write"), 0)
        for name in names:
            same = (sound(music / name), tags(music / name)) == known[name]
            findings.expect(same, f"{number}: {name} is not as it was after --undo")
    findings.times = times
    findings.note(f"{count}; {len(names)} songs each time, all untouched or whole, {covered} in journals; "
                  "--undo brought back sound and tags of all")


def entries(journal):
    """The files that a journal tells of, from its whole lines."""
    lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
    return {json.loads(line)["file"] for line in lines if line.endswith(b"\n")}


FAULTS = {"kill tag --write": tag}
