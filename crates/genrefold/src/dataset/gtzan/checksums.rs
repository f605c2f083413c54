//! The checksums of GTZAN's original sound.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use md5::{Digest, Md5};

use super::rows;

/// The sample rate of every track of GTZAN, Hz.
const RATE_HZ: u32 = 22_050;
/// Tracks are 30 s long; what is longer than this is no track of GTZAN, and need not be kept in memory.
const LONGEST_S: u32 = 60;
/// Bytes of a sample.
const WIDTH: usize = 2;

static MD5: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| rows(include_str!("../../../assets/gtzan-md5.csv")).collect());

/// The names of GTZAN's 1000 tracks, sorted: "blues.00000" to "rock.00099".
pub fn names() -> impl Iterator<Item = &'static str> {
    MD5.keys().copied()
}

/// The MD5, 32 lower-case hexadecimal digits, of a track's original file as RIFF wav; `None` for a name that is
/// no track of GTZAN.
///
/// Source: the index "gtzan_genre 1.0" of mirdata (BSD-3-Clause). Compare with [`canonical_md5`].
pub fn official_md5(name: &str) -> Option<&'static str> {
    MD5.get(name).copied()
}

/// The MD5 of a sound in the form that the [official checksums](official_md5) are of, whatever format it was
/// decoded from; see [`CanonicalMd5`].
pub fn canonical_md5(rate_hz: u32, samples: &[f32]) -> Option<String> {
    let mut sum = CanonicalMd5::new(rate_hz);
    sum.push(samples);
    sum.finish()
}

/// [`canonical_md5`] of a sound that comes in blocks.
///
/// The sound is hashed as a RIFF wav file with a 44-byte header, mono, 16 bit. There is no such checksum of what
/// cannot be the original: another rate than 22,050 Hz, more than 60 s, or a sample that is not one of the 65,536
/// values `n / 32768` of 16-bit sound, as after any lossy encoding, gain or resampling.
#[derive(Debug, Clone)]
pub struct CanonicalMd5 {
    /// The samples as little-endian bytes: the header tells the length, and comes first. `None` once given up.
    bytes: Option<Vec<u8>>,
}

impl CanonicalMd5 {
    /// For a mono sound of this sample rate, Hz.
    pub fn new(rate_hz: u32) -> Self {
        CanonicalMd5 { bytes: (rate_hz == RATE_HZ).then(Vec::new) }
    }

    /// The next samples, full scale 1. False once there can be no checksum: no more need be decoded.
    pub fn push(&mut self, samples: &[f32]) -> bool {
        self.bytes = self.bytes.take().and_then(|bytes| extended(bytes, samples));
        self.bytes.is_some()
    }

    /// 32 lower-case hexadecimal digits.
    pub fn finish(self) -> Option<String> {
        let bytes = self.bytes?;
        let sum = Md5::new().chain_update(header(bytes.len() as u32)).chain_update(bytes).finalize();
        Some(sum.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The bytes with samples added, unless that is too long or no 16-bit sound.
fn extended(mut bytes: Vec<u8>, samples: &[f32]) -> Option<Vec<u8>> {
    if bytes.len() / WIDTH + samples.len() > (LONGEST_S * RATE_HZ) as usize {
        return None;
    }
    for &sample in samples {
        bytes.extend(whole(sample)?.to_le_bytes());
    }
    Some(bytes)
}

/// The 16-bit value that a sample is exactly, if there is one.
fn whole(sample: f32) -> Option<i16> {
    let scaled = sample * 32_768.0; // exact: a power of two
    let value = scaled as i16; // saturates, NaN is 0
    (f32::from(value) == scaled).then_some(value)
}

/// The header of a wav file, mono, 16 bit, with so many bytes of samples (at most [`LONGEST_S`]).
fn header(data: u32) -> [u8; 44] {
    let width = WIDTH as u32;
    let words = [
        *b"RIFF",
        (36 + data).to_le_bytes(),
        *b"WAVE",
        *b"fmt ",
        16_u32.to_le_bytes(),
        // PCM in the lower half, one channel in the upper.
        (1_u32 | 1 << 16).to_le_bytes(),
        RATE_HZ.to_le_bytes(),
        (RATE_HZ * width).to_le_bytes(),
        // Bytes of a frame in the lower half, bits of a sample in the upper.
        (width | (8 * width) << 16).to_le_bytes(),
        *b"data",
        data.to_le_bytes(),
    ];
    let mut header = [0; 44];
    header.as_chunks_mut().0.copy_from_slice(&words);
    header
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_thousand_tracks_have_a_checksum_and_nothing_else_has() {
        let genres =
            ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];
        let expected = genres.iter().flat_map(|genre| (0..100).map(move |n| format!("{genre}.{n:05}")));
        assert!(names().eq(expected));
        for name in names() {
            let sum = official_md5(name).unwrap_or_default();
            assert!(sum.len() == 32 && sum.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase()));
        }
        assert_eq!(official_md5("blues.00000"), Some("b462fa6a82a35d00940fe251f11447e5"));
        assert_eq!(official_md5("track"), None);
        assert_eq!(official_md5("blues.00100"), None);
    }

    #[test]
    fn the_checksum_is_that_of_the_wav_file_in_any_blocks() -> Result<(), Box<dyn Error>> {
        let values: Vec<i16> = (0..1000).map(|n: i16| n.wrapping_mul(n).wrapping_mul(7)).collect();
        let mut file = Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(&mut file, spec)?;
        values.iter().try_for_each(|&value| writer.write_sample(value))?;
        writer.finalize()?;
        let expected: String =
            Md5::digest(file.into_inner()).iter().map(|byte| format!("{byte:02x}")).collect();
        let samples: Vec<f32> = values.iter().map(|&value| f32::from(value) / 32_768.0).collect();
        assert_eq!(canonical_md5(22_050, &samples).as_ref(), Some(&expected));
        let mut sum = CanonicalMd5::new(22_050);
        assert!(samples.chunks(7).all(|block| sum.push(block)), "it was given up");
        assert_eq!(sum.finish(), Some(expected));
        Ok(())
    }

    #[test]
    fn what_cannot_be_the_original_has_no_checksum() {
        assert!(canonical_md5(22_050, &[-1.0, -0.0, 32_767.0 / 32_768.0]).is_some());
        assert_eq!(canonical_md5(44_100, &[0.0]), None);
        for sample in [1.0, -1.0 - 1.0 / 32_768.0, 0.5 / 32_768.0, 1e-20, f32::NAN, f32::INFINITY] {
            assert_eq!(canonical_md5(22_050, &[0.0, sample, 0.0]), None, "{sample}");
        }
        let minute = vec![0.0; 60 * 22_050];
        assert!(canonical_md5(22_050, &minute).is_some());
        let mut longer = CanonicalMd5::new(22_050);
        longer.push(&minute);
        longer.push(&[0.0]);
        longer.push(&[]);
        assert_eq!(longer.finish(), None);
    }
}
