//! Several f32 side by side, with operators.

use std::ops::{Add, Mul, Neg, Sub};

use pulp::Simd;

/// A vector of this processor, or a single f32 for [`pulp::Scalar`].
#[derive(Clone, Copy)]
pub(super) struct Lanes<S: Simd>(S, S::f32s);

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(super) fn splat(simd: S, value: f32) -> Self {
        Self(simd, simd.splat_f32s(value))
    }

    /// From the first values of a slice that is long enough.
    #[inline(always)]
    pub(super) fn load(simd: S, values: &[f32]) -> Self {
        Self(simd, S::as_simd_f32s(&values[..S::F32_LANES]).0[0])
    }

    #[inline(always)]
    pub(super) fn store(self, values: &mut [f32]) {
        S::as_mut_simd_f32s(&mut values[..S::F32_LANES]).0[0] = self.1;
    }

    /// `self * factor`.
    #[inline(always)]
    pub(super) fn times(self, factor: f32) -> Self {
        self * Self::splat(self.0, factor)
    }

    /// `self * factor + sum`.
    #[inline(always)]
    pub(super) fn times_plus(self, factor: Self, sum: Self) -> Self {
        Self(self.0, self.0.mul_add_e_f32s(self.1, factor.1, sum.1))
    }
}

impl<S: Simd> Add for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0, self.0.add_f32s(self.1, other.1))
    }
}

impl<S: Simd> Sub for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0, self.0.sub_f32s(self.1, other.1))
    }
}

impl<S: Simd> Mul for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0, self.0.mul_f32s(self.1, other.1))
    }
}

impl<S: Simd> Neg for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0, self.0.neg_f32s(self.1))
    }
}
