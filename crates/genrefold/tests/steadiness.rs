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

/// So many seconds in each of the ten styles, by two seeds.
fn songs(seconds: f64) -> impl Iterator<Item = Vec<f32>> {
    let styles = STYLES.iter().flat_map(|style| [(style, 0), (style, 1)]);
    styles.map(move |(style, seed)| song(style, seed, seconds, RATE).samples)
}

/// The largest change of a probability.
fn change(one: &Prediction, other: &Prediction) -> f32 {
    let pairs = one.probabilities.iter().zip(&other.probabilities);
    pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

/// From 30 dB softer to 12 dB louder.
#[test]
fn a_gain_barely_moves_the_answer() -> genrefold::Result<()> {
    let classifier = Classifier::embedded()?;
    for samples in songs(7.0) {
        let plain = classifier.classify_samples(&samples)?;
        for gain in [0.03, 0.3, 4.0] {
            let scaled: Vec<f32> = samples.iter().map(|sample| sample * gain).collect();
            let moved = change(&plain, &classifier.classify_samples(&scaled)?);
            assert!(moved < 0.01, "a gain of {gain} moves a probability by {moved}");
        }
    }
    Ok(())
}

/// The closest that two genres can be without a tie.
const LEVEL: f32 = 0.01;

/// These songs are none that the model knows, and lie between its genres: real ones move by a sixth of this. Where two
/// genres are level, either may be called the likelier.
#[test]
fn ten_milliseconds_of_silence_in_front_barely_move_the_answer() -> genrefold::Result<()> {
    let classifier = Classifier::embedded()?;
    let mut moved = Vec::new();
    for samples in songs(22.0) {
        let later = [&[0.0; MOMENT], &samples[..]].concat();
        let (plain, shifted) = (classifier.classify_samples(&samples)?, classifier.classify_samples(&later)?);
        let lead = plain.probabilities[plain.genre] - plain.probabilities[shifted.genre];
        assert!(lead < LEVEL, "another genre, though the first one led by {lead}");
        moved.push(change(&plain, &shifted));
    }
    let mean = moved.iter().sum::<f32>() / moved.len() as f32;
    let most = moved.iter().copied().fold(0.0, f32::max);
    assert!(mean < 0.05 && most < 0.2, "{mean} in the mean and {most} at most");
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
    fn clips_judged_in_other_batches_get_the_same_answer(
        seed in 0u64..1000, cuts in prop::collection::vec(0usize..4, 0..6),
    ) {
        check_batches(seed, &cuts)?;
    }
}
