"""Two processes at the same output: one of them is refused with a word, or both end well; the file is whole."""
import time

from house import content, temporary
from machine import commands


def refused(house, _times, _draw, findings):
    """What takes long refuses the second one at once."""
    kinds = commands(house, songs=60)
    for name in ("classify jsonl", "classify csv", "crossval", "train"):
        words = kinds[name][1]
        out, undisturbed = house.path(name), house.path(f"undisturbed {name}")
        out.mkdir()
        undisturbed.mkdir()
        whole = house.run(*words(undisturbed))
        first = house.start(*words(out))
        while first.poll() is None and not any(out.iterdir()):
            time.sleep(0.001)
        time.sleep(0.05 * whole.seconds)
        second = house.run(*words(out))
        findings.ended(second, 2, "another")
        findings.ended(house.end(first), whole.code)
        same = content(out) == content(undisturbed)
        findings.expect(same, f"{name}: other files than one alone: {sorted(content(out))}")
        findings.times += 1
    findings.note("the second ends with 2 and says who is there; the first comes to the same files")


def both(house, times, _draw, findings):
    """What is written at the end may be written twice: the last stays, and is whole."""
    kinds = commands(house)
    for name in ("export", "embed npy", "report"):
        words = kinds[name][1]
        undisturbed = house.path(f"undisturbed {name}")
        undisturbed.mkdir()
        findings.ended(house.run(*words(undisturbed)), 0)
        whole = content(undisturbed)
        for number in range(max(1, times // 4)):
            out = house.path(f"{name} {number}")
            out.mkdir()
            pair = [house.start(*words(out)) for _ in range(3)]
            for one in pair:
                findings.ended(house.end(one), 0)
            same = content(out) == whole
            findings.expect(same, f"{name}: not what one alone writes: {sorted(content(out))}")
            findings.times += 1
    findings.note("three at once all end with 0; the file is what one alone writes, nothing left aside")


def tags(house, times, _draw, findings):
    """Two at the same songs, with journals of their own, and with the same."""
    for number in range(max(1, times // 4)):
        music = house.music(f"music {number}", 8)
        before = content(music)
        names = [house.path(f"{number} a.jsonl"), house.path(f"{number} b.jsonl")]
        pair = [house.start("tag", "-r", music, "--write", "--above", "0", "--journal", name) for name in names]
        for one in pair:
            findings.ended(house.end(one), (0, 1))
        findings.expect(not temporary(music), f"left beside the songs: {temporary(music)}")
        for name in reversed(names):
            house.run("tag", "--undo", name, "--write")
        findings.expect(content(music) == before, "--undo of both does not bring back the same bytes")
        same = ["tag", "-r", music, "--write", "--above", "0", "--journal", house.path(f"{number} c.jsonl")]
        pair = [house.start(*same) for _ in range(2)]
        ends = [house.end(one) for one in pair]
        codes = sorted(one.code for one in ends)
        findings.expect(codes in ([0, 0], [0, 2]), f"two at the same journal end with {codes}: {ends[1].err[-200:]}")
        findings.ended(house.run("tag", "--undo", house.path(f"{number} c.jsonl"), "--write"), 0)
        findings.expect(content(music) == before, "--undo of the shared journal does not bring back the same bytes")
        findings.times += 1
    findings.note("no song is damaged; --undo brings back the same bytes")


FAULTS = {"two at once, refused": refused, "three at once, both whole": both, "two at once, tag": tags}
