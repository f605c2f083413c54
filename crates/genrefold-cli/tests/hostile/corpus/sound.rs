//! The sound that most files hold, and its samples as bytes.

use genrefold::dataset::synthetic::{STYLES, song};

/// Samples per second where a file does not say why it has others, Hz.
pub const RATE: u32 = 16_000;

/// Two seconds of music at [`RATE`].
pub fn music() -> Vec<f32> {
    music_at(RATE, 2.0)
}

/// So many seconds of music at so many samples a second.
pub fn music_at(rate: u32, seconds: f64) -> Vec<f32> {
    song(&STYLES[1], 9, seconds, rate).samples
}

/// Two seconds of one value.
pub fn constant(value: f32) -> Vec<f32> {
    vec![value; 2 * RATE as usize]
}

/// Every sample as bytes.
pub fn packed<const N: usize>(samples: &[f32], encode: impl Fn(f32) -> [u8; N]) -> Vec<u8> {
    samples.iter().flat_map(|sample| encode(*sample)).collect()
}

/// A sample in 16 bits.
pub fn whole(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}

/// 16 bits a sample, lowest byte first.
pub fn little(samples: &[f32]) -> Vec<u8> {
    packed(samples, |sample| whole(sample).to_le_bytes())
}

/// 16 bits a sample, highest byte first.
pub fn big(samples: &[f32]) -> Vec<u8> {
    packed(samples, |sample| whole(sample).to_be_bytes())
}

/// The same sample in each of so many channels.
pub fn spread(samples: &[f32], channels: usize) -> Vec<f32> {
    samples.iter().flat_map(|sample| vec![*sample; channels]).collect()
}
