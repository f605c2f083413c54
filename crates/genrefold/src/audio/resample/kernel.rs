//! The resampler's kernel: its shape, its two ways of being stored, and the ones used last.

use std::sync::{Arc, Mutex, PoisonError};

use super::rows::Rows;
use super::tiles::Tiles;

/// Frequency at which the filter halves the amplitude, as a fraction of the lower of the two Nyquist frequencies.
const CUTOFF: f64 = 0.956872;

/// Half the kernel's length, in periods of the lower of the two rates.
const HALF_LENGTH: f64 = 96.834;

/// Shape of the Kaiser window: the stop band lies about 125 dB down.
const BETA: f64 = 13.040;

/// The largest table, in entries: 2 MiB.
pub(super) const MAX_TABLE: usize = 1 << 19;

/// The kernel's scale for a pair of rates, in input samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// One period of the lower rate.
    pub(super) period: f64,
    /// Where the kernel ends on either side.
    radius: f64,
    /// `radius`, rounded up: input samples on each side of the output's place.
    pub(super) half: usize,
}

impl Shape {
    pub(super) fn new(from: u32, to: u32) -> Self {
        let period = (f64::from(from) / f64::from(to)).max(1.0);
        let radius = HALF_LENGTH * period;
        Self { period, radius, half: radius.ceil() as usize }
    }

    /// The weight of input sample `tap`, counted from the first that the kernel may reach, for an output sample
    /// that lies `between` (0 to 1) behind its input sample; 0 for those out of reach.
    pub(super) fn weight(&self, tap: isize, between: f64) -> f32 {
        let distance = tap as f64 - (self.half as f64 - 1.0) - between;
        windowed_sinc(distance, self.period, self.radius)
    }
}

/// The kernel as a table.
pub(super) enum Kernel {
    /// For every place that an output sample can have, arranged for speed: all usual rates.
    Tiles(Tiles),
    /// For the others: place by place, and interpolated where there are too many places.
    Rows(Rows),
}

/// The kernels used last: making one costs more than resampling half a minute.
static RECENT: Mutex<Vec<(u32, u32, Arc<Kernel>)>> = Mutex::new(Vec::new());

/// How many kernels are kept, 2 MiB each at most.
const KEPT: usize = 8;

impl Kernel {
    /// The kernel for a reduced pair of rates, made anew only when it was not used lately.
    pub(super) fn shared(from: u32, to: u32) -> Arc<Self> {
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, kernel)) = recent.iter().find(|entry| (entry.0, entry.1) == (from, to)) {
            return Arc::clone(kernel);
        }
        let kernel = Arc::new(Kernel::new(from, to));
        if recent.len() == KEPT {
            recent.remove(0);
        }
        recent.push((from, to, Arc::clone(&kernel)));
        kernel
    }

    fn new(from: u32, to: u32) -> Self {
        Tiles::new(from, to).map_or_else(|| Kernel::Rows(Rows::new(from, to)), Kernel::Tiles)
    }

    /// Samples of silence that stand before the first sample.
    pub(super) fn lead(&self) -> usize {
        match self {
            Kernel::Tiles(tiles) => tiles.shape.half - 1,
            Kernel::Rows(rows) => rows.shape.half - 1,
        }
    }

    /// Samples of silence behind the last one that complete the input of every output sample.
    pub(super) fn reach(&self) -> usize {
        match self {
            Kernel::Tiles(tiles) => tiles.needed(),
            Kernel::Rows(rows) => rows.reach(),
        }
    }
}

/// The kernel at a distance in input samples; `period` and `radius` likewise.
fn windowed_sinc(distance: f64, period: f64, radius: f64) -> f32 {
    let inside = 1.0 - (distance / radius).powi(2);
    if inside <= 0.0 {
        return 0.0;
    }
    let window = bessel_i0(BETA * inside.sqrt()) / bessel_i0(BETA);
    let step = CUTOFF / period; // twice the cutoff in cycles per input sample
    let angle = std::f64::consts::PI * step * distance;
    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    (step * sinc * window) as f32
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_rates_do_not_blow_up_the_table() {
        let odd = [(44101, 16000), (383_999, 16000), (37800, 22051), (1000, 383_999), (512, 1), (511, 2)];
        for (from, to) in odd {
            let (entries, taps) = match Kernel::new(from, to) {
                Kernel::Tiles(tiles) => (tiles.entries(), 0),
                Kernel::Rows(rows) => (rows.entries(), rows.taps()),
            };
            assert!(entries <= MAX_TABLE + taps, "{from} to {to}: {entries}");
        }
    }
}
