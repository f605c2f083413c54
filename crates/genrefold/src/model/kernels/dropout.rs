//! Dropout whose choices are a function of a seed and a place, so that no mask is stored and no thread waits for
//! another's random numbers.

use rayon::prelude::*;

use super::buffers;
use super::math::vectorised;

/// Values that one thread takes at a time.
const PIECE: usize = 1 << 13;

/// Which values are dropped: a share of them, chosen by a seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mask {
    /// The share, in [0, 1).
    pub rate: f32,
    /// Another seed, another choice.
    pub seed: u64,
}

impl Mask {
    /// A mask for another place of the same step.
    pub fn at(self, place: u64) -> Self {
        Mask { seed: self.seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..self }
    }

    /// What value number `index` is multiplied with: 0, or `1 / (1 - rate)` (Srivastava et al. 2014, scaled in
    /// training).
    #[inline(always)]
    fn factor(self, index: u32) -> f32 {
        let threshold = (f64::from(self.rate) * f64::from(u32::MAX)) as u32;
        let (low, high) = (self.seed as u32, (self.seed >> 32) as u32);
        let drawn = mix(mix(index ^ low).wrapping_add(high));
        if drawn >= threshold { self.scale() } else { 0.0 }
    }

    /// Multiplies values `first..` of a tensor with their factors.
    #[inline(always)]
    pub(super) fn apply(self, first: usize, values: &mut [f32]) {
        values.iter_mut().enumerate().for_each(|(n, value)| *value *= self.factor((first + n) as u32));
    }

    /// All values of a tensor times their factors: the way there and the way back.
    pub(super) fn applied(self, values: &[f32]) -> Vec<f32> {
        let mut dropped = buffers::copied(values);
        self.drop_from(&mut dropped);
        dropped
    }

    /// The same in place.
    pub(super) fn drop_from(self, values: &mut [f32]) {
        let pieces = values.par_chunks_mut(PIECE).enumerate();
        pieces.for_each(|(piece, values)| drop_piece(self, piece * PIECE, values));
    }

    /// What values that are not dropped are multiplied with.
    #[inline(always)]
    pub(super) fn scale(self) -> f32 {
        1.0 / (1.0 - self.rate)
    }
}

vectorised! {
    fn drop_piece<'a>(mask: Mask, first: usize, values: &'a mut [f32]) {
        mask.apply(first, values);
    }
}

/// Spreads every bit over all others (C. Wellons' lowbias32, found by search).
#[inline(always)]
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_dropped_is_the_rate_and_the_mean_stays() {
        for seed in 0..5 {
            let dropped = Mask { rate: 0.1, seed }.applied(&vec![1.0; 100_000]);
            let share = dropped.iter().filter(|value| **value == 0.0).count() as f64 / 1e5;
            assert!((share - 0.1).abs() < 0.004, "{share}");
            assert!((dropped.iter().sum::<f32>() / 1e5 - 1.0).abs() < 0.005);
        }
    }

    #[test]
    fn other_seeds_and_places_choose_independently() {
        let chosen = |mask: Mask| mask.applied(&vec![1.0; 40_000]);
        let mask = Mask { rate: 0.5, seed: 1 };
        for other in [mask.at(1), mask.at(2), Mask { seed: 2, ..mask }, Mask { seed: 1 << 40, ..mask }] {
            let same = chosen(mask).iter().zip(chosen(other)).filter(|(a, b)| **a == *b).count();
            assert!((same as f64 / 40_000.0 - 0.5).abs() < 0.015, "{same} of 40000");
        }
        assert_eq!(chosen(mask), chosen(mask));
    }

    #[test]
    fn nothing_is_dropped_at_rate_zero() {
        assert_eq!(Mask { rate: 0.0, seed: 3 }.applied(&[1.0, 2.0]), [1.0, 2.0]);
    }
}
