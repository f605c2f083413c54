import numpy as np
import pytest
from songs import RATE, samples, wav

import genrefold

PCM = np.frombuffer(wav(samples())[44:], "<i2")


@pytest.mark.parametrize(
    "heard",
    [
        PCM,
        PCM.astype(">i2"),
        PCM.astype(np.int32) << 16,
        PCM / 32768,
        (PCM / 32768).astype(np.float32),
        (PCM / 32768).tolist(),
        np.repeat(PCM / 32768, 2)[::2],
        np.stack([PCM, PCM]),
        np.stack([PCM, PCM], axis=1),
        np.asfortranarray(np.stack([PCM, PCM]) / 32768),
    ],
    ids=str,
)
def test_samples_of_any_kind_say_what_their_wav_file_says(classifier, song, heard):
    answer, expected = classifier.classify(heard, RATE), classifier.classify(song)
    assert (answer.genres, answer.seconds, answer.file) == (expected.genres, expected.seconds, "<samples>")


def test_coarse_samples_are_what_their_kind_makes_of_them(classifier):
    half, byte = (PCM / 32768).astype(np.float16), (PCM // 256 + 128).astype(np.uint8)
    for coarse, meant in ((half, half.astype(np.float32)), (byte, (byte.astype(np.float32) - 128) / 128)):
        assert classifier.classify(coarse, RATE) == classifier.classify(meant, RATE)


def test_channels_are_judged_by_their_mean(classifier):
    left, right = samples(pitch=220.0), samples(pitch=330.0)
    mean = ((left.astype(np.float32) + right.astype(np.float32)) / 2).astype(np.float32)
    assert classifier.classify(np.stack([left, right]), RATE).genres == classifier.classify(mean, RATE).genres


def test_other_rates_are_resampled(classifier):
    answer = classifier.classify(np.repeat(samples(), 2), np.int64(2 * RATE))
    assert answer.seconds == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (np.zeros(RATE, np.int64), "int64"),
        (np.zeros(RATE, np.uint16), "uint16"),
        (np.zeros(RATE, bool), "bool"),
        (np.zeros(RATE, complex), "complex128"),
        (np.zeros((1, 2, RATE)), "1, 2, 16000"),
        (np.zeros((0, RATE)), "0, 16000"),
        (np.float32(0.5), r"\[\]"),
        (np.full(RATE, np.nan), "nan"),
        (np.full(RATE, np.inf), "infinite"),
        (["a", "b"], "<U1"),
        (None, "object"),
    ],
)
def test_what_is_no_sound_is_refused_in_words(classifier, heard, found):
    for judge in (classifier.classify, genrefold.mel_spectrogram):
        with pytest.raises(genrefold.SettingError, match=found):
            judge(heard, RATE)


@pytest.mark.parametrize("rate", [0, -1, 44_100.0, "16000", 2**32, 7])
def test_a_rate_that_cannot_be_is_refused(classifier, rate):
    with pytest.raises(genrefold.SettingError):
        classifier.classify(samples(), rate)


def test_nothing_and_little_are_too_short(classifier):
    for heard in ([], np.zeros((2, 0)), samples()[:100]):
        with pytest.raises(genrefold.TooShortError):
            classifier.classify(heard, RATE)
