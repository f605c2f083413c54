//! Opus for Symphonia, which has none: the pure Rust crate `ropus` behind Symphonia's trait.
//!
//! RFC 6716 is the codec, RFC 7845 the header, the pre-skip and the output gain. `ropus` gives the samples
//! of libopus bit for bit, in 16 bits.

use ropus::OpusMSDecoder;
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error as Fault, Result};
use symphonia::core::packet::PacketRef;

/// Opus always decodes to 48 kHz here, whatever rate was encoded.
const RATE: u32 = 48_000;

/// The longest packet, 120 ms.
const LONGEST: usize = 5_760;

static CODECS: [SupportedAudioCodec; 1] = [SupportedAudioCodec {
    id: CODEC_ID_OPUS,
    info: CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] },
}];

/// The identification header "OpusHead" of RFC 7845, section 5.1.
#[derive(Debug, Clone, PartialEq)]
struct Head {
    channels: usize,
    pre_skip: usize,
    /// Factor on the samples.
    gain: f32,
    streams: usize,
    coupled: usize,
    mapping: Vec<u8>,
}

impl Head {
    /// Reads Ogg's and Matroska's header, or MP4's `dOps`, which has version 0 and is big-endian.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let body = bytes.strip_prefix(b"OpusHead")?;
        let (fixed, table) = body.split_at_checked(11)?;
        let word = |at: usize| {
            let pair = [fixed[at], fixed[at + 1]];
            if fixed[0] == 0 { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let channels = usize::from(fixed[1]);
        let (streams, coupled, mapping) = match (fixed[10], channels) {
            (0, 1) => (1, 0, vec![0]),
            (0, 2) => (1, 1, vec![0, 1]),
            (0, _) => return None,
            _ => (*table.first()? as usize, *table.get(1)? as usize, table.get(2..2 + channels)?.to_vec()),
        };
        let decibels = f32::from(word(8) as i16) / 256.0;
        let gain = 10f32.powf(decibels / 20.0);
        Some(Head { channels, pre_skip: usize::from(word(2)), gain, streams, coupled, mapping })
    }

    fn decoder(&self) -> Option<OpusMSDecoder> {
        let [channels, streams, coupled] =
            [self.channels, self.streams, self.coupled].map(|count| count as i32);
        OpusMSDecoder::new(RATE as i32, channels, streams, coupled, &self.mapping).ok()
    }

    /// Without a header: mono or stereo, nothing to skip.
    fn plain(channels: usize) -> Option<Self> {
        let (coupled, mapping) = match channels {
            1 => (0, vec![0]),
            2 => (1, vec![0, 1]),
            _ => return None,
        };
        Some(Head { channels, pre_skip: 0, gain: 1.0, streams: 1, coupled, mapping })
    }
}

/// Decodes Opus packets of any channel mapping to 48 kHz.
pub(super) struct OpusDecoder {
    params: AudioCodecParameters,
    head: Head,
    decoder: OpusMSDecoder,
    pcm: Vec<i16>,
    interleaved: Vec<f32>,
    decoded: AudioBuffer<f32>,
    to_skip: usize,
}

impl OpusDecoder {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let channels = params.channels.as_ref().map_or(2, Channels::count);
        let head = match &params.extra_data {
            Some(bytes) => Head::parse(bytes),
            None => Head::plain(channels),
        };
        let head = head.ok_or(Fault::Unsupported("opus: channel mapping"))?;
        let decoder = head.decoder().ok_or(Fault::Unsupported("opus: channel mapping"))?;
        let spec = AudioSpec::new(RATE, Channels::Discrete(head.channels as u16));
        Ok(Self {
            params: params.clone(),
            decoder,
            pcm: vec![0; LONGEST * head.channels],
            interleaved: Vec::new(),
            decoded: AudioBuffer::new(spec, LONGEST),
            to_skip: head.pre_skip,
            head,
        })
    }

    /// Decodes into `pcm`; an empty packet, which would mean "conceal a loss", is a fault.
    fn decode(&mut self, packet: &[u8]) -> Result<usize> {
        let length = i32::try_from(packet.len()).unwrap_or(0);
        if length == 0 {
            return Err(Fault::DecodeError("opus: empty packet"));
        }
        let frames = self.decoder.decode(Some(packet), length, &mut self.pcm, LONGEST as i32, false);
        let frames = frames.map_err(|_| Fault::DecodeError("opus: packet cannot be decoded"))?;
        usize::try_from(frames).map_err(|_| Fault::DecodeError("opus: packet cannot be decoded"))
    }

    fn fill(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        self.decoded.clear();
        let frames = self.decode(packet.data)?;
        let scale = self.head.gain / 32768.0;
        self.interleaved.clear();
        let samples = &self.pcm[..frames * self.head.channels];
        self.interleaved.extend(samples.iter().map(|&sample| f32::from(sample) * scale));
        self.decoded.render_uninit(Some(frames));
        self.decoded.copy_from_slice_interleaved(&self.interleaved);
        let skipped = self.to_skip.min(frames);
        self.to_skip -= skipped;
        let end = (packet.trim_end.get() as usize).min(frames);
        self.decoded.trim(skipped.max(packet.trim_start.get() as usize).min(frames), end);
        Ok(())
    }
}

impl AudioDecoder for OpusDecoder {
    fn reset(&mut self) {
        if let Some(fresh) = self.head.decoder() {
            self.decoder = fresh;
        }
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

impl RegisterableAudioDecoder for OpusDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(OpusDecoder::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &CODECS
    }
}
