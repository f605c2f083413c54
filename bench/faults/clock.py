"""Clocks that jump, and files with impossible times."""
import glob
import json
import os
import shutil

from house import content
from machine import commands
from service import Service
from table import Skip

# 1970, before it, the 32-bit limits, far in the future.
TIMES = [0, -10**9, -2**31, 2**31, 2**32 + 5, 4 * 10**9]


def odd_times(house, _times, _draw, findings):
    """Songs that were changed before 1970 or in the far future are judged once, and tagged with their time kept."""
    music, out = house.music("music", len(TIMES)), house.path("a.jsonl")
    for song, time in zip(sorted(music.iterdir()), TIMES):
        os.utime(song, (time, time))
    before = {song: song.stat().st_mtime_ns for song in music.iterdir()}
    words = ["classify", "-r", music, "--out", out]
    findings.ended(house.run(*words), 0, f"{len(TIMES)} files judged")
    findings.ended(house.run(*words), 0, "0 files judged")
    # Back in time is a change as well.
    song = sorted(music.iterdir())[3]
    os.utime(song, (5, 5))
    before[song] = song.stat().st_mtime_ns
    findings.ended(house.run(*words), 0, "1 file judged")
    journal = house.path("t.jsonl")
    words = ["-r", music, "--write", "--above", "0", "--keep-time", "--journal", journal]
    findings.ended(house.run("tag", *words), 0, f"{len(TIMES)} files got a genre")
    after = {song: song.stat().st_mtime_ns for song in music.iterdir()}
    findings.expect(after == before, f"--keep-time keeps other times: {after}")
    findings.times = len(TIMES)
    findings.note("judged once each, again after a step back; `tag --keep-time` keeps each time")


def faked(house, findings):
    """The environment of a program whose clock stands where a file says."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") + glob.glob("/usr/lib*/faketime/libfaketimeMT.so.1")
    library = found[0] if found else None
    if not library:
        raise Skip("libfaketime is not here (apt-get install faketime)")
    stand = house.path("clock")
    stand.write_text("+0")
    # Only the wall clock jumps; the steady one is the kernel's.
    return stand, {**house.environment, "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(stand),
                   "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def other_days(house, _times, _draw, findings):
    """With the clock in 1970, in 2100, or jumping every tenth of a second, commands come to the same files."""
    stand, environment = faked(house, findings)
    kinds = commands(house)
    for name in ("classify csv", "embed npy", "export", "train", "crossval"):
        words = kinds[name][1]
        undisturbed = house.path(f"undisturbed {name}")
        undisturbed.mkdir()
        findings.ended(house.run(*words(undisturbed)), 0)
        whole = content(undisturbed)
        for day in ("@1970-01-01 00:00:10", "@2100-01-01 00:00:00", "jumping"):
            out = house.path(f"{name} {day[1:5]}")
            out.mkdir()
            stand.write_text("+0" if day == "jumping" else day)
            running = house.start(*words(out), env=environment)
            jumps = 0
            while day == "jumping" and running.poll() is None:
                stand.write_text(["-40d", "+3650d", "-1000d", "+0"][jumps % 4])
                jumps += 1
                try:
                    running.wait(0.1)
                except Exception:
                    continue
            findings.ended(house.end(running), 0)
            findings.expect(content(out) == whole, f"{name}, {day}: other files than with the clock as it is")
            shutil.rmtree(out)
            findings.times += 1
    findings.note("the same bytes as with the clock as it is")


def service(house, _times, _draw, findings):
    """The wall clock of a running service jumps back and forth: songs are judged, nobody is sent away."""
    stand, environment = faked(house, findings)
    music = house.music("music", 3)
    songs = [path.read_bytes() for path in sorted(music.iterdir())]
    with Service(house, env=environment) as run:
        for day in ("+0", "-1d", "+3650d", "-10000d", "+0"):
            stand.write_text(day)
            for song in songs:
                status, body = run.ask("POST", "/v1/classify?full=true", song)
                findings.expect(status == 200 and json.loads(body)["clips"] > 0, f"{day}: {status} {body[:200]}")
            for place in ("/healthz", "/metrics", "/readyz"):
                findings.expect(run.ask("GET", place)[0] == 200, f"{day}: {place} fails")
            findings.times += 1
        findings.expect(run.stop() == 0, "the service does not end with 0")
    findings.note("every song judged after every jump")


FAULTS = {"files from 1901 to 2106": odd_times, "a clock that jumps": other_days,
          "a clock that jumps, service": service}
