"""A file to the pictures of its clips, with librosa or with torchaudio.

    front_end.py librosa|torchaudio --steps 3 FILE...     # one JSON line a file, as `genrefold benchmark front-end`
"""
import argparse
from pathlib import Path

import librosa
import numpy as np
import report

RATE, CLIP, HOP = 16_000, 80_000, 40_000
MEL = {"n_fft": 512, "hop_length": 256, "n_mels": 128}
TOP_DB = 80


def cut(samples: np.ndarray) -> np.ndarray:
    """Clips of 5 s every 2.5 s; the last is filled up with silence if half a hop of music would go unheard."""
    beyond = max(len(samples) - CLIP, 0)
    clips = 1 + beyond // HOP + (2 * (beyond % HOP) >= HOP)
    padded = np.pad(samples, (0, max((clips - 1) * HOP + CLIP - len(samples), 0)))
    return np.stack([padded[clip * HOP : clip * HOP + CLIP] for clip in range(clips)])


def with_librosa(path: Path) -> np.ndarray:
    """What the network sees of a file: [clips, 128, 313] in [0, 1]."""
    samples, _ = librosa.load(path, sr=RATE, mono=True)
    return np.stack([librosa_picture(clip) for clip in cut(samples)])


def librosa_picture(clip: np.ndarray) -> np.ndarray:
    power = librosa.feature.melspectrogram(y=clip, sr=RATE, **MEL)
    return (librosa.power_to_db(power, ref=np.max, top_db=TOP_DB) + TOP_DB) / TOP_DB


class WithTorchaudio:
    """The same with torchaudio, all clips in one batch. Its own reader needs FFmpeg's libraries, which pip does not
    install: libsndfile reads."""

    def __init__(self) -> None:
        import torch

        # torchaudio refuses a PyTorch of another CUDA version, although nothing here touches a GPU.
        torch.version.cuda = None
        from torchaudio import functional, transforms

        self.torch, self.resample = torch, functional.resample
        options = {"norm": "slaney", "mel_scale": "slaney", "center": True, "pad_mode": "constant"}
        self.mel = transforms.MelSpectrogram(RATE, **MEL, **options)
        self.decibels = transforms.AmplitudeToDB(top_db=TOP_DB)

    def __call__(self, path: Path) -> np.ndarray:
        import soundfile

        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        mono = self.torch.from_numpy(np.ascontiguousarray(sound.mean(axis=1)))
        clips = self.torch.from_numpy(cut(self.resample(mono, rate, RATE).numpy()))
        # A channel axis, so that the floor is each clip's own and not the batch's.
        decibels = self.decibels(self.mel(clips)[:, None])[:, 0]
        return ((decibels - decibels.amax((1, 2), keepdim=True) + TOP_DB) / TOP_DB).clamp(min=0).numpy()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["librosa", "torchaudio"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    pictures = WithTorchaudio() if options.library == "torchaudio" else with_librosa
    if options.library == "torchaudio":
        pictures.torch.set_num_threads(1)
    for file in options.files:
        clips = len(pictures(file))
        ms = report.timed(lambda: pictures(file), options.steps)
        report.line("front-end", file=str(file), clips=clips, ms=ms)


if __name__ == "__main__":
    main()
