//! A writer of FLAC (RFC 9639) that compresses nothing but silence.

use super::sound::{RATE, big, music};

/// Samples in a frame of music.
const BLOCK: usize = 4_096;
/// The most samples that a frame holds.
pub const LARGEST_BLOCK: usize = 65_535;

/// What stands at the beginning of the file.
pub struct Info {
    /// Hz; 20 bits.
    pub rate: u32,
    /// 1 to 8.
    pub channels: u8,
    /// Bits of a sample, 4 to 32.
    pub bits: u8,
    /// Samples of a channel; 36 bits, 0 where it is not known.
    pub samples: u64,
    /// Samples in a frame: at least, and at most.
    pub blocks: [u16; 2],
}

impl Default for Info {
    fn default() -> Self {
        Info { rate: RATE, channels: 1, bits: 16, samples: 0, blocks: [BLOCK as u16; 2] }
    }
}

impl Info {
    /// The file's beginning; further blocks of metadata follow unless this is said to be the last.
    pub fn head(&self, last: bool) -> Vec<u8> {
        let packed = u64::from(self.rate) << 44
            | u64::from(self.channels - 1) << 41
            | u64::from(self.bits - 1) << 36
            | self.samples;
        let content = [
            &self.blocks.map(u16::to_be_bytes).concat()[..],
            &[0; 6], // the sizes of frames: not known
            &packed.to_be_bytes(),
            &[0; 16], // no checksum
        ];
        [b"fLaC", &metadata(0, last, &content.concat())[..]].concat()
    }
}

/// A block of metadata.
pub fn metadata(kind: u8, last: bool, content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32).to_be_bytes();
    [&[kind | u8::from(last) << 7][..], &size[1..], content].concat()
}

/// How a frame's header says its rate: as the file's beginning does, or itself.
#[derive(Clone, Copy)]
pub enum Rate {
    OfFile = 0,
    Hz8000 = 4,
    Hz44100 = 9,
}

/// How a frame's header says its bits.
#[derive(Clone, Copy)]
pub enum Bits {
    B16 = 4,
    B24 = 6,
}

/// A frame of these subframes, one for each channel.
pub fn frame(number: u32, samples: usize, rate: Rate, bits: Bits, subframes: &[Vec<u8>]) -> Vec<u8> {
    // The size of the block follows in 16 bits.
    let mut frame =
        vec![0xff, 0xf8, 7 << 4 | rate as u8, (subframes.len() as u8 - 1) << 4 | (bits as u8) << 1];
    frame.extend(coded(number));
    frame.extend((samples as u16 - 1).to_be_bytes());
    frame.push(checksum::<8>(&frame, 0x07) as u8);
    frame.extend(subframes.concat());
    frame.extend((checksum::<16>(&frame, 0x8005) as u16).to_be_bytes());
    frame
}

/// Samples as they are.
pub fn verbatim(samples: &[u8]) -> Vec<u8> {
    [&[2], samples].concat()
}

/// One sample for all of the block.
pub fn constant(sample: &[u8]) -> Vec<u8> {
    [&[0], sample].concat()
}

/// Frames of mono in 16 bits.
pub fn frames(samples: &[f32], rate: Rate) -> Vec<u8> {
    let frame_of = |(number, block): (usize, &[f32])| {
        frame(number as u32, block.len(), rate, Bits::B16, &[verbatim(&big(block))])
    };
    samples.chunks(BLOCK).enumerate().flat_map(frame_of).collect()
}

/// Two seconds of music.
pub fn sound() -> Vec<u8> {
    [Info::default().head(true), frames(&music(), Rate::OfFile)].concat()
}

/// A frame's number as UTF-8 would write a character.
fn coded(number: u32) -> Vec<u8> {
    let tail = |shift: u32| 0x80 | (number >> shift & 63) as u8;
    match number {
        0..0x80 => vec![number as u8],
        0x80..0x800 => vec![0xc0 | (number >> 6) as u8, tail(0)],
        _ => vec![0xe0 | (number >> 12) as u8, tail(6), tail(0)],
    }
}

/// The remainder of a division of polynomials of so many bits, highest bit first.
fn checksum<const WIDTH: u32>(bytes: &[u8], polynomial: u32) -> u32 {
    let (top, mask) = (1 << (WIDTH - 1), (1u32 << WIDTH) - 1);
    let step = |sum: u32, _| if sum & top == 0 { sum << 1 } else { sum << 1 ^ polynomial };
    bytes.iter().fold(0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte) << (WIDTH - 8), step) & mask)
}
