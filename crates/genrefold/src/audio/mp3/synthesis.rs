//! From samples of 32 subbands to sound: a cosine transform and a window over the last 16 of its results.

use pulp::{Scalar, Simd};

use super::hybrid::{Rows, SLOTS, SUBBANDS};
use super::lanes::Lanes;
use super::tables::{SECANTS, SYNTHESIS};

/// Transformed slots that the window reaches back.
const BEHIND: usize = 15;

/// Full scale is 1, and the values come at half their size.
const SCALE: f32 = 2.0 / 65536.0;

/// The state between granules, and the window.
#[derive(Clone)]
pub(super) struct Synthesis {
    /// Slot by slot, oldest first: what ISO/IEC 11172-3 calls the vector V.
    slots: Box<[[f32; 2 * SUBBANDS]; BEHIND + SLOTS]>,
    /// For each of eight pairs of slots, the weights of the newer and of the older one.
    window: Box<[[[f32; SUBBANDS]; 2]; 8]>,
}

impl Synthesis {
    pub(super) fn new() -> Self {
        let mut window = Box::new([[[0.0; SUBBANDS]; 2]; 8]);
        for (weight, &table) in window.as_flattened_mut().as_flattened_mut().iter_mut().zip(&SYNTHESIS) {
            *weight = table as f32 * SCALE;
        }
        Self { slots: Box::new([[0.0; 2 * SUBBANDS]; BEHIND + SLOTS]), window }
    }

    /// Makes the sound of one granule: 32 samples a slot.
    #[inline(always)]
    pub(super) fn run<S: Simd>(&mut self, simd: S, rows: &Rows, sound: &mut [[f32; SUBBANDS]; SLOTS]) {
        self.slots.copy_within(SLOTS.., 0);
        let mut turned = [[0.0; SLOTS]; SUBBANDS];
        for (slot, row) in rows.iter().enumerate() {
            for (turned, value) in turned.iter_mut().zip(row) {
                turned[slot] = *value;
            }
        }
        let mut spectra = [[0.0; SLOTS]; SUBBANDS];
        dct32_of_slots(simd, &turned, &mut spectra);
        for (slot, vector) in self.slots[BEHIND..].iter_mut().enumerate() {
            unfold(&spectra, slot, vector);
        }
        for (slot, sound) in sound.iter_mut().enumerate() {
            for at in (0..SUBBANDS).step_by(S::F32_LANES) {
                let mut sums = [Lanes::splat(simd, 0.0); 2];
                for (pair, [newer, older]) in self.window.iter().enumerate() {
                    let place = BEHIND + slot - 2 * pair;
                    let new = Lanes::load(simd, &self.slots[place][at..]);
                    let old = Lanes::load(simd, &self.slots[place - 1][SUBBANDS + at..]);
                    sums[0] = new.times_plus(Lanes::load(simd, &newer[at..]), sums[0]);
                    sums[1] = old.times_plus(Lanes::load(simd, &older[at..]), sums[1]);
                }
                (sums[0] + sums[1]).store(&mut sound[at..]);
            }
        }
    }
}

/// The 64 values of V from the 32 of the cosine transform: their symmetric continuation.
#[inline(always)]
fn unfold(spectra: &[[f32; SLOTS]; SUBBANDS], slot: usize, vector: &mut [f32; 2 * SUBBANDS]) {
    let x = |place: usize| spectra[place][slot];
    for i in 0..16 {
        vector[i] = x(16 + i);
        vector[48 + i] = -x(i);
    }
    for (i, value) in vector[17..48].iter_mut().rev().enumerate() {
        *value = -x(1 + i);
    }
    vector[16] = 0.0;
}

/// The cosine transform over the subbands, of all slots, several side by side.
#[inline(always)]
fn dct32_of_slots<S: Simd>(simd: S, from: &[[f32; SLOTS]; SUBBANDS], to: &mut [[f32; SLOTS]; SUBBANDS]) {
    let mut slot = 0;
    while slot + S::F32_LANES <= SLOTS {
        dct32(simd, from, to, slot);
        slot += S::F32_LANES;
    }
    if slot < SLOTS && S::F32_LANES <= SLOTS {
        // The last vector repeats some slots: cheaper than one at a time.
        dct32(simd, from, to, SLOTS - S::F32_LANES);
    } else {
        (slot..SLOTS).for_each(|slot| dct32(Scalar, from, to, slot));
    }
}

/// A cosine transform of 32 values (type II), unscaled, as four of eight.
#[inline(always)]
fn dct32<S: Simd>(simd: S, from: &[[f32; SLOTS]; SUBBANDS], to: &mut [[f32; SLOTS]; SUBBANDS], slot: usize) {
    let mut parts = [[Lanes::splat(simd, 0.0); 8]; 4];
    for i in 0..8 {
        let [a, b, c, d] = [i, 15 - i, 16 + i, 31 - i].map(|row| Lanes::load(simd, &from[row][slot..]));
        let (outer, inner) = (a + d, b + c);
        let (inner_odd, outer_odd) = ((b - c).times(SECANTS[3 * i]), (a - d).times(SECANTS[3 * i + 1]));
        parts[0][i] = outer + inner;
        parts[1][i] = (outer - inner).times(SECANTS[3 * i + 2]);
        parts[2][i] = outer_odd + inner_odd;
        parts[3][i] = (outer_odd - inner_odd).times(SECANTS[3 * i + 2]);
    }
    for part in &mut parts {
        *part = dct8(*part);
    }
    let [p, q, r, s] = parts;
    for i in 0..8 {
        let row = &mut to[4 * i..4 * i + 4];
        p[i].store(&mut row[0][slot..]);
        if i < 7 {
            (r[i] + s[i] + s[i + 1]).store(&mut row[1][slot..]);
            (q[i] + q[i + 1]).store(&mut row[2][slot..]);
            (r[i + 1] + s[i] + s[i + 1]).store(&mut row[3][slot..]);
        } else {
            (r[i] + s[i]).store(&mut row[1][slot..]);
            q[i].store(&mut row[2][slot..]);
            s[i].store(&mut row[3][slot..]);
        }
    }
}

/// A cosine transform of eight values (type II).
#[inline(always)]
fn dct8<S: Simd>(x: [Lanes<S>; 8]) -> [Lanes<S>; 8] {
    let [s0, s1, s2, s3] = [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]];
    let [d0, d1, d2, d3] = [x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]];
    let (e0, e1, e2, e3) = (s0 + s3, s1 + s2, s1 - s2, s0 - s3);
    let turned = (e2 + e3).times(0.707_106_77);

    let (f5, f6, f7) = (d3 + d2, (d2 + d1).times(0.707_106_77), d1 + d0);
    // Turned by pi / 8, in three steps.
    let g5 = f5 - f7.times(0.198_912_37);
    let g7 = f7 + g5.times(0.382_683_43);
    let g5 = g5 - g7.times(0.198_912_37);
    let (low, high) = (d0 - f6, d0 + f6);
    [
        e0 + e1,
        (high + g7).times(0.509_795_6),
        (e3 + turned).times(0.541_196_1),
        (low - g5).times(0.601_344_9),
        (e0 - e1).times(0.707_106_77),
        (low + g5).times(0.899_976_2),
        (e3 - turned).times(1.306_563),
        (high - g7).times(2.562_915_6),
    ]
}
