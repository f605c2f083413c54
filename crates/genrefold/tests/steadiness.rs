//! What must not matter to an answer does not: loudness, a moment of silence in front, and which clips are judged
//! together.

use genrefold::classifier::Prediction;
use genrefold::dataset::synthetic::{STYLES, song};
use genrefold::features::{Clips, Extractor, Picture};
use genrefold::{Classifier, Model};
use proptest::prelude::*;

type Tested<T = ()> = Result<T, TestCaseError>;

/// The embedded model's rate, Hz.
const RATE: u32 = 16_000;
/// Ten milliseconds.
const MOMENT: usize = RATE as usize / 100;

fn failed(error: genrefold::Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// Seven seconds in one of the ten styles.
fn music(style: usize, seed: u64) -> Vec<f32> {
    song(&STYLES[style], seed, 7.0, RATE).samples
}

/// The largest change of a probability.
fn change(one: &Prediction, other: &Prediction) -> f32 {
    let pairs = one.probabilities.iter().zip(&other.probabilities);
    pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

fn check_gain(samples: &[f32], gain: f32) -> Tested {
    let classifier = Classifier::embedded().map_err(failed)?;
    let scaled: Vec<f32> = samples.iter().map(|sample| sample * gain).collect();
    let plain = classifier.classify_samples(samples).map_err(failed)?;
    let moved = change(&plain, &classifier.classify_samples(&scaled).map_err(failed)?);
    prop_assert!(moved < 1e-3, "a gain of {gain} moves a probability by {moved}");
    Ok(())
}

fn check_silence(samples: &[f32], count: usize) -> Tested {
    let classifier = Classifier::embedded().map_err(failed)?;
    let later = [&vec![0.0; count], samples].concat();
    let plain = classifier.classify_samples(samples).map_err(failed)?;
    let moved = change(&plain, &classifier.classify_samples(&later).map_err(failed)?);
    prop_assert!(moved < 0.05, "{count} samples of silence move a probability by {moved}");
    Ok(())
}

/// Overlapping clips of a song as pictures.
fn pictures(model: &Model, samples: &[f32]) -> genrefold::Result<Vec<Picture>> {
    let front_end = &model.card.front_end;
    let mut extractor = Extractor::new(front_end)?;
    let clips = Clips::cut(front_end, samples)?;
    clips.iter().map(|clip| extractor.picture(&clip.samples)).collect()
}

fn check_batches(seed: u64, cuts: &[usize]) -> Tested {
    let model = Model::embedded().map_err(failed)?;
    let samples = song(&STYLES[seed as usize % STYLES.len()], seed, 20.0, RATE).samples;
    let pictures = pictures(&model, &samples).map_err(failed)?;
    let whole = model.judge(&pictures).map_err(failed)?;
    let (mut logits, mut embeddings, mut rest) = (Vec::new(), Vec::new(), &pictures[..]);
    for cut in cuts.iter().chain([&pictures.len()]) {
        let (batch, others) = rest.split_at((*cut).min(rest.len()));
        let judged = model.judge(batch).map_err(failed)?;
        logits.extend(judged.logits);
        embeddings.extend(judged.embeddings);
        rest = others;
    }
    prop_assert_eq!((logits.len(), embeddings.len()), (whole.logits.len(), whole.embeddings.len()));
    let pairs = logits.iter().zip(&whole.logits).chain(embeddings.iter().zip(&whole.embeddings));
    let worst = pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
    prop_assert!(worst <= 1e-6, "batches cut at {cuts:?}: {worst:e} off");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_gain_barely_moves_the_answer(style in 0usize..10, seed in 0u64..1000, decibels in -30f32..12.0) {
        check_gain(&music(style, seed), 10f32.powf(decibels / 20.0))?;
    }

    #[test]
    fn ten_milliseconds_of_silence_in_front_barely_move_the_answer(
        style in 0usize..10, seed in 0u64..1000, count in 1..=MOMENT,
    ) {
        check_silence(&music(style, seed), count)?;
    }

    #[test]
    fn clips_judged_in_other_batches_get_the_same_answer(
        seed in 0u64..1000, cuts in prop::collection::vec(0usize..4, 0..6),
    ) {
        check_batches(seed, &cuts)?;
    }
}
