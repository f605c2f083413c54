"""Makes metrics.json: scores of made-up predictions, by scikit-learn and SciPy.

Run it in this folder with numpy, scipy and scikit-learn (made with 1.9.1 and 1.17.1 of the last two):
    python make_metrics.py
"""

import json

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support


def calibration_error(truth, winners, confidence, bins=15):
    """Guo et al. 2017, equation 3: scikit-learn has none. Bins are open below and closed above."""
    total = 0.0
    for low, high in zip(np.arange(bins) / bins, np.arange(1, bins + 1) / bins):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs((winners == truth)[inside].mean() - confidence[inside].mean())
    return total


def case(name, truth, rows):
    """rows are 32-bit probabilities; everything is computed from their 64-bit values."""
    rows = rows.astype(np.float32).astype(np.float64)
    genres = rows.shape[1]
    labels = np.arange(genres)
    winners = rows.argmax(axis=1)
    eps = float(np.finfo(np.float32).eps)
    settings = dict(labels=labels, zero_division=0)
    each = precision_recall_fscore_support(truth, winners, **settings)
    macro = precision_recall_fscore_support(truth, winners, average="macro", **settings)
    right = int((winners == truth).sum())
    interval = binomtest(right, len(truth)).proportion_ci(0.95, method="wilson")
    # Clipping beforehand is what log_loss itself does when it is handed 32-bit floats.
    clipped = np.clip(rows, eps, 1 - eps)
    return dict(
        name=name,
        genres=genres,
        truth=truth.tolist(),
        probabilities=rows.ravel().tolist(),
        accuracy=accuracy_score(truth, winners),
        low=interval.low,
        high=interval.high,
        precision=macro[0],
        recall=macro[1],
        f1=macro[2],
        log_loss=log_loss(truth, y_proba=clipped, labels=labels),
        calibration_error=calibration_error(truth, winners, rows.max(axis=1)),
        genre_precision=each[0].tolist(),
        genre_recall=each[1].tolist(),
        genre_f1=each[2].tolist(),
        confusion=confusion_matrix(truth, winners, labels=labels).tolist(),
    )


def made_up(rng, rows, genres, skill, sharpness):
    """Softmax of noise with a lift for the true genre."""
    truth = rng.integers(0, genres, rows)
    logits = rng.normal(size=(rows, genres)) * sharpness
    logits[np.arange(rows), truth] += skill
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return truth, e / e.sum(axis=1, keepdims=True)


def main():
    rng = np.random.default_rng(20)
    cases = [
        case("ten genres, fair", *made_up(rng, 80, 10, 2.0, 1.0)),
        case("ten genres, too sure", *made_up(rng, 50, 10, 6.0, 8.0)),
        case("two genres, chance", *made_up(rng, 30, 2, 0.0, 0.5)),
        case("one row", *made_up(rng, 1, 4, 3.0, 1.0)),
    ]
    truth, rows = made_up(rng, 40, 6, 2.0, 1.0)
    cases.append(case("two genres that are never true", truth % 4, rows))
    rows[:, 2] = 0
    cases.append(case("a genre that is never predicted", truth, rows / rows.sum(axis=1, keepdims=True)))
    hard = np.eye(3)[rng.integers(0, 3, 25)]
    cases.append(case("all or nothing", rng.integers(0, 3, 25), hard))
    with open("metrics.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")


if __name__ == "__main__":
    main()
