//! Power to decibels, as `librosa.power_to_db` does it.

use super::Spectrogram;

/// The smallest power that is told apart from silence: librosa's `amin`. It is -100 dB.
pub const SMALLEST_POWER: f32 = 1e-10;

/// [`SMALLEST_POWER`] in dB: what silence reads.
pub const SILENCE_DB: f32 = -100.0;

/// What 0 dB means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    /// The loudest value of this very spectrogram.
    Max,
    /// A fixed power; 1.0 makes spectrograms comparable with each other.
    Power(f32),
}

/// `10 log10(max(power, amin) / max(reference, amin))`, raised where it lies more than `top_db` below its own
/// maximum; `librosa.power_to_db`. Total silence relative to its maximum is 0 dB everywhere, as in librosa.
pub fn power_to_db(spectrogram: &mut Spectrogram, reference: Reference, top_db: Option<f32>) {
    let values = &mut spectrogram.values;
    values.iter_mut().for_each(|value| *value = decibels(*value));
    let (_, loudest) = extremes(values);
    let zero = match reference {
        Reference::Max => loudest,
        Reference::Power(power) => decibels(power),
    };
    let floor = top_db.map_or(f32::NEG_INFINITY, |range| loudest - zero - range);
    values.iter_mut().for_each(|value| *value = (*value - zero).max(floor));
}

/// The smallest and the largest value, in a loop that vectorises; (inf, -inf) of nothing.
#[inline(always)]
pub(super) fn extremes(values: &[f32]) -> (f32, f32) {
    let (mut least, mut most) = ([f32::INFINITY; 16], [f32::NEG_INFINITY; 16]);
    let blocks = values.chunks_exact(16);
    let rest = blocks.remainder();
    for block in blocks {
        for ((low, high), &value) in least.iter_mut().zip(&mut most).zip(block) {
            *low = if value < *low { value } else { *low };
            *high = if value > *high { value } else { *high };
        }
    }
    (
        least.iter().chain(rest).copied().fold(f32::INFINITY, f32::min),
        most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max),
    )
}

/// `10 log10(max(power, 1e-10))`, within 1e-4 dB for every finite power, without a call or a branch, so that a
/// loop over it vectorises. NaN and negative powers read as silence.
///
/// With `power = 2^e m` and `m` in `[sqrt 1/2, sqrt 2)`: `ln m = 2 artanh s`, `s = (m - 1) / (m + 1)`, and the
/// series `s + s^3/3 + s^5/5 + s^7/7` is cut where the next term is below 1.5e-8, as `|s| < 0.1716`.
#[inline(always)]
pub(super) fn decibels(power: f32) -> f32 {
    /// The bits of sqrt(1/2): taken off, they leave the exponent of the mantissa range above.
    const SQRT_HALF: u32 = 0x3f35_04f3;
    /// dB per factor of two.
    const OCTAVE_DB: f32 = 3.010_3;
    /// `20 / ln 10`: dB per unit of artanh.
    const ARTANH_DB: f32 = 8.685_89;
    let power = if power > SMALLEST_POWER { power } else { SMALLEST_POWER };
    let offset = power.to_bits().wrapping_sub(SQRT_HALF);
    let exponent = (offset.cast_signed() >> 23) as f32;
    let mantissa = f32::from_bits((offset & 0x007f_ffff).wrapping_add(SQRT_HALF));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let artanh = s * (1.0 + square * (1.0 / 3.0 + square * (0.2 + square * (1.0 / 7.0))));
    exponent * OCTAVE_DB + ARTANH_DB * artanh
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_db(power: f32) -> f64 {
        (f64::from(decibels(power)) - 10.0 * f64::from(power).max(1e-10).log10()).abs()
    }

    #[test]
    fn decibels_are_exact_to_a_ten_thousandth_over_every_mantissa_and_exponent() {
        for bits in 1.0f32.to_bits()..2.0f32.to_bits() {
            let power = f32::from_bits(bits);
            assert!(error_db(power) < 1e-6, "{power:e} is off by {:e} dB", error_db(power));
        }
        for bits in (0..f32::INFINITY.to_bits()).step_by(997) {
            let power = f32::from_bits(bits);
            assert!(error_db(power) < 1e-4, "{power:e} is off by {:e} dB", error_db(power));
        }
    }

    #[test]
    fn what_is_no_power_reads_as_silence_or_as_very_loud_but_never_as_nan() {
        for power in [0.0, -1.0, f32::NAN, f32::NEG_INFINITY, 1e-11, 1e-40] {
            assert!((decibels(power) - SILENCE_DB).abs() < 1e-4, "{power}");
        }
        assert!(decibels(f32::INFINITY).is_finite());
    }

    #[test]
    fn silence_relative_to_its_maximum_is_zero_decibels() {
        let mut silence = Spectrogram { bands: 2, frames: 3, values: vec![0.0; 6] };
        power_to_db(&mut silence, Reference::Max, Some(80.0));
        assert_eq!(silence.values, vec![0.0; 6]);
    }

    #[test]
    fn the_floor_lies_below_the_maximum_whatever_zero_means() {
        let power = Spectrogram { bands: 1, frames: 3, values: vec![100.0, 1.0, 1e-9] };
        let mut absolute = power.clone();
        power_to_db(&mut absolute, Reference::Power(1.0), Some(80.0));
        let expected = [20.0f32, 0.0, -60.0];
        assert!(
            absolute.values.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4)
        );
        let mut relative = power;
        power_to_db(&mut relative, Reference::Max, None);
        assert!((relative.values[2] + 110.0).abs() < 1e-4, "{:?}", relative.values);
    }

    #[test]
    fn the_extremes_are_found_wherever_they_stand() {
        for place in 0..40 {
            let mut values = vec![0.0; 40];
            values[place] = 2.0;
            values[(place + 7) % 40] = -1.0;
            assert_eq!(extremes(&values), (-1.0, 2.0));
        }
        assert_eq!(extremes(&[]), (f32::INFINITY, f32::NEG_INFINITY));
    }
}
