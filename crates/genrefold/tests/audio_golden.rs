//! Decoding and resampling against librosa 0.11 with soxr's "HQ" quality (`golden/make_golden.py`).

mod common;

use std::error::Error;
use std::path::Path;

use common::npy;
use genrefold::audio::{Audio, Limits, read};

/// Rate of the goldens, Hz.
const RATE: u32 = 16_000;

type Outcome = Result<(), Box<dyn Error>>;

fn resampled(name: &str) -> genrefold::Result<Audio> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.wav"));
    read(path, RATE, &Limits::default())
}

/// Largest absolute difference to the golden; lengths are compared first.
fn check(name: &str, tolerance: f32) -> Outcome {
    let audio = resampled(name)?;
    let golden = npy::golden(&format!("{name}.mono16k.npy"))?;
    assert_eq!(golden.shape, [audio.samples.len()], "{name}: number of samples");
    let differences = audio.samples.iter().zip(&golden.values).map(|(ours, theirs)| (ours - theirs).abs());
    let worst = differences.fold(0f32, f32::max);
    assert!(worst <= tolerance, "{name}: {worst:e} off, {tolerance:e} allowed");
    Ok(())
}

#[test]
fn a_file_at_the_wanted_rate_is_read_exactly() -> Outcome {
    check("sine1k_16000_mono", 0.0)
}

#[test]
fn from_48000_hz_the_samples_are_those_of_soxr() -> Outcome {
    check("sweep_48000_stereo", 1e-5)
}

#[test]
fn from_44100_hz_the_samples_are_close_to_those_of_soxr() -> Outcome {
    check("noise_44100_mono", 5e-3)?;
    check("stereo_44100", 5e-3)
}

#[test]
fn from_22050_hz_the_samples_are_close_to_those_of_soxr() -> Outcome {
    check("sweep_22050_mono", 5e-3)?;
    check("clicks_22050_mono", 5e-3)
}

#[test]
fn silence_stays_silence() -> Outcome {
    check("silence_22050_mono", 0.0)
}
