//! Sun/NeXT `.au`, the format in which GTZAN is distributed.
//!
//! Big-endian: magic ".snd", offset of the data, its size (0xffffffff when unknown), encoding, rate,
//! channels, then text up to the offset (Sun, `audio_filehdr(4)`). The companded encodings are those of
//! ITU-T G.711.

use std::io::{BufReader, Read};

use super::Limits;
use super::source::Metered;
use super::stream::{BlockReader, Step};
use crate::error::{Error, Result};

/// The first four bytes of the format.
pub(super) const MAGIC: &[u8] = b".snd";

/// Bytes of the six fixed fields.
const HEADER: u32 = 24;

/// A size field of all ones: the data lasts until the end of the file.
const UNKNOWN_SIZE: u32 = u32::MAX;

/// Frames decoded at a time.
const BLOCK: usize = 4096;

/// How one sample is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Encoding {
    MuLaw,
    ALaw,
    Int8,
    Int16,
    Int24,
    Int32,
    Float32,
    Float64,
}

impl Encoding {
    fn from_code(code: u32) -> Result<Self> {
        Ok(match code {
            1 => Encoding::MuLaw,
            2 => Encoding::Int8,
            3 => Encoding::Int16,
            4 => Encoding::Int24,
            5 => Encoding::Int32,
            6 => Encoding::Float32,
            7 => Encoding::Float64,
            27 => Encoding::ALaw,
            other => {
                return Err(Error::UnknownFormat {
                    found: format!("Sun AU with encoding {other}"),
                    hint: "expected 1-7 (mu-law, linear, float) or 27 (A-law); convert the file".into(),
                });
            }
        })
    }

    fn bytes(self) -> usize {
        match self {
            Encoding::MuLaw | Encoding::ALaw | Encoding::Int8 => 1,
            Encoding::Int16 => 2,
            Encoding::Int24 => 3,
            Encoding::Int32 | Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// One sample in [-1, 1) from its big-endian bytes.
    fn decode(self, bytes: &[u8]) -> f32 {
        match *bytes {
            [code] if self == Encoding::MuLaw => mu_law(code),
            [code] if self == Encoding::ALaw => a_law(code),
            [a] => f32::from(a as i8) / 128.0,
            [a, b] => f32::from(i16::from_be_bytes([a, b])) / 32768.0,
            [a, b, c] => i32::from_be_bytes([a, b, c, 0]) as f32 / 2147483648.0,
            [a, b, c, d] if self == Encoding::Float32 => f32::from_be_bytes([a, b, c, d]),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]) as f32 / 2147483648.0,
            [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]) as f32,
            _ => 0.0,
        }
    }
}

/// ITU-T G.711 mu-law: inverted bits, sign, 3 bits of exponent, 4 of mantissa; 14-bit output.
fn mu_law(code: u8) -> f32 {
    let code = !code;
    let (exponent, mantissa) = ((code >> 4) & 7, i32::from(code & 15));
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    signed(magnitude, code & 0x80 != 0)
}

/// ITU-T G.711 A-law: every other bit inverted; a set sign bit means positive.
fn a_law(code: u8) -> f32 {
    let code = code ^ 0x55;
    let (exponent, mantissa) = ((code >> 4) & 7, i32::from(code & 15) << 4);
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    signed(magnitude, code & 0x80 == 0)
}

fn signed(magnitude: i32, negative: bool) -> f32 {
    (if negative { -magnitude } else { magnitude }) as f32 / 32768.0
}

/// Reads the samples of an `.au` file.
pub(super) struct AuReader {
    data: std::io::Take<BufReader<Metered>>,
    encoding: Encoding,
    channels: usize,
    rate: u32,
    /// Samples of a channel that the header promises.
    stated: Option<u64>,
    path: std::path::PathBuf,
    bytes: Vec<u8>,
}

impl AuReader {
    /// Reads the header and goes to the data.
    pub(super) fn open(bytes: Metered, limits: &Limits) -> Result<Self> {
        let path = bytes.path();
        let mut reader = BufReader::with_capacity(1 << 16, bytes);
        let mut header = Vec::new();
        reader.by_ref().take(u64::from(HEADER)).read_to_end(&mut header).map_err(Error::io("read", &path))?;
        let [_, offset, size, code, rate, channels] = fields(&header)?;
        if offset < HEADER {
            let found = format!("Sun AU whose data starts at byte {offset}; expected {HEADER} or more");
            return Err(Error::Damaged { found });
        }
        let encoding = Encoding::from_code(code)?;
        limits.check_rate(rate)?;
        limits.check_channels(u64::from(channels))?;
        let text = u64::from(offset - HEADER);
        std::io::copy(&mut reader.by_ref().take(text), &mut std::io::sink())
            .map_err(Error::io("read", &path))?;
        let frame = encoding.bytes() as u64 * u64::from(channels);
        let stated = (size != UNKNOWN_SIZE).then(|| u64::from(size) / frame);
        let data = reader.take(if size == UNKNOWN_SIZE { u64::MAX } else { u64::from(size) });
        Ok(Self { data, encoding, channels: channels as usize, rate, stated, path, bytes: Vec::new() })
    }
}

/// The six big-endian words of the header.
fn fields(header: &[u8]) -> Result<[u32; 6]> {
    let mut words = [0; 6];
    if header.len() != HEADER as usize {
        let found = format!("a Sun AU header of {} bytes; expected {HEADER}", header.len());
        return Err(Error::Damaged { found });
    }
    for (word, bytes) in words.iter_mut().zip(header.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    }
    Ok(words)
}

impl BlockReader for AuReader {
    fn format(&self) -> &str {
        "au"
    }

    fn stated_samples(&self) -> Option<u64> {
        self.stated
    }

    /// An unfinished frame at the end of a cut-off file is left out.
    fn step(&mut self, mono: &mut Vec<f32>) -> Result<Step> {
        let width = self.encoding.bytes();
        let wanted = BLOCK * width * self.channels;
        self.bytes.clear();
        let mut block = self.data.by_ref().take(wanted as u64);
        block.read_to_end(&mut self.bytes).map_err(Error::io("read", &self.path))?;
        if self.bytes.is_empty() {
            return Ok(Step::End);
        }
        let channels = self.channels as f32;
        mono.extend(self.bytes.chunks_exact(width * self.channels).map(|frame| {
            frame.chunks_exact(width).map(|sample| self.encoding.decode(sample)).sum::<f32>() / channels
        }));
        Ok(Step::Sound { rate: self.rate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companded_codes_match_the_tables_of_g711() {
        assert_eq!(
            [0x00, 0x7f, 0x80, 0xff].map(|code| mu_law(code) * 32768.0),
            [-32124.0, 0.0, 32124.0, 0.0]
        );
        assert_eq!(
            [0x55, 0xd5, 0x2a, 0xaa].map(|code| a_law(code) * 32768.0),
            [-8.0, 8.0, -32256.0, 32256.0]
        );
    }

    #[test]
    fn linear_samples_scale_to_one() {
        assert_eq!(Encoding::Int8.decode(&[0x80]), -1.0);
        assert_eq!(Encoding::Int16.decode(&[0x40, 0]), 0.5);
        assert_eq!(Encoding::Int24.decode(&[0xc0, 0, 0]), -0.5);
        assert_eq!(Encoding::Int32.decode(&[0x40, 0, 0, 0]), 0.5);
        assert_eq!(Encoding::Float64.decode(&0.25f64.to_be_bytes()), 0.25);
    }
}
