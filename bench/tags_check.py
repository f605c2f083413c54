#!/usr/bin/env python3
"""Tags many files of every kind with `genrefold tag`, takes it back, and compares them each time with the originals:
the sound packet by packet (ffmpeg), every other tag as mutagen reads it. Needs ffmpeg and `pip install mutagen`.

    bench/tags_check.py BINARY SONG [SONG...]      songs of any format; a dozen or more
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mutagen
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import (APIC, COMM, ID3, PRIV, TALB, TBPM, TDRC, TIT2, TPE1, TPE2, TRCK, TXXX, TYER, UFID, USLT, WOAR)
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
CODECS = {
    "mp3": ["-c:a", "libmp3lame", "-q:a", "5"],
    "flac": ["-c:a", "flac"],
    "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus", "-ar", "48000"],
    "m4a": ["-c:a", "aac"],
    "wav": ["-c:a", "pcm_s16le"],
    "aiff": ["-c:a", "pcm_s16be"],
}


def ffmpeg(*words):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True, capture_output=True).stdout


def packets(path):
    """A hash of every audio packet as it lies in the file."""
    return ffmpeg("-i", path, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-hash", "sha256", "-").decode()


def samples(path):
    return ffmpeg("-i", path, "-map", "0:a", "-f", "hash", "-hash", "sha256", "-").decode()


def id3_tags(number, tags):
    """Frames of many kinds, texts in several encodings."""
    for frame in [
        TIT2(encoding=number % 4, text=["Titel" if number % 4 == 0 else "Тіт ♫ 曲"]),
        TPE1(encoding=3, text=["Someone", "Someone else"]),
        TPE2(encoding=0, text=["Band"]),
        TALB(encoding=1, text=["Album é"]),
        TRCK(encoding=0, text=["3/12"]),
        TBPM(encoding=0, text=["128"]),
        TDRC(encoding=0, text=["1999-05-03"]),
        COMM(encoding=1, lang="eng", desc="", text=["a comment"]),
        COMM(encoding=0, lang="deu", desc="noch", text=["einer"]),
        USLT(encoding=1, lang="eng", desc="", text="words\nof a song"),
        TXXX(encoding=3, desc="REPLAYGAIN_TRACK_GAIN", text=["-6.20 dB"]),
        TXXX(encoding=0, desc="MusicBrainz Album Id", text=["0f7a"]),
        UFID(owner="http://musicbrainz.org", data=b"1234-5678"),
        PRIV(owner="someone", data=b"\0\1\2\xff"),
        WOAR(url="http://example.org/"),
        APIC(encoding=0, mime="image/png", type=3, desc="cover", data=PICTURE),
    ]:
        tags.add(frame)


def comments(file):
    file["TITLE"] = "曲 ♫"
    file["ARTIST"] = ["Someone", "Someone else"]
    file["COMMENT"] = "a\nb"
    file["REPLAYGAIN_TRACK_GAIN"] = "-6.20 dB"


def picture():
    image = Picture()
    image.data, image.type, image.mime, image.desc = PICTURE, 3, "image/png", "cover"
    return image


def tag(path, kind, number):
    """Puts tags into three of four files."""
    if number % 4 == 3:
        return
    if kind == "mp3":
        tags = ID3()
        id3_tags(number, tags)
        if number % 4 == 1:
            tags.delall("TDRC")
            tags.add(TYER(encoding=0, text=["1999"]))
            tags.save(path, v2_version=3, v1=2)
        else:
            tags.save(path, v2_version=4, v1=number % 2 * 2)
        if number % 3 == 0:
            ape = APEv2()
            ape["Title"] = "in APE"
            ape.save(path)
    elif kind in ("wav", "aiff"):
        file = {"wav": WAVE, "aiff": AIFF}[kind](path)
        file.add_tags()
        id3_tags(number, file.tags)
        file.save()
    elif kind == "flac":
        file = FLAC(path)
        comments(file)
        file.add_picture(picture())
        file.save(padding=lambda info: 0 if number % 2 else 4096)
    elif kind in ("ogg", "opus"):
        file = {"ogg": OggVorbis, "opus": OggOpus}[kind](path)
        comments(file)
        import base64
        file["METADATA_BLOCK_PICTURE"] = base64.b64encode(picture().write()).decode()
        file.save()
    elif kind == "m4a":
        file = MP4(path)
        file["\xa9nam"], file["\xa9ART"] = ["曲 ♫"], ["Someone", "Someone else"]
        file["trkn"], file["cpil"], file["tmpo"] = [(3, 12)], True, [128]
        file["covr"] = [MP4Cover(PICTURE, MP4Cover.FORMAT_PNG)]
        file["----:com.apple.iTunes:MusicBrainz Album Id"] = [MP4FreeForm(b"0f7a")]
        file.save()


def is_ours(key):
    key = key.upper()
    return key in ("TCON", "GENRE", "\xa9GEN") or "GENREFOLD_" in key


def tags(path, kind):
    """All tags but ours, as text that shows every field."""
    if kind == "mp3":
        try:
            found = {key: repr(frame) for key, frame in ID3(path, translate=False).items()}
            found["version"] = str(ID3(path, translate=False).version)
        except mutagen.id3.ID3NoHeaderError:
            found = {}
        try:
            found.update({"ape " + key: repr(value) for key, value in APEv2(path).items()})
        except mutagen.apev2.APENoHeaderError:
            pass
        with open(path, "rb") as file:
            file.seek(-128, 2)
            last = file.read()
            found["id3v1"] = repr(last) if last[:3] == b"TAG" else ""
        found.pop("version", None) if len(found) < 3 else None
    else:
        file = mutagen.File(path)
        found = {key: repr(value) for key, value in (file.tags or {}).items()}
        if kind == "flac":
            found["pictures"] = repr([hashlib.sha256(image.write()).hexdigest() for image in file.pictures])
            found["seek table"] = repr(getattr(file, "seektable", None) and file.seektable.seekpoints)
    return {key: value for key, value in found.items() if not is_ours(key)}


def state(path):
    kind = path.suffix[1:]
    return {"packets": packets(path), "samples": samples(path), "tags": tags(path, kind)}


def differences(before, after):
    for key in ("packets", "samples"):
        if before[key] != after[key]:
            yield key
    for key in before["tags"].keys() | after["tags"].keys():
        if before["tags"].get(key) != after["tags"].get(key):
            yield f"{key}: {before['tags'].get(key)!r:.90} -> {after['tags'].get(key)!r:.90}"


def genre(path):
    file = mutagen.File(path, easy=True)
    return [str(value) for value in (file.get("genre") or [])] if path.suffix not in (".wav", ".aiff") else [
        text for key, frame in (mutagen.File(path).tags or {}).items() if key == "TCON" for text in frame.text]


def main():
    binary, *songs = sys.argv[1:]
    count = int(os.environ.get("FILES", "200"))
    folder = Path(tempfile.mkdtemp())
    try:
        kinds = list(CODECS)
        for number in range(count):
            kind = kinds[number % len(kinds)]
            path = folder / f"{number:03} ♫.{kind}"
            cut = ["-ss", "5", "-t", "8", "-i", songs[number % len(songs)], "-map_metadata", "-1", "-ac", "2"]
            fast = ["-movflags", "+faststart"] if kind == "m4a" and number % 2 else []
            ffmpeg(*cut, *CODECS[kind], *fast, path)
            tag(path, kind, number // len(kinds))
        files = sorted(folder.iterdir())
        before = {path: state(path) for path in files}
        journal = folder.with_suffix(".journal")
        run = [binary, "tag", "--journal", journal]
        shown = subprocess.run([*run, "-r", folder, "--above", "0"], capture_output=True, text=True)
        assert all(state(path) == before[path] for path in files), "a dry run changes files"
        print(shown.stdout.splitlines()[-1])
        written = subprocess.run([*run, "-r", folder, "--above", "0", "--write"], capture_output=True, text=True)
        print(written.stdout.splitlines()[-1], written.stderr, sep="\n")
        bad = 0
        for path in files:
            found = list(differences(before[path], state(path)))
            if found or len(genre(path)) != 1:
                bad += 1
                print(path.name, genre(path), found)
        print(f"tagged: {len(files)} files, {bad} differ")
        undone = subprocess.run([binary, "tag", "--undo", journal, "--write"], capture_output=True, text=True)
        print(undone.stdout.splitlines()[-1], undone.stderr, sep="\n")
        wrong = 0
        for path in files:
            found = list(differences(before[path], state(path)))
            ours = [key for key in (mutagen.File(path).tags or {}).keys() if is_ours(key)]
            if found or ours:
                wrong += 1
                print(path.name, ours, found)
        print(f"taken back: {len(files)} files, {wrong} differ")
        sys.exit(bool(bad or wrong))
    finally:
        shutil.rmtree(folder)
        Path(str(folder) + ".journal").unlink(missing_ok=True)


main()
