//! From a granule's values to samples of 32 subbands: reordering, alias reduction and the transforms.
//!
//! Everything is linear, so that the mean of two channels can pass through in place of both.

use pulp::{Scalar, Simd};

use super::frame::{Block, Granule, Header};
use super::huffman::VALUES;
use super::lanes::Lanes;
use super::tables::{ALIAS, TWIDDLES_12, TWIDDLES_36, WINDOWS};

/// Subbands.
pub(super) const SUBBANDS: usize = 32;
/// Values, and then samples, of a subband in a granule.
pub(super) const SLOTS: usize = VALUES / SUBBANDS;

/// Values `[place in the subband][subband]`, so that vectors run over subbands.
pub(super) type Rows = [[f32; SUBBANDS]; SLOTS];
/// What a granule leaves for the next, `[place][subband]`.
pub(super) type Overlap = [[f32; SUBBANDS]; SLOTS / 2];

/// Sorts the values of short blocks by frequency instead of by window.
fn reorder(values: &mut [f32; VALUES], first: usize, bands: &[u8]) {
    let mut sorted = [0.0; VALUES];
    let mut start = first;
    for &width in bands.iter().step_by(3).take_while(|width| **width != 0) {
        let (width, end) = (usize::from(width), start + 3 * usize::from(width));
        if end > VALUES {
            break;
        }
        let (one, rest) = values[start..end].split_at(width);
        let (two, three) = rest.split_at(width);
        let windows = one.iter().zip(two).zip(three);
        for (sorted, ((one, two), three)) in sorted[start..end].chunks_exact_mut(3).zip(windows) {
            sorted.copy_from_slice(&[*one, *two, *three]);
        }
        start = end;
    }
    values[first..start].copy_from_slice(&sorted[first..start]);
}

/// Subbands at the bottom that are transformed as a long block when the block is short.
fn long_subbands(header: Header, granule: &Granule) -> usize {
    if granule.mixed { header.long_subbands() } else { 0 }
}

/// Transforms the values of a granule into samples `rows[slot][subband]`.
#[inline(always)]
pub(super) fn transform<S: Simd>(
    simd: S,
    header: Header,
    granule: &Granule,
    values: &mut [f32; VALUES],
    overlap: &mut Overlap,
    rows: &mut Rows,
) {
    let long = long_subbands(header, granule);
    let mut edges = SUBBANDS - 1;
    if granule.block == Block::Short {
        reorder(values, long * SLOTS, granule.bands.get(granule.long_bands..).unwrap_or_default());
        edges = long.saturating_sub(1);
    }
    for (subband, values) in values.as_chunks::<SLOTS>().0.iter().enumerate() {
        for (row, value) in rows.iter_mut().zip(values) {
            row[subband] = *value;
        }
    }
    reduce_aliases(rows, edges);
    match granule.block {
        Block::Short => {
            long_block(Scalar, rows, overlap, &WINDOWS[0], 0..long);
            short_block(rows, overlap, long);
        }
        block => {
            // A mixed block that is not short: its lowest subbands have the plain window.
            let window = &WINDOWS[usize::from(block == Block::Stop)];
            if long > 0 && block == Block::Stop {
                long_block(Scalar, rows, overlap, &WINDOWS[0], 0..long);
                long_block(Scalar, rows, overlap, window, long..SUBBANDS);
            } else {
                long_block(simd, rows, overlap, window, 0..SUBBANDS);
            }
        }
    }
    for row in rows.iter_mut().skip(1).step_by(2) {
        row.iter_mut().skip(1).step_by(2).for_each(|sample| *sample = -*sample);
    }
}

/// The butterflies across the lowest `edges` edges between subbands.
#[inline(always)]
fn reduce_aliases(rows: &mut Rows, edges: usize) {
    let (front, back) = rows.split_at_mut(SLOTS / 2);
    for ((above, below), (&cosine, &sine)) in
        front.iter_mut().zip(back.iter_mut().rev()).zip(ALIAS[0].iter().zip(&ALIAS[1]))
    {
        for (above, below) in above[1..=edges].iter_mut().zip(&mut below[..edges]) {
            let (up, down) = (*above, *below);
            *above = up * cosine - down * sine;
            *below = up * sine + down * cosine;
        }
    }
}

/// The transform of long blocks, several subbands side by side.
#[inline(always)]
fn long_block<S: Simd>(
    simd: S,
    rows: &mut Rows,
    overlap: &mut Overlap,
    window: &[f32; SLOTS],
    subbands: std::ops::Range<usize>,
) {
    for at in subbands.step_by(S::F32_LANES) {
        let value = |rows: &Rows, place: usize| Lanes::load(simd, &rows[place][at..]);
        let zero = Lanes::splat(simd, 0.0);
        let (mut cosines, mut sines) = ([zero; 9], [zero; 9]);
        cosines[0] = -value(rows, 0);
        sines[0] = value(rows, 17);
        for i in 0..4 {
            let [a, b, c, d] = [1, 2, 3, 4].map(|next| value(rows, 4 * i + next));
            sines[8 - 2 * i] = a - b;
            cosines[1 + 2 * i] = a + b;
            sines[7 - 2 * i] = d - c;
            cosines[2 + 2 * i] = -(c + d);
        }
        let (cosines, mut sines) = (dct9(cosines), dct9(sines));
        for odd in [1, 3, 5, 7] {
            sines[odd] = -sines[odd];
        }
        for i in 0..9 {
            let (cosine, sine, old) = (cosines[i], sines[i], Lanes::load(simd, &overlap[i][at..]));
            let (turn, other) = (TWIDDLES_36[i], TWIDDLES_36[9 + i]);
            let sum = cosine.times(other) + sine.times(turn);
            (cosine.times(turn) - sine.times(other)).store(&mut overlap[i][at..]);
            (old.times(window[i]) - sum.times(window[9 + i])).store(&mut rows[i][at..]);
            (old.times(window[9 + i]) + sum.times(window[i])).store(&mut rows[17 - i][at..]);
        }
    }
}

/// A cosine transform of nine values (type III).
#[inline(always)]
fn dct9<S: Simd>(x: [Lanes<S>; 9]) -> [Lanes<S>; 9] {
    let base = x[0] + x[6].times(0.5);
    let [a, b, c] = [
        (x[4] + x[2]).times(0.939_692_6),
        (x[8] + x[2]).times(0.766_044_4),
        (x[4] - x[8]).times(0.173_648_18),
    ];
    let (low, high) = (x[0] - x[6], x[4] + x[8] - x[2]);
    let (even2, even4) = (low - high.times(0.5), high + low);
    let (even8, even0, even6) = (base - b + c, base - a + b, base + a - c);

    let middle = x[3].times(0.866_025_4);
    let [d, e, f] = [
        (x[5] + x[1]).times(0.984_807_8),
        (x[5] - x[7]).times(0.342_020_15),
        (x[1] + x[7]).times(0.642_787_6),
    ];
    let odd1 = (x[1] - x[5] - x[7]).times(0.866_025_4);
    let (odd5, odd7, odd3) = (d - middle - f, e - middle - d, e + middle - f);
    [
        even6 - odd7,
        even2 + odd1,
        even0 - odd3,
        even8 + odd5,
        even4,
        even8 - odd5,
        even0 + odd3,
        even2 - odd1,
        even6 + odd7,
    ]
}

/// The three transforms of short blocks, in the subbands from `first` on.
#[inline(always)]
fn short_block(rows: &mut Rows, overlap: &mut Overlap, first: usize) {
    for subband in first..SUBBANDS {
        let mut values = [0.0; SLOTS];
        for (value, row) in values.iter_mut().zip(&*rows) {
            *value = row[subband];
        }
        let mut old = [0.0; 9];
        for (old, row) in old.iter_mut().zip(&*overlap) {
            *old = row[subband];
        }
        let mut samples = [0.0; SLOTS];
        samples[..6].copy_from_slice(&old[..6]);
        let mut carry = [old[6], old[7], old[8]];
        samples[6..12].copy_from_slice(&imdct12(&values, 0, &mut carry));
        samples[12..].copy_from_slice(&imdct12(&values, 1, &mut carry));
        old[..6].copy_from_slice(&imdct12(&values, 2, &mut carry));
        old[6..].copy_from_slice(&carry);
        for (sample, row) in samples.iter().zip(&mut *rows) {
            row[subband] = *sample;
        }
        for (old, row) in old.iter().zip(&mut *overlap) {
            row[subband] = *old;
        }
    }
}

/// Six samples of the window that begins at value `first`; `carry` goes from window to window.
#[inline(always)]
fn imdct12(values: &[f32; SLOTS], first: usize, carry: &mut [f32; 3]) -> [f32; 6] {
    let x = |place: usize| values[first + place];
    let cosines = idct3(-x(0), x(6) + x(3), x(12) + x(9));
    let [one, two, three] = idct3(x(15), x(12) - x(9), x(6) - x(3));
    let sines = [one, -two, three];
    let mut samples = [0.0; 6];
    for i in 0..3 {
        let old = carry[i];
        let sum = cosines[i] * TWIDDLES_12[3 + i] + sines[i] * TWIDDLES_12[i];
        carry[i] = cosines[i] * TWIDDLES_12[i] - sines[i] * TWIDDLES_12[3 + i];
        samples[i] = old * TWIDDLES_12[2 - i] - sum * TWIDDLES_12[5 - i];
        samples[5 - i] = old * TWIDDLES_12[5 - i] + sum * TWIDDLES_12[2 - i];
    }
    samples
}

#[inline(always)]
fn idct3(x: f32, y: f32, z: f32) -> [f32; 3] {
    let (side, half) = (y * 0.866_025_4, x - z * 0.5);
    [half + side, x + z, half - side]
}
