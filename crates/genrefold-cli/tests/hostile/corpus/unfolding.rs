//! A tag that is small until somebody unfolds it.

use super::Odd;
use super::aac_mp3::{id3, mp3, seven_bits};
use crate::common::Outcome;

/// Bytes for which one code of 13 bits stands.
const RUN: usize = 258;

/// An MP3 whose ID3v2.4 tag has one compressed frame, which unfolds to so many zeros.
pub fn unfolding_tag(zeros: usize) -> Outcome<Odd> {
    // Compressed (8), with a length in front (1): both of ID3v2.4's flags for it, as it asks for.
    let content = [&seven_bits(zeros as u32)[..], &zeros_in_zlib(zeros)].concat();
    let frame = [b"TXXX", &seven_bits(content.len() as u32)[..], &[0, 9], &content].concat();
    Ok(Odd::new("unfolding.mp3", [id3(frame.len() as u32, &frame), mp3()?].concat()))
}

/// Zeros in one block of fixed codes (RFC 1951, 3.2.6): one as it is, then runs of 258 copies of the byte before.
fn zeros_in_zlib(count: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.add("1 10"); // the last block, fixed codes
    bits.add("00110000"); // a zero
    (0..count / RUN).for_each(|_| bits.add("11000101 00000")); // 258 of what stands one before
    bits.add("0000000"); // the end
    [&[0x78, 0x9c], &bits.bytes[..], &[0; 4]].concat()
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn add(&mut self, digits: &str) {
        for digit in digits.bytes().filter(|digit| *digit != b' ') {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= (digit - b'0') << (self.used % 8);
            }
            self.used += 1;
        }
    }
}
