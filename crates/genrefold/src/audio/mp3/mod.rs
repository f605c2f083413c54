//! MPEG audio layer III, straight to the mean of the channels, behind Symphonia's trait.
//!
//! Symphonia still finds the frames and knows where the music begins and ends; layers I and II stay with it
//! altogether. Its own decoder takes two and a half times as long, nanomp3 twice as long. The samples are its
//! samples within rounding.
//!
//! The way of decoding and the tables are those of minimp3 by lieff (CC0), by way of its port nanomp3, copyright
//! 2025 Robert B. Langer (MIT or Apache-2.0); the numbers are those of ISO/IEC 11172-3 and 13818-3. The changes:
//! channels are mixed before they are transformed, transforms run over whole vectors, codes are read from 64 bits.

use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error as Fault, Result};
use symphonia::core::packet::PacketRef;

mod decoder;
mod frame;
mod huffman;
mod hybrid;
mod lanes;
mod scale;
mod stereo;
mod synthesis;
#[rustfmt::skip]
mod tables;

use decoder::{Damaged, Decoder, LONGEST};

static CODECS: [SupportedAudioCodec; 1] = [SupportedAudioCodec {
    id: CODEC_ID_MP3,
    info: CodecInfo { short_name: "mp3", long_name: "MPEG Audio Layer 3", profiles: &[] },
}];

/// Decodes frames of MPEG-1, 2 and 2.5 layer III to one channel.
pub(super) struct Mp3Decoder {
    params: AudioCodecParameters,
    options: AudioDecoderOptions,
    decoder: Box<Decoder>,
    sound: Vec<f32>,
    decoded: AudioBuffer<f32>,
}

impl Mp3Decoder {
    fn new(params: &AudioCodecParameters, options: &AudioDecoderOptions) -> Self {
        Self {
            params: params.clone(),
            options: *options,
            decoder: Box::new(Decoder::new()),
            sound: Vec::new(),
            decoded: AudioBuffer::default(),
        }
    }

    fn fill(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        self.decoded.clear();
        self.sound.clear();
        let rate = self.decoder.decode(packet.data, &mut self.sound);
        let rate = rate.map_err(|Damaged| Fault::DecodeError("mp3: frame cannot be decoded"))?;
        if self.decoded.is_unused() {
            self.decoded = AudioBuffer::new(AudioSpec::new(rate, Channels::Discrete(1)), LONGEST);
        } else if self.decoded.spec().rate() != rate {
            return Err(Fault::DecodeError("mp3: another sample rate"));
        }
        self.decoded.render_uninit(Some(self.sound.len()));
        self.decoded.copy_from_slice_interleaved(&self.sound);
        if self.options.gapless {
            self.decoded.trim(packet.trim_start.get() as usize, packet.trim_end.get() as usize);
        }
        Ok(())
    }
}

impl AudioDecoder for Mp3Decoder {
    fn reset(&mut self) {
        *self.decoder = Decoder::new();
    }

    fn codec_info(&self) -> &CodecInfo {
        &CODECS[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.fill(packet)?;
        Ok(self.decoded.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.decoded.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for Mp3Decoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Mp3Decoder::new(params, options)))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &CODECS
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use symphonia::core::codecs::CodecParameters;
    use symphonia::core::formats::FormatOptions;
    use symphonia::core::formats::probe::Hint;
    use symphonia::core::io::MediaSourceStream;
    use symphonia::core::meta::MetadataOptions;
    use symphonia::core::packet::Packet;

    use super::*;

    type Tested = std::result::Result<(), Box<dyn std::error::Error>>;

    const FILES: [&str; 5] =
        ["tone.mp3", "headerless.mp3", "clicks_44100.mp3", "clicks_22050.mp3", "clicks_8000.mp3"];

    /// The frames of a fixture, and what Symphonia's decoder must know.
    fn frames(
        name: &str,
    ) -> std::result::Result<(AudioCodecParameters, Vec<Packet>), Box<dyn std::error::Error>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio").join(name);
        let stream = MediaSourceStream::new(Box::new(Cursor::new(std::fs::read(path)?)), Default::default());
        let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
        let mut container = symphonia::default::get_probe().probe(&Hint::new(), stream, format, metadata)?;
        let Some(Some(CodecParameters::Audio(params))) =
            container.tracks().first().map(|track| track.codec_params.clone())
        else {
            return Err("no track".into());
        };
        let mut packets = Vec::new();
        while let Some(packet) = container.next_packet()? {
            packets.push(packet);
        }
        Ok((params, packets))
    }

    /// The mean of the channels as Symphonia's own decoder has it.
    fn theirs(decoder: &mut dyn AudioDecoder, packet: &Packet) -> Result<Vec<f32>> {
        let mut planes: Vec<Vec<f32>> = Vec::new();
        decoder.decode(packet)?.copy_to_vecs_planar(&mut planes);
        let channels = planes.len() as f32;
        let mean = |at: usize| planes.iter().map(|plane| plane[at]).sum::<f32>() / channels;
        Ok((0..planes[0].len()).map(mean).collect())
    }

    #[test]
    fn the_samples_are_those_of_symphonias_decoder() -> Tested {
        for name in FILES {
            let (params, packets) = frames(name)?;
            let options = AudioDecoderOptions::default();
            let mut other = symphonia::default::get_codecs().make_audio_decoder(&params, &options)?;
            let mut ours = Mp3Decoder::new(&params, &options);
            for (number, packet) in packets.iter().enumerate() {
                let mut samples: Vec<Vec<f32>> = Vec::new();
                ours.decode(packet)?.copy_to_vecs_planar(&mut samples);
                let expected = theirs(&mut *other, packet)?;
                assert_eq!(samples[0].len(), expected.len(), "{name}, frame {number}");
                let differences = samples[0].iter().zip(&expected).map(|(one, other)| (one - other).abs());
                let worst = differences.fold(0f32, f32::max);
                assert!(worst < 2e-6, "{name}, frame {number}: {worst:e} off");
            }
            assert!(packets.len() > 5, "{name}");
        }
        Ok(())
    }

    #[test]
    fn damaged_frames_give_a_fault_or_sound_of_the_right_length_but_never_a_panic() -> Tested {
        let mut seed = 1u32;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            seed as usize
        };
        for name in FILES {
            let (_, packets) = frames(name)?;
            let mut decoder = Decoder::new();
            for round in 0..60 {
                for packet in &packets {
                    let mut frame = packet.data.to_vec();
                    for _ in 0..1 + round / 2 {
                        // Behind the header, whose rate decides the length.
                        let at = 4 + random() % (frame.len() - 4);
                        frame[at] = random() as u8;
                    }
                    frame.truncate(if random() % 8 == 0 { random() % frame.len() } else { frame.len() });
                    let mut sound = Vec::new();
                    if let Ok(rate) = decoder.decode(&frame, &mut sound) {
                        assert_eq!(sound.len(), if rate >= 32_000 { 1152 } else { 576 });
                    }
                    assert!(sound.iter().all(|sample| !sample.is_nan()), "{name}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_frame_that_lacks_its_beginning_is_silence() -> Tested {
        let (_, packets) = frames("clicks_44100.mp3")?;
        for packet in &packets {
            let mut sound = Vec::new();
            let decoded = Decoder::new().decode(&packet.data, &mut sound);
            assert_eq!((decoded, sound.len()), (Ok(44_100), 1152));
        }
        Ok(())
    }
}
