//! AIFF and CAF.

use super::Odd;
use super::sound::{RATE, big, music};

/// A chunk of AIFF.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&name[..], &(content.len() as u32).to_be_bytes(), content].concat()
}

/// A whole number as AIFF writes rates: 80 bits, of which the first 16 are sign and exponent.
fn extended(value: u32) -> [u8; 10] {
    let zeros = value.leading_zeros().min(31);
    let exponent = if value == 0 { 0 } else { 16_383 + 31 - zeros as u16 };
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&exponent.to_be_bytes());
    bytes[2..6].copy_from_slice(&(value << zeros).to_be_bytes());
    bytes
}

/// What an AIFF says of its sound.
struct Common {
    channels: u16,
    frames: u32,
    bits: u16,
    rate: [u8; 10],
}

impl Default for Common {
    fn default() -> Self {
        Common { channels: 1, frames: 2 * RATE, bits: 16, rate: extended(RATE) }
    }
}

impl Common {
    fn chunk(&self) -> Vec<u8> {
        let fields = [&self.channels.to_be_bytes()[..], &self.frames.to_be_bytes(), &self.bits.to_be_bytes()];
        chunk(b"COMM", &[&fields.concat()[..], &self.rate].concat())
    }

    fn file(&self) -> Vec<u8> {
        form(&[self.chunk(), sound_at(0)].concat())
    }
}

fn form(chunks: &[u8]) -> Vec<u8> {
    chunk(b"FORM", &[b"AIFF", chunks].concat())
}

fn sound_at(offset: u32) -> Vec<u8> {
    chunk(b"SSND", &[&offset.to_be_bytes()[..], &[0; 4], &big(&music())].concat())
}

/// Two seconds of music as AIFF.
pub fn aiff() -> Vec<u8> {
    Common::default().file()
}

/// What a CAF says of its sound.
struct Description {
    rate: f64,
    bytes_per_packet: u32,
    frames_per_packet: u32,
    channels: u32,
    bits: u32,
    /// Bytes of the sound; -1 for all that follows.
    size: i64,
}

impl Default for Description {
    fn default() -> Self {
        let rate = f64::from(RATE);
        let size = 4 + 2 * 2 * i64::from(RATE);
        Description { rate, bytes_per_packet: 2, frames_per_packet: 1, channels: 1, bits: 16, size }
    }
}

impl Description {
    fn file(&self) -> Vec<u8> {
        self.with_chunk(&[])
    }

    fn with_chunk(&self, chunk: &[u8]) -> Vec<u8> {
        let flags = 0; // whole numbers, highest byte first
        let numbers = [flags, self.bytes_per_packet, self.frames_per_packet, self.channels, self.bits];
        let description =
            [&self.rate.to_be_bytes()[..], b"lpcm", &numbers.map(u32::to_be_bytes).concat()].concat();
        let data = [&caf_head(b"data", self.size)[..], &[0; 4], &big(&music())].concat();
        [&b"caff\0\x01\0\0"[..], &caf_head(b"desc", 32), &description, chunk, &data].concat()
    }
}

fn caf_head(name: &[u8; 4], size: i64) -> Vec<u8> {
    [&name[..], &size.to_be_bytes()].concat()
}

/// Two seconds of music as CAF.
pub fn caf() -> Vec<u8> {
    Description::default().file()
}

/// All of them.
pub fn all() -> Vec<Odd> {
    [aiff_files(), caf_files()].into_iter().flatten().collect()
}

fn aiff_files() -> Vec<Odd> {
    let file = |name: &str, bytes| Odd::new(format!("aiff/{name}.aiff"), bytes);
    let with = |name: &str, common: Common| file(name, common.file());
    let rate = |name: &str, rate| with(name, Common { rate, ..Common::default() });
    vec![
        rate("0_hz", extended(0)),
        rate("4_ghz", extended(4_000_000_000)),
        rate("rate_that_is_no_number", [0x7f, 0xff, 0xc0, 0, 0, 0, 0, 0, 0, 0]),
        rate("negative_rate", [0xc0, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]),
        with("0_channels", Common { channels: 0, ..Common::default() }),
        with("65535_channels", Common { channels: u16::MAX, ..Common::default() }),
        with("0_bits", Common { bits: 0, ..Common::default() }),
        with("65535_bits", Common { bits: u16::MAX, ..Common::default() }),
        with("4294967295_samples", Common { frames: u32::MAX, ..Common::default() }),
        file("sound_at_4_gb", form(&[Common::default().chunk(), sound_at(u32::MAX)].concat())),
        file("no_description", form(&sound_at(0))),
    ]
}

fn caf_files() -> Vec<Odd> {
    let file = |name: &str, bytes| Odd::new(format!("caf/{name}.caf"), bytes);
    let with = |name: &str, description: Description| file(name, description.file());
    let rate = |name: &str, rate| with(name, Description { rate, ..Description::default() });
    // The table of packets: so many of them, samples, and samples to leave out at either end.
    let packets = [(1i64 << 40).to_be_bytes(), (1i64 << 40).to_be_bytes(), [0; 8]].concat();
    let table = [&caf_head(b"pakt", 24)[..], &packets].concat();
    vec![
        rate("0_hz", 0.0),
        rate("4_ghz", 4e9),
        rate("rate_that_is_no_number", f64::NAN),
        rate("negative_rate", -16_000.0),
        rate("infinite_rate", f64::INFINITY),
        with("0_channels", Description { channels: 0, ..Description::default() }),
        with("65535_channels", Description { channels: 65_535, ..Description::default() }),
        with("packets_of_0_bytes", Description { bytes_per_packet: 0, ..Description::default() }),
        with(
            "packets_of_4294967295_bytes",
            Description { bytes_per_packet: u32::MAX, ..Description::default() },
        ),
        with(
            "packets_of_4294967295_samples",
            Description { frames_per_packet: u32::MAX, ..Description::default() },
        ),
        with("0_bits", Description { bits: 0, ..Description::default() }),
        with("2_to_the_62_bytes", Description { size: 1 << 62, ..Description::default() }),
        with("size_that_is_unknown", Description { size: -1, ..Description::default() }),
        with("size_that_is_negative", Description { size: -5, ..Description::default() }),
        file("2_to_the_40_samples", Description::default().with_chunk(&table)),
    ]
}
