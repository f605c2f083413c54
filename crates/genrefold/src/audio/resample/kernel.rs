//! The resampler's kernel: its shape, its two ways of being stored, and the ones used last.

use std::sync::{Arc, Mutex, PoisonError};

use pulp::NullaryFnOnce;

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

    /// The kernel at distances of `0, 1 / unit, 2 / unit, ...` input samples, up to its end.
    pub(super) fn sampled(&self, unit: usize) -> Sampled {
        let length = (self.radius * unit as f64).floor() as usize + 1;
        let mut values: Vec<f64> = (0..length).map(|n| n as f64 / unit as f64 / self.radius).collect();
        let window = KaiserWindow::new();
        pulp::Arch::new().dispatch(Windowed { window: &window, values: &mut values });
        let step = CUTOFF / self.period; // twice the cutoff in cycles per input sample
        let weight = |(n, window): (usize, f64)| {
            let angle = std::f64::consts::PI * step * n as f64 / unit as f64;
            let sinc = if n == 0 { 1.0 } else { angle.sin() / angle };
            (step * sinc * window) as f32
        };
        Sampled { weights: values.into_iter().enumerate().map(weight).collect(), unit, half: self.half }
    }
}

/// The kernel at evenly spaced distances; it is symmetric.
pub(super) struct Sampled {
    weights: Vec<f32>,
    /// Samples per input sample.
    unit: usize,
    half: usize,
}

impl Sampled {
    /// The weight of input sample `tap`, counted from the first that the kernel may reach, for an output sample
    /// that lies `between` (0 to `unit`) behind its input sample; 0 for those out of reach.
    pub(super) fn weight(&self, tap: isize, between: usize) -> f32 {
        let distance = (tap + 1 - self.half as isize) * self.unit as isize - between as isize;
        self.weights.get(distance.unsigned_abs()).copied().unwrap_or(0.0)
    }
}

/// The kernel as a table.
pub(super) enum Kernel {
    /// For every place that an output sample can have, arranged for speed: all usual rates.
    Tiles(Tiles),
    /// For the others: place by place, and interpolated where there are too many places.
    Rows(Rows),
}

/// The kernels used last: making one costs a quarter of resampling half a minute.
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

/// `I0(beta sqrt(1 - x^2)) / I0(beta)` for `x` from 0 to 1, with I0 for the modified Bessel function of order 0.
///
/// Its power series is a polynomial in `1 - x^2`, which needs no root.
struct KaiserWindow {
    /// From the constant term on, divided by `I0(beta)`.
    coefficients: Vec<f64>,
}

impl KaiserWindow {
    fn new() -> Self {
        let quarter = BETA * BETA / 4.0;
        let (mut terms, mut sum) = (vec![1.0], 0.0);
        while let Some(&term) = terms.last().filter(|term| **term > sum * 1e-17) {
            sum += term;
            let order = terms.len() as f64;
            terms.push(term * quarter / (order * order));
        }
        Self { coefficients: terms.into_iter().map(|term| term / sum).collect() }
    }

    #[inline(always)]
    fn at(&self, place: f64) -> f64 {
        let inside = 1.0 - place * place;
        self.coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * inside + coefficient)
    }
}

/// Replaces places by the window there, several side by side.
struct Windowed<'a> {
    window: &'a KaiserWindow,
    values: &'a mut [f64],
}

impl NullaryFnOnce for Windowed<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (blocks, rest) = self.values.as_chunks_mut::<16>();
        for block in blocks {
            let inside = block.map(|place| 1.0 - place * place);
            let mut sums = [0.0; 16];
            for coefficient in self.window.coefficients.iter().rev() {
                for (sum, inside) in sums.iter_mut().zip(inside) {
                    *sum = *sum * inside + coefficient;
                }
            }
            *block = sums;
        }
        for place in rest {
            *place = self.window.at(*place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Bessel function by its power series.
    fn bessel(x: f64) -> f64 {
        let (mut sum, mut term) = (1.0, 1.0);
        for k in 1..100 {
            term *= x * x / 4.0 / f64::from(k * k);
            sum += term;
        }
        sum
    }

    #[test]
    fn the_kernel_is_a_sinc_under_a_kaiser_window() {
        for (from, to, unit) in [(441, 160, 160), (3, 1, 16), (1, 3, 3), (44101, 16000, 371)] {
            let (shape, period) = (Shape::new(from, to), (f64::from(from) / f64::from(to)).max(1.0));
            let sampled = shape.sampled(unit);
            for tap in -2..2 * shape.half as isize + 2 {
                for between in [0, 1, unit / 2, unit - 1] {
                    let distance = (tap + 1 - shape.half as isize) as f64 - between as f64 / unit as f64;
                    let inside = 1.0 - (distance / (HALF_LENGTH * period)).powi(2);
                    let angle = std::f64::consts::PI * CUTOFF * distance / period;
                    let sinc = if distance == 0.0 { 1.0 } else { angle.sin() / angle };
                    let window = if inside < 0.0 { 0.0 } else { bessel(BETA * inside.sqrt()) / bessel(BETA) };
                    let expected = CUTOFF / period * sinc * window;
                    let found = f64::from(sampled.weight(tap, between));
                    assert!((found - expected).abs() < 1e-7 * CUTOFF / period, "{from} to {to}, {distance}");
                }
            }
        }
    }

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
