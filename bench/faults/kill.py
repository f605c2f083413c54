"""Kills (-9) at moments that are drawn over a command's duration, or in the middle of a write."""
import time

from house import temporary


def moments(times, duration, draw):
    """So many kills: each in its own part of the duration, so that loading, work and the end are all met. Every second
    one waits, from then on, for the sight of a file that is not in its place yet: that is, for a write or a rename."""
    for number in range(times):
        yield duration * (number + draw.random()) / times, number % 2 == 1


def kill(house, words, moment, at_sight, *folders):
    """Starts a command and kills it. Gives whether it was still running, and whether a file was on its way."""
    begun = time.monotonic()
    running = house.start(*words)
    # Nobody reads while it runs; a pipe holds far more than these commands say.
    while time.monotonic() - begun < moment and running.poll() is None:
        time.sleep(0.0005)
    while at_sight and running.poll() is None and not temporary(*folders):
        pass
    alive = running.poll() is None
    running.kill()
    house.end(running)
    return alive, bool(temporary(*folders))


class Count:
    """How many kills met what."""

    def __init__(self):
        self.alive = self.writing = 0

    def add(self, met):
        alive, writing = met
        self.alive += alive
        self.writing += alive and writing

    def __str__(self):
        return f"{self.alive} killed at work, {self.writing} of them with a file half-written"
