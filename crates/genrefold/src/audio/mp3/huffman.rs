//! The values of a channel: Huffman codes, powers of 4/3, and the factor of their band.

use super::frame::{Bits, Granule};
use super::scale::BANDS;
use super::tables::{ESCAPE_BITS, PAIR_CODES, PAIR_TABLES, POWERS, QUAD_CODES_A, QUAD_CODES_B};

/// Values of a granule.
pub(super) const VALUES: usize = 576;

/// At least 56 bits to look at, the next one on top; zeros follow behind the end.
struct Ahead<'a> {
    bytes: &'a [u8],
    next: usize,
    word: u64,
    /// How many bits of `word` are sure.
    sure: u32,
}

impl<'a> Ahead<'a> {
    fn new(bits: &Bits<'a>) -> Self {
        let mut ahead = Self { bytes: bits.bytes, next: bits.position / 8, word: 0, sure: 0 };
        ahead.refill();
        ahead.skip(bits.position as u32 % 8);
        ahead
    }

    #[inline(always)]
    fn refill(&mut self) {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        let more = match rest.first_chunk() {
            Some(whole) => u64::from_be_bytes(*whole),
            None => short_word(rest),
        };
        self.word |= more >> self.sure;
        self.next += ((63 - self.sure) / 8) as usize;
        self.sure |= 56;
    }

    /// The next bits, at least 1.
    #[inline(always)]
    fn look(&self, count: u32) -> u32 {
        (self.word >> (64 - count)) as u32
    }

    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.sure -= count;
    }

    /// The place of the next bit.
    fn position(&self) -> usize {
        8 * self.next - self.sure as usize
    }
}

#[cold]
fn short_word(rest: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(bytes)
}

/// `x^(4/3)`, within rounding.
fn power(value: usize) -> f32 {
    if value < 129 {
        return POWERS[16 + value];
    }
    let (factor, x) = if value < 1024 { (16.0, value << 3) } else { (256.0, value) };
    let sign = (2 * x) & 64;
    let fraction = ((x & 63) as f32 - sign as f32) / ((x & !63) + sign) as f32;
    POWERS[16 + ((x + sign) >> 6)] * (1.0 + fraction * (4.0 / 3.0 + fraction * (2.0 / 9.0))) * factor
}

/// Walks over the bands of a channel: each has a width and a factor.
struct Walk<'a> {
    bands: &'a [u8],
    factors: &'a [f32; BANDS],
    at: usize,
}

impl Walk<'_> {
    fn next(&mut self) -> (usize, f32) {
        let band = (self.bands.get(self.at).copied().unwrap_or(0), self.factors.get(self.at).copied());
        self.at += 1;
        (usize::from(band.0) / 2, band.1.unwrap_or(0.0))
    }
}

/// Reads the values of a channel of a granule up to bit `end`; what is not there is 0.
pub(super) fn read(
    bits: &Bits<'_>,
    granule: &Granule,
    factors: &[f32; BANDS],
    end: usize,
    values: &mut [f32; VALUES],
) {
    values.fill(0.0);
    let mut ahead = Ahead::new(bits);
    let mut walk = Walk { bands: granule.bands, factors, at: 0 };
    let (mut done, mut left, mut factor) = (0, 0, 0.0);
    let mut pairs = granule.pairs;
    'regions: for (&table, &bands) in granule.tables.iter().zip(&granule.regions) {
        for _ in 0..=bands {
            if pairs == 0 {
                break 'regions;
            }
            (left, factor) = walk.next();
            let count = left.min(pairs);
            let Some(band) = values.get_mut(done..done + 2 * count) else { return };
            read_pairs(&mut ahead, usize::from(table), factor, band);
            done += 2 * count;
            pairs -= count;
            left -= count;
            if count == 0 {
                return;
            }
        }
    }
    read_quads(&mut ahead, granule, end, (&mut walk, left, factor), values, done);
}

fn read_pairs(ahead: &mut Ahead<'_>, table: usize, factor: f32, values: &mut [f32]) {
    let codes = &PAIR_CODES[PAIR_TABLES[table & 31] as usize..];
    match u32::from(ESCAPE_BITS[table & 31]) {
        0 => read_band::<false>(ahead, codes, 0, factor, values),
        bits => read_band::<true>(ahead, codes, bits, factor, values),
    }
}

#[inline(always)]
fn read_band<const ESCAPES: bool>(
    ahead: &mut Ahead<'_>,
    codes: &[i16],
    escape_bits: u32,
    factor: f32,
    values: &mut [f32],
) {
    for pair in values.as_chunks_mut::<2>().0 {
        // A pair is at most 19 bits of code and twice 13 bits and a sign.
        ahead.refill();
        let mut leaf = leaf(ahead, codes);
        for value in pair {
            let size = (leaf & 15) as u32;
            leaf >>= 4;
            if ESCAPES && size == 15 {
                let size = size + ahead.look(escape_bits);
                ahead.skip(escape_bits);
                let sign = if ahead.word >> 63 == 0 { factor } else { -factor };
                *value = sign * power(size as usize);
                ahead.skip(1);
            } else {
                let sign = (ahead.word >> 63) as u32;
                *value = POWERS[(16 + size - 16 * sign) as usize] * factor;
                ahead.skip(u32::from(size != 0));
            }
        }
    }
}

/// Both sizes of a pair, four bits each.
#[inline(always)]
fn leaf(ahead: &mut Ahead<'_>, codes: &[i16]) -> i32 {
    let mut width = 5;
    let mut entry = i32::from(codes[ahead.look(width) as usize]);
    while entry < 0 {
        ahead.skip(width);
        width = (entry & 7) as u32;
        let place = (ahead.look(width) as i32 - (entry >> 3)) as usize;
        entry = codes.get(place).map_or(0, |&entry| i32::from(entry));
    }
    ahead.skip((entry >> 8) as u32);
    entry
}

/// The upper part of the spectrum: four values of at most 1 at a time, until the bits end.
fn read_quads(
    ahead: &mut Ahead<'_>,
    granule: &Granule,
    end: usize,
    band: (&mut Walk<'_>, usize, f32),
    values: &mut [f32; VALUES],
    first: usize,
) {
    let codes: &[u8] = if granule.second_quads { &QUAD_CODES_B } else { &QUAD_CODES_A };
    let (walk, mut left, mut factor) = band;
    for quad in values[first..].as_chunks_mut::<4>().0 {
        ahead.refill();
        let mut leaf = codes[ahead.look(4) as usize];
        if leaf & 8 == 0 {
            let more = (ahead.word << 4).checked_shr(64 - u32::from(leaf & 3)).unwrap_or(0);
            let place = usize::from(leaf >> 3) + more as usize;
            leaf = codes.get(place).copied().unwrap_or(0);
        }
        ahead.skip(u32::from(leaf & 7));
        if ahead.position() > end {
            return;
        }
        for (half, pair) in quad.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            if left == 0 {
                (left, factor) = walk.next();
                if left == 0 {
                    return;
                }
            }
            left -= 1;
            for (place, value) in pair.iter_mut().enumerate() {
                if leaf & (128 >> (2 * half + place)) != 0 {
                    *value = if ahead.word >> 63 == 0 { factor } else { -factor };
                    ahead.skip(1);
                }
            }
        }
    }
}
