//! Plain samples: bytes to the mean of the channels, in one pass.
//!
//! WAV, AIFF and CAF need no decoder, only this; what is rare or compressed goes through Symphonia's.

use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

/// Gives one sample in [-1, 1) from its bytes, in the way Symphonia does.
trait Encoding<const WIDTH: usize> {
    fn decode(bytes: [u8; WIDTH]) -> f32;
}

macro_rules! encodings {
    ($($name:ident, $width:literal, $bytes:ident => $value:expr;)*) => {$(
        struct $name;

        impl Encoding<$width> for $name {
            #[inline(always)]
            fn decode($bytes: [u8; $width]) -> f32 {
                $value
            }
        }
    )*};
}

encodings! {
    Int16Little, 2, bytes => f32::from(i16::from_le_bytes(bytes)) / 32_768.0;
    Int16Big, 2, bytes => f32::from(i16::from_be_bytes(bytes)) / 32_768.0;
    Int24Little, 3, bytes => i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) as f32 / 2_147_483_648.0;
    Int24Big, 3, bytes => i32::from_be_bytes([bytes[0], bytes[1], bytes[2], 0]) as f32 / 2_147_483_648.0;
    Int32Little, 4, bytes => i32::from_le_bytes(bytes) as f32 / 2_147_483_648.0;
    Int32Big, 4, bytes => i32::from_be_bytes(bytes) as f32 / 2_147_483_648.0;
    Float32Little, 4, bytes => f32::from_le_bytes(bytes);
    Float32Big, 4, bytes => f32::from_be_bytes(bytes);
}

/// Interleaved frames as bytes, and where their mean goes.
type Mix = fn(&[u8], usize, &mut Vec<f32>);

/// Mixes the packets of a track of plain samples.
pub(super) struct Plain {
    mix: Mix,
    channels: usize,
    rate: u32,
}

impl Plain {
    /// None for all that is not plain, or whose samples do not fill their bytes.
    pub(super) fn new(params: &AudioCodecParameters) -> Option<Self> {
        let (mix, bits) = mix_of(params.codec)?;
        let whole = |stated: Option<u32>| stated.is_none_or(|stated| stated == bits);
        if !whole(params.bits_per_sample) || !whole(params.bits_per_coded_sample) {
            return None;
        }
        let channels = params.channels.as_ref()?.count();
        (channels > 0).then_some(Self { mix, channels, rate: params.sample_rate? })
    }

    /// Channels of a frame.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Samples per second, Hz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Appends the mean of the channels of every whole frame.
    pub(super) fn mix(&self, bytes: &[u8], mono: &mut Vec<f32>) {
        (self.mix)(bytes, self.channels, mono);
    }
}

/// How to mix a codec, and the bits of its samples.
fn mix_of(id: AudioCodecId) -> Option<(Mix, u32)> {
    Some(match id {
        codec::CODEC_ID_PCM_S16LE => (mix::<Int16Little, 2>, 16),
        codec::CODEC_ID_PCM_S16BE => (mix::<Int16Big, 2>, 16),
        codec::CODEC_ID_PCM_S24LE => (mix::<Int24Little, 3>, 24),
        codec::CODEC_ID_PCM_S24BE => (mix::<Int24Big, 3>, 24),
        codec::CODEC_ID_PCM_S32LE => (mix::<Int32Little, 4>, 32),
        codec::CODEC_ID_PCM_S32BE => (mix::<Int32Big, 4>, 32),
        codec::CODEC_ID_PCM_F32LE => (mix::<Float32Little, 4>, 32),
        codec::CODEC_ID_PCM_F32BE => (mix::<Float32Big, 4>, 32),
        _ => return None,
    })
}

/// The mean in f32, as everywhere: the sum from the first channel to the last, divided by their number.
fn mix<E: Encoding<WIDTH>, const WIDTH: usize>(bytes: &[u8], channels: usize, mono: &mut Vec<f32>) {
    let samples = bytes.as_chunks::<WIDTH>().0;
    match channels {
        1 => mono.extend(samples.iter().map(|&bytes| E::decode(bytes))),
        2 => {
            let frames = samples.as_chunks::<2>().0;
            mono.extend(frames.iter().map(|&[left, right]| (E::decode(left) + E::decode(right)) / 2.0));
        }
        _ => mono.extend(
            samples
                .chunks_exact(channels)
                .map(|frame| frame.iter().map(|&bytes| E::decode(bytes)).sum::<f32>() / channels as f32),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(id: AudioCodecId, channels: usize, bytes: &[u8]) -> Vec<f32> {
        let mut mono = Vec::new();
        if let Some((mix, _)) = mix_of(id) {
            mix(bytes, channels, &mut mono);
        }
        mono
    }

    #[test]
    fn every_encoding_scales_to_one_in_both_orders_of_bytes() {
        let both = |little, big, bytes: &[u8]| {
            let turned: Vec<u8> = bytes.iter().rev().copied().collect();
            [mixed(little, 1, bytes), mixed(big, 1, &turned)].concat()
        };
        use codec::*;
        assert_eq!(both(CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S16BE, &[0, 0xc0]), [-0.5; 2]);
        assert_eq!(both(CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S24BE, &[1, 0, 0x40]), [0.5 + 0.5f32.powi(23); 2]);
        assert_eq!(both(CODEC_ID_PCM_S32LE, CODEC_ID_PCM_S32BE, &[0, 0, 0, 0x80]), [-1.0; 2]);
        assert_eq!(both(CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F32BE, &0.3f32.to_le_bytes()), [0.3; 2]);
    }

    #[test]
    fn channels_are_averaged_and_an_unfinished_frame_is_left_out() {
        let bytes: Vec<u8> =
            [8192i16, 16384, -8192, 0, 32].iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(mixed(codec::CODEC_ID_PCM_S16LE, 2, &bytes), [0.375, -0.125]);
        assert_eq!(mixed(codec::CODEC_ID_PCM_S16LE, 4, &bytes), [0.125]);
    }

    #[test]
    fn what_is_not_plain_or_not_full_is_left_to_symphonia() {
        let mut params = AudioCodecParameters::new();
        let channels = symphonia::core::audio::Channels::Discrete(2);
        params.for_codec(codec::CODEC_ID_PCM_S16LE).with_sample_rate(8000).with_channels(channels);
        assert!(Plain::new(&params).is_some());
        params.with_bits_per_coded_sample(12);
        assert!(Plain::new(&params).is_none());
        params.for_codec(codec::CODEC_ID_PCM_ALAW).with_bits_per_coded_sample(16);
        assert!(Plain::new(&params).is_none());
    }
}
