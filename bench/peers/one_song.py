"""The genre of one song, in a plain script with PyTorch and librosa: one_song.py FILE."""
import json
import sys
from pathlib import Path

from front_end import with_librosa
from network import Model


def main() -> None:
    path = Path(sys.argv[1])
    model = Model()
    mean = model.probabilities(with_librosa(path)).mean(axis=0)
    genres = dict(zip(model.genres, mean.tolist()))
    print(json.dumps({"file": str(path), "genre": max(genres, key=genres.get), "genres": genres}), flush=True)


if __name__ == "__main__":
    main()
