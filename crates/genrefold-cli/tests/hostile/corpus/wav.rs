//! A writer of WAV that believes whatever it is told.

use super::sound::{RATE, little, music};

/// Format codes (Microsoft's `mmreg.h`).
pub const PCM: u16 = 1;
pub const ADPCM: u16 = 2;
pub const FLOAT: u16 = 3;
pub const A_LAW: u16 = 6;
pub const MU_LAW: u16 = 7;
pub const IMA_ADPCM: u16 = 0x11;
pub const MP3: u16 = 0x55;
pub const EXTENSIBLE: u16 = 0xfffe;

/// What stands in the header, and the bytes of the sound.
pub struct Wav {
    pub codec: u16,
    pub channels: u16,
    /// Hz.
    pub rate: u32,
    /// Bits of a sample.
    pub bits: u16,
    /// Bytes of a frame; what follows from channels and bits where nothing is said.
    pub align: Option<u16>,
    /// What follows the sixteen bytes of the format.
    pub extension: Vec<u8>,
    pub data: Vec<u8>,
}

impl Default for Wav {
    /// Two seconds of music in 16 bits.
    fn default() -> Self {
        let data = little(&music());
        Wav { codec: PCM, channels: 1, rate: RATE, bits: 16, align: None, extension: Vec::new(), data }
    }
}

impl Wav {
    /// The chunk that says what the samples are.
    pub fn format(&self) -> Vec<u8> {
        let align = self.align.unwrap_or(self.channels.wrapping_mul(self.bits / 8));
        let mut content = Vec::new();
        content.extend(self.codec.to_le_bytes());
        content.extend(self.channels.to_le_bytes());
        content.extend(self.rate.to_le_bytes());
        content.extend(self.rate.wrapping_mul(u32::from(align)).to_le_bytes());
        content.extend(align.to_le_bytes());
        content.extend(self.bits.to_le_bytes());
        content.extend(&self.extension);
        chunk(b"fmt ", &content)
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        riff(&[self.format(), chunk(b"data", &self.data)].concat())
    }
}

/// A chunk whose size is its content's.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = chunk_head(name, content.len() as u32);
    chunk.extend(content);
    if !content.len().is_multiple_of(2) {
        chunk.push(0);
    }
    chunk
}

/// A chunk's name and what it says of its size.
pub fn chunk_head(name: &[u8; 4], size: u32) -> Vec<u8> {
    [&name[..], &size.to_le_bytes()].concat()
}

/// A file of these chunks.
pub fn riff(chunks: &[u8]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WAVE", chunks].concat())
}
