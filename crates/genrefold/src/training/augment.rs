//! What is done to training pictures, each a function of a picture and a random stream.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

use super::experiment::Augment;
use crate::features::{Picture, Spectrogram};

/// Corners of the random equaliser's curve over the bands.
const KNOTS: usize = 5;

/// How many frames of music are to be heard in the time of `frames`, at a tempo drawn between `1 / (1 + most)` and
/// `1 + most` of its own.
pub fn stretch_length(frames: usize, most: f64, random: &mut ChaCha8Rng) -> usize {
    if most <= 0.0 {
        return frames;
    }
    let limit = (1.0 + most).ln();
    (frames as f64 * random.random_range(-limit..=limit).exp()).round() as usize
}

/// Stretches a window to `frames` frames, straight lines between its own.
pub fn stretch(window: Spectrogram, frames: usize) -> Spectrogram {
    if window.frames == frames || window.frames == 0 || frames < 2 {
        return window;
    }
    let scale = (window.frames - 1) as f32 / (frames - 1) as f32;
    let stretched = |band: &[f32], frame: usize| {
        let place = frame as f32 * scale;
        let before = (place as usize).min(band.len() - 1);
        let after = (before + 1).min(band.len() - 1);
        band[before] + (band[after] - band[before]) * (place - before as f32)
    };
    let bands = window.values.chunks_exact(window.frames);
    let values = bands.flat_map(|band| (0..frames).map(move |frame| stretched(band, frame))).collect();
    Spectrogram { frames, values, ..window }
}

/// Makes a window louder or softer by at most `decibels`.
pub fn gain(window: &mut Spectrogram, decibels: f32, random: &mut ChaCha8Rng) {
    if decibels > 0.0 {
        let gain = random.random_range(-decibels..=decibels);
        window.values.iter_mut().for_each(|value| *value += gain);
    }
}

/// Adds a curve over the bands: random gains within ± `decibels` at a few knots, straight lines between.
pub fn equalise(window: &mut Spectrogram, decibels: f32, random: &mut ChaCha8Rng) {
    if decibels <= 0.0 {
        return;
    }
    let gains: [f32; KNOTS] = std::array::from_fn(|_| random.random_range(-decibels..=decibels));
    let last = (window.bands.max(2) - 1) as f32;
    for (band, values) in window.values.chunks_exact_mut(window.frames).enumerate() {
        let place = band as f32 / last * (KNOTS - 1) as f32;
        let knot = (place as usize).min(KNOTS - 2);
        let gain = gains[knot] + (gains[knot + 1] - gains[knot]) * (place - knot as f32);
        values.iter_mut().for_each(|value| *value += gain);
    }
}

/// Moves the spectrum up or down by at most `most` bands; the band at the edge is repeated.
pub fn shift_bands(window: &mut Spectrogram, most: usize, random: &mut ChaCha8Rng) {
    if most == 0 {
        return;
    }
    let by = random.random_range(0..=2 * most) as isize - most as isize;
    let (bands, frames) = (window.bands as isize, window.frames);
    let old = window.values.clone();
    for (band, values) in window.values.chunks_exact_mut(frames).enumerate() {
        let from = (band as isize + by).clamp(0, bands - 1) as usize;
        values.copy_from_slice(&old[from * frames..(from + 1) * frames]);
    }
}

/// Sets random stretches of time and random ranges of bands to 0, the mean of a normalised picture.
pub fn mask(picture: &mut Picture, augment: &Augment, random: &mut ChaCha8Rng) {
    let (rows, columns) = (picture.rows, picture.columns);
    for _ in 0..augment.masks {
        let (first, last) = span(rows, augment.band_mask, random);
        picture.values[first * columns..last * columns].fill(0.0);
        let (first, last) = span(columns, augment.time_mask, random);
        picture.values.chunks_exact_mut(columns).for_each(|row| row[first..last].fill(0.0));
    }
}

/// A span of 0 to `widest` of `length` places, as (first, one past the last).
fn span(length: usize, widest: usize, random: &mut ChaCha8Rng) -> (usize, usize) {
    let width = random.random_range(0..=widest.min(length));
    let first = random.random_range(0..=length - width);
    (first, first + width)
}

/// Mixes every clip with another of the batch, pictures and targets alike, in shares drawn from
/// Beta(`alpha`, `alpha`) (Zhang et al. 2018).
pub fn mix(pictures: &mut [Picture], targets: &mut [f32], alpha: f64, random: &mut ChaCha8Rng) {
    let Ok(beta) = Beta::new(alpha, alpha) else { return };
    let genres = targets.len() / pictures.len().max(1);
    let mut partners: Vec<usize> = (0..pictures.len()).collect();
    partners.shuffle(random);
    let (old_pictures, old_targets) = (pictures.to_vec(), targets.to_vec());
    for (index, partner) in partners.into_iter().enumerate() {
        let share = beta.sample(random) as f32;
        let blend = |own: &mut f32, other: &f32| *own = share * *own + (1.0 - share) * other;
        let others = old_pictures[partner].values.iter();
        pictures[index].values.iter_mut().zip(others).for_each(|(own, other)| blend(own, other));
        let own = targets[index * genres..(index + 1) * genres].iter_mut();
        own.zip(&old_targets[partner * genres..]).for_each(|(own, other)| blend(own, other));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    fn ones(rows: usize, columns: usize) -> Picture {
        Picture { rows, columns, values: vec![1.0; rows * columns] }
    }

    #[test]
    fn an_equaliser_changes_bands_evenly_over_time_and_within_its_range() {
        let mut window = Spectrogram { bands: 64, frames: 3, values: vec![-20.0; 192] };
        equalise(&mut window, 6.0, &mut ChaCha8Rng::seed_from_u64(1));
        for band in window.values.chunks_exact(3) {
            assert!(band[0] == band[1] && band[1] == band[2] && (band[0] + 20.0).abs() <= 6.0);
        }
        assert!(window.values.iter().any(|value| *value != -20.0));
    }

    #[test]
    fn a_stretched_window_keeps_its_ends_and_its_slope() {
        let values: Vec<f32> =
            (0..2).flat_map(|band| (0..50).map(move |t| (t + 100 * band) as f32)).collect();
        let window = Spectrogram { bands: 2, frames: 50, values };
        for frames in [40, 50, 61] {
            let stretched = stretch(window.clone(), frames);
            assert_eq!((stretched.bands, stretched.frames, stretched.values.len()), (2, frames, 2 * frames));
            let step = 49.0 / (frames - 1) as f32;
            for (t, value) in stretched.values[frames..].iter().enumerate() {
                assert!((value - 100.0 - t as f32 * step).abs() < 1e-3, "{frames} frames, {t}: {value}");
            }
        }
    }

    #[test]
    fn tempo_and_gain_stay_within_their_limits_and_draw_nothing_where_they_are_off() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let lengths: Vec<usize> = (0..200).map(|_| stretch_length(300, 0.2, &mut random)).collect();
        assert!(lengths.iter().all(|length| (250..=360).contains(length)), "{lengths:?}");
        assert!(lengths.iter().any(|length| *length < 270) && lengths.iter().any(|length| *length > 330));
        let mut window = Spectrogram { bands: 2, frames: 2, values: vec![-20.0; 4] };
        gain(&mut window, 6.0, &mut random);
        assert!(window.values.iter().all(|value| (value + 20.0).abs() <= 6.0 && *value == window.values[0]));
        let before = random.clone();
        gain(&mut window, 0.0, &mut random);
        assert_eq!((stretch_length(300, 0.0, &mut random), random), (300, before));
    }

    #[test]
    fn shifted_bands_keep_their_neighbours() {
        let values: Vec<f32> = (0..40).map(|band| band as f32).collect();
        let mut window = Spectrogram { bands: 40, frames: 1, values };
        shift_bands(&mut window, 5, &mut ChaCha8Rng::seed_from_u64(3));
        assert!(window.values.windows(2).all(|pair| pair[1] - pair[0] == 1.0 || pair[1] == pair[0]));
        assert!((window.values[20] - 20.0).abs() <= 5.0);
    }

    proptest! {
        #[test]
        fn masks_stay_within_their_widths(seed: u64, time in 0usize..20, bands in 0usize..8) {
            let augment = Augment { masks: 1, time_mask: time, band_mask: bands, ..Augment::none() };
            let mut picture = ones(16, 40);
            mask(&mut picture, &augment, &mut ChaCha8Rng::seed_from_u64(seed));
            let rows = picture.values.chunks_exact(40).filter(|row| row.iter().all(|v| *v == 0.0)).count();
            let column = |c: usize| picture.values.iter().skip(c).step_by(40).all(|v| *v == 0.0);
            let columns = (0..40).filter(|c| column(*c)).count();
            prop_assert!(rows <= bands && columns <= time);
        }

        #[test]
        fn a_mix_keeps_the_sum_of_every_target(seed: u64, clips in 1usize..9) {
            let mut pictures: Vec<_> = (0..clips).map(|_| ones(2, 2)).collect();
            let mut targets: Vec<f32> = (0..clips * 3).map(|i| if i % 3 == 0 { 1.0 } else { 0.0 }).collect();
            targets.rotate_right(clips % 3);
            mix(&mut pictures, &mut targets, 0.4, &mut ChaCha8Rng::seed_from_u64(seed));
            prop_assert!((targets.iter().sum::<f32>() - clips as f32).abs() < 1e-4);
            prop_assert!(pictures.iter().all(|p| p.values.iter().all(|v| (v - 1.0).abs() < 1e-6)));
        }
    }
}
