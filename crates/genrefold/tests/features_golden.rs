//! The front end against librosa 0.11 on seven small signals; `golden/make_golden.py` made the numbers.

mod common;

use std::error::Error;

use common::npy::golden;
use genrefold::features::{Extractor, FrontEnd, Input, Lookup, MelBank, Reference, hann, power_to_db};

type Tested = Result<(), Box<dyn Error>>;

const SIGNALS: [&str; 7] = [
    "sweep_22050_mono",
    "noise_44100_mono",
    "clicks_22050_mono",
    "stereo_44100",
    "silence_22050_mono",
    "sine1k_16000_mono",
    "sweep_48000_stereo",
];

/// Mel power may differ by this share of the largest value: f32 rounding in another transform's order.
const POWER_TOLERANCE: f32 = 1e-5;
/// Decibels may differ by this much, far below what can be heard or seen.
const DB_TOLERANCE: f32 = 1e-3;
fn largest(values: &[f32]) -> f32 {
    values.iter().copied().fold(0.0, f32::max)
}

fn worst(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

#[test]
fn mel_power_is_librosas() -> Tested {
    let mut extractor = Extractor::new(&FrontEnd::default())?;
    for name in SIGNALS {
        let found = extractor.mel_power(&golden(&format!("{name}.mono16k.npy"))?.values);
        let expected = golden(&format!("{name}.melpow.npy"))?;
        assert_eq!(vec![found.bands, found.frames], expected.shape, "{name}");
        let (worst, most) = (worst(&found.values, &expected.values), largest(&expected.values));
        assert!(worst <= POWER_TOLERANCE * most, "{name}: off by {worst:e} of {most:e}");
    }
    Ok(())
}

#[test]
fn decibels_are_librosas() -> Tested {
    let mut extractor = Extractor::new(&FrontEnd::default())?;
    for name in SIGNALS {
        let mut found = extractor.mel_power(&golden(&format!("{name}.mono16k.npy"))?.values);
        power_to_db(&mut found, Reference::Max, Some(80.0));
        let expected = golden(&format!("{name}.db.npy"))?;
        assert_eq!(vec![found.bands, found.frames], expected.shape, "{name}");
        assert!(worst(&found.values, &expected.values) <= DB_TOLERANCE, "{name}");
    }
    Ok(())
}

#[test]
fn the_window_and_the_filters_are_scipys_and_librosas() -> Tested {
    let window = golden("hann512_periodic_f32.npy")?;
    assert_eq!(window.shape, [512]);
    assert!(worst(&hann(512), &window.values) <= 1e-7);
    let filters = golden("mel_fb_128x257_f32.npy")?;
    assert_eq!(filters.shape, [128, 257]);
    let found = MelBank::new(16_000, 512, 128).matrix();
    assert!(worst(&found, &filters.values) <= 1e-7 * largest(&filters.values));
    Ok(())
}

/// The clip of `clip.db.npy`: the stereo signal three times over, cut to five seconds.
fn clip() -> Result<Vec<f32>, Box<dyn Error>> {
    Ok(golden("stereo_44100.mono16k.npy")?.values.repeat(3)[..80_000].to_vec())
}

#[test]
fn the_picture_for_the_network_is_librosas_clip_scaled_to_one() -> Tested {
    let picture = Extractor::new(&FrontEnd::default())?.picture(&clip()?)?;
    let expected = golden("clip.db.npy")?;
    assert_eq!(vec![picture.rows, picture.columns], expected.shape);
    let expected: Vec<f32> = expected.values.iter().map(|decibels| (decibels + 80.0) / 80.0).collect();
    assert!(worst(&picture.values, &expected) <= DB_TOLERANCE / 80.0);
    Ok(())
}

#[test]
fn the_reports_picture_shows_the_cells_that_matplotlib_showed() -> Tested {
    let lookup = Lookup::new(128, 313);
    let exact = |indices: &[usize]| indices.iter().map(|&index| index as f32).collect::<Vec<_>>();
    assert_eq!(exact(&lookup.bands), golden("clip_image_bands.npy")?.values);
    assert_eq!(exact(&lookup.frames), golden("clip_image_frames.npy")?.values);

    let front_end = FrontEnd { input: Input::Image, ..FrontEnd::default() };
    let picture = Extractor::new(&front_end)?.picture(&clip()?)?;
    assert_eq!((picture.rows, picture.columns), (217, 334));
    let decibels = golden("clip.db.npy")?.values;
    let least = decibels.iter().copied().fold(0.0, f32::min);
    for (row, &band) in lookup.bands.iter().enumerate() {
        for (column, &frame) in lookup.frames.iter().enumerate() {
            let expected = (decibels[band * 313 + frame] - least) / -least;
            let found = picture.values[row * 334 + column];
            assert!((found - expected).abs() <= DB_TOLERANCE / 80.0, "{row}, {column}: {found}, {expected}");
        }
    }
    Ok(())
}

#[test]
fn on_an_absolute_scale_a_gain_moves_the_whole_picture_by_its_decibels() -> Tested {
    let clip = clip()?;
    let front_end = FrontEnd { input: Input::AbsoluteLogMel, ..FrontEnd::default() };
    let mut extractor = Extractor::new(&front_end)?;
    let softer: Vec<f32> = clip.iter().map(|sample| sample * 0.5).collect();
    let (plain, softer) = (extractor.picture(&clip)?, extractor.picture(&softer)?);
    let step = 20.0 * 2f32.log10() / front_end.top_db;
    for (plain, softer) in plain.values.iter().zip(&softer.values).filter(|(_, softer)| **softer > 0.0) {
        assert!((plain - softer - step).abs() <= DB_TOLERANCE / 80.0, "{plain} and {softer}");
    }
    assert!(plain.values.iter().any(|value| *value > 0.5));
    Ok(())
}

#[test]
fn a_gain_changes_no_picture() -> Tested {
    let clip = clip()?;
    for input in [Input::LogMel, Input::Image] {
        let mut extractor = Extractor::new(&FrontEnd { input, ..FrontEnd::default() })?;
        let plain = extractor.picture(&clip)?;
        for gain in [0.3f32, 0.77, 1.5, 8.0] {
            let louder: Vec<f32> = clip.iter().map(|sample| sample * gain).collect();
            let change = worst(&extractor.picture(&louder)?.values, &plain.values);
            assert!(change <= DB_TOLERANCE / 80.0, "gain {gain} changes the picture by {change}");
        }
    }
    Ok(())
}
