//! One large matrix product of noise: how fast this machine multiplies with our kernels.

use super::kernels::inference::{Activation, Dense};

/// `[size, size] x [size, size]`, ready to be computed again and again.
pub struct Product {
    size: usize,
    left: Vec<f32>,
    right: Dense,
    result: Vec<f32>,
}

impl Product {
    /// Packs the right operand.
    pub fn new(size: usize) -> Self {
        let noise = |n: usize| (n * 7919 % 1009) as f32 / 1009.0 - 0.5;
        let left: Vec<f32> = (0..size * size).map(noise).collect();
        let right = Dense::of(&left, &vec![0.0; size], Activation::Linear);
        Product { size, result: vec![0.0; left.len()], left, right }
    }

    /// Computes it once, on all threads of the pool.
    pub fn compute(&mut self) {
        self.right.forward(&self.left, &mut self.result);
    }

    /// Multiplications and additions of one computation.
    pub fn operations(&self) -> f64 {
        2.0 * (self.size as f64).powi(3)
    }
}
