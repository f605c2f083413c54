//! The mel filter bank: power per frequency bin to power per band, narrow bands below, wide ones above.
//!
//! As librosa's `filters.mel(htk=False, norm="slaney")`: triangles whose corners are evenly spaced on Slaney's
//! mel scale (Auditory Toolbox, 1998), each divided by half its width in Hz, so that every band has equal area.

use super::stft::LANES;

/// Hz per mel on the straight part of the scale, below [`BREAK_HZ`].
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Where the scale turns from straight to logarithmic.
const BREAK_HZ: f64 = 1000.0;
/// [`BREAK_HZ`] in mel.
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;
/// On the logarithmic part, 27 mel are a factor of 6.4 in frequency.
const MEL_PER_LOG: (f64, f64) = (27.0, 6.4);

/// Hz to Slaney's mel; `librosa.hz_to_mel(htk=False)`.
pub fn hz_to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ {
        return hz / HZ_PER_MEL;
    }
    BREAK_MEL + (hz / BREAK_HZ).ln() * MEL_PER_LOG.0 / MEL_PER_LOG.1.ln()
}

/// Slaney's mel to Hz; `librosa.mel_to_hz(htk=False)`.
pub fn mel_to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL {
        return mel * HZ_PER_MEL;
    }
    BREAK_HZ * ((mel - BREAK_MEL) * MEL_PER_LOG.1.ln() / MEL_PER_LOG.0).exp()
}

/// One triangle, without the zeros around it.
#[derive(Debug, Clone)]
struct Filter {
    first_bin: usize,
    weights: Vec<f32>,
}

/// The filters of all bands, lowest first.
#[derive(Debug, Clone)]
pub struct MelBank {
    filters: Vec<Filter>,
    bins: usize,
}

impl MelBank {
    /// The bank for `bands` bands between 0 Hz and half the sample rate, over `n_fft / 2 + 1` bins.
    pub fn new(sample_rate_hz: u32, n_fft: usize, bands: usize) -> Self {
        let top = hz_to_mel(f64::from(sample_rate_hz) / 2.0);
        let corner = |index: usize| mel_to_hz(top * index as f64 / (bands + 1) as f64);
        let bin_hz = f64::from(sample_rate_hz) / n_fft as f64;
        let bins = n_fft / 2 + 1;
        let filter = |band| triangle(corner(band), corner(band + 1), corner(band + 2), bin_hz, bins);
        Self { filters: (0..bands).map(filter).collect(), bins }
    }

    /// The number of bands.
    pub fn bands(&self) -> usize {
        self.filters.len()
    }

    /// Bands so narrow that no frequency bin falls into them: they would be silent for ever.
    pub fn empty_bands(&self) -> usize {
        self.filters.iter().filter(|filter| filter.weights.is_empty()).count()
    }

    /// The weights as a full matrix, row-major `[bands, bins]`.
    pub fn matrix(&self) -> Vec<f32> {
        let mut matrix = vec![0.0; self.filters.len() * self.bins];
        for (row, filter) in matrix.chunks_mut(self.bins).zip(&self.filters) {
            row[filter.first_bin..filter.first_bin + filter.weights.len()].copy_from_slice(&filter.weights);
        }
        matrix
    }

    /// The power of one band in [`LANES`] frames side by side, from `power[bin][lane]`.
    #[inline(always)]
    pub(super) fn band(&self, band: usize, power: &[[f32; LANES]]) -> [f32; LANES] {
        let filter = &self.filters[band];
        let mut sum = [0.0; LANES];
        for (weight, row) in filter.weights.iter().zip(&power[filter.first_bin..]) {
            for (total, value) in sum.iter_mut().zip(row) {
                *total += weight * value;
            }
        }
        sum
    }
}

/// Rises from `low` Hz to `peak`, falls to `high`; area one. Computed in f64, rounded once.
fn triangle(low: f64, peak: f64, high: f64, bin_hz: f64, bins: usize) -> Filter {
    let weight = |bin: usize| {
        let hz = bin as f64 * bin_hz;
        let height = ((hz - low) / (peak - low)).min((high - hz) / (high - peak));
        (height.max(0.0) * 2.0 / (high - low)) as f32
    };
    let first_bin = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
    let weights = (first_bin..bins).map(weight).take_while(|&weight| weight > 0.0).collect();
    Filter { first_bin, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hz_and_mel_are_inverse_and_meet_at_the_break() {
        for hz in [0.0, 20.0, 440.0, 999.9, 1000.0, 4000.0, 8000.0] {
            assert!((mel_to_hz(hz_to_mel(hz)) - hz).abs() < 1e-9 * (1.0 + hz));
        }
        assert!((hz_to_mel(1000.0) - 15.0).abs() < 1e-12);
        assert!((hz_to_mel(6400.0) - 42.0).abs() < 1e-12);
    }

    #[test]
    fn too_many_bands_for_the_window_leave_some_empty() {
        assert_eq!(MelBank::new(16_000, 512, 128).empty_bands(), 0);
        assert_eq!(MelBank::new(16_000, 512, 217).empty_bands(), 9);
    }

    #[test]
    fn a_band_is_its_row_of_the_matrix_times_the_power() {
        let bank = MelBank::new(16_000, 512, 128);
        let power: Vec<[f32; LANES]> =
            (0..257).map(|bin| std::array::from_fn(|lane| ((bin * 7 + lane * 3) % 11) as f32)).collect();
        for (band, row) in bank.matrix().chunks(257).enumerate() {
            let sums = bank.band(band, &power);
            for (lane, sum) in sums.iter().enumerate() {
                let full: f32 = row.iter().zip(&power).map(|(weight, values)| weight * values[lane]).sum();
                assert!((sum - full).abs() <= 1e-6 * full, "band {band}, lane {lane}: {sum} and {full}");
            }
        }
    }
}
