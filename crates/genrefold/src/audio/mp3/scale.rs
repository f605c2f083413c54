//! Scale factors: how loud each band of a channel is.

use super::frame::{Bits, Block, Granule, Header};
use super::tables::{PARTITIONS, PREEMPHASIS, QUARTERS, SCALE_LENGTHS, SCALE_RADICES};

/// The most bands of a channel, and one more.
pub(super) const BANDS: usize = 40;

/// The directions of intensity stereo; scale factors that two granules share lie here as well.
pub(super) type Positions = [u8; BANDS];

/// A position that is none: the band is no intensity stereo.
const NO_POSITION: u8 = 255;

/// The largest exponent of a gain, in quarters, rounded up.
const MAX_EXPONENT: i32 = (255 - 4 - 210 + 3) & !3;

/// `y * 2^-(quarters / 4)`.
pub(super) fn halved(mut y: f32, mut quarters: i32) -> f32 {
    loop {
        let step = quarters.min(30 * 4);
        y *= QUARTERS[(step & 3) as usize] * ((1 << 30 >> (step >> 2)) as f32);
        quarters -= step;
        if quarters <= 0 {
            return y;
        }
    }
}

/// How many bits the scale factors have, and of how many bands each length is.
fn lengths(header: Header, granule: &Granule, second: bool) -> ([u32; 4], &'static [u8]) {
    let kind = usize::from(granule.short_bands != 0) + usize::from(granule.long_bands == 0);
    let partition: &[u8] = &PARTITIONS[kind];
    if header.is_mpeg1() {
        let packed = u32::from(SCALE_LENGTHS[granule.scale_code & 15]);
        return ([packed >> 2, packed >> 2, packed & 3, packed & 3], partition);
    }
    let direction = usize::from(header.has_intensity() && second);
    let (mut code, mut row) = (granule.scale_code as i32 >> direction, 12 * direction);
    let mut bits = [0; 4];
    while code >= 0 {
        let mut product = 1;
        for place in (0..4).rev() {
            let radix = i32::from(SCALE_RADICES[row + place]);
            bits[place] = (code / product % radix) as u32;
            product *= radix;
        }
        code -= product;
        row += 4;
    }
    (bits, &partition[row..])
}

/// Reads the scale factors as they are written.
fn read(
    bits: &mut Bits<'_>,
    header: Header,
    granule: &Granule,
    second: bool,
    positions: &mut Positions,
) -> [u8; BANDS] {
    let (lengths, counts) = lengths(header, granule, second);
    let mut factors = [0; BANDS];
    let (mut first, mut shared) = (0, granule.shared);
    for (&length, &count) in lengths.iter().zip(counts) {
        let bands = first..(first + usize::from(count)).min(BANDS - 1);
        first = bands.end;
        if header.is_mpeg1() && shared & 8 != 0 {
            factors[bands.clone()].copy_from_slice(&positions[bands]);
        } else {
            let none = if header.is_mpeg1() { u32::MAX } else { (1 << length) - 1 };
            for (factor, position) in factors[bands.clone()].iter_mut().zip(&mut positions[bands]) {
                let value = bits.read(length);
                *factor = value as u8;
                *position = if value == none && length > 0 { NO_POSITION } else { value as u8 };
            }
        }
        shared <<= 1;
    }
    factors
}

/// The factor of every band of a channel; `positions` are those of the same channel in the granule before.
pub(super) fn factors(
    bits: &mut Bits<'_>,
    header: Header,
    granule: &Granule,
    second: bool,
    positions: &mut Positions,
) -> [f32; BANDS] {
    let mut factors = read(bits, header, granule, second, positions);
    let shift = u32::from(granule.coarse_scale) + 1;
    if granule.block == Block::Short {
        let bands = granule.long_bands..granule.long_bands + granule.short_bands;
        for windows in factors[bands].chunks_exact_mut(3) {
            for (factor, &gain) in windows.iter_mut().zip(&granule.window_gains) {
                *factor = factor.wrapping_add(gain << (3 - shift));
            }
        }
    } else if granule.preemphasis {
        for (factor, &more) in factors[11..21].iter_mut().zip(&PREEMPHASIS) {
            *factor = factor.wrapping_add(more);
        }
    }
    // Sum and difference hold both channels times the root of two.
    let exponent = granule.gain - 4 - 210 - if header.has_middle() { 2 } else { 0 };
    let gain = halved((1 << (MAX_EXPONENT / 4)) as f32, MAX_EXPONENT - exponent);
    factors.map(|factor| halved(gain, i32::from(factor) << shift))
}
