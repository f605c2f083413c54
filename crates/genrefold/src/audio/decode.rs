//! Everything but Sun AU, through Symphonia.

use std::path::PathBuf;
use std::sync::LazyLock;

use symphonia::core::audio::conv::IntoSample;
use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackFlags};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::limits::check_packet;
use super::pcm::Plain;
use super::source::Metered;
use super::stream::{BlockReader, Step};
use super::{KNOWN, Limits};
use crate::error::{Error, Result};

/// Symphonia's decoders, a faster one for MP3, and Opus.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<super::mp3::Mp3Decoder>();
    #[cfg(feature = "opus")]
    registry.register_audio_decoder::<super::opus::OpusDecoder>();
    registry
});

/// A container and the decoder of one of its tracks.
pub(super) struct SymphoniaReader {
    container: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    /// For plain samples; the decoder then rests.
    plain: Option<Plain>,
    track: u32,
    format: String,
    path: PathBuf,
    limits: Limits,
    stated: Option<u64>,
    ended: bool,
}

impl SymphoniaReader {
    /// Recognises the container by its content and makes a decoder for its music.
    pub(super) fn open(bytes: Metered, limits: &Limits) -> Result<Self> {
        let path = bytes.path();
        let stream = MediaSourceStream::new(Box::new(bytes), MediaSourceStreamOptions::default());
        let container = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|fault| not_recognised(fault, &path))?;
        let (track, decoder) = decoder_for(&*container, limits)?;
        let format = format_name(&*container, &*decoder);
        let stated =
            container.tracks().iter().find(|known| known.id == track).and_then(|track| track.num_frames);
        let limits = limits.clone();
        let plain = Plain::new(decoder.codec_params());
        Ok(Self { container, decoder, plain, track, format, path, limits, stated, ended: false })
    }

    /// A chained file goes on with new tracks.
    fn restart(&mut self) -> Result<Step> {
        (self.track, self.decoder) = decoder_for(&*self.container, &self.limits)?;
        self.plain = Plain::new(self.decoder.codec_params());
        Ok(Step::Nothing)
    }

    /// Bytes that end too early end the sound, with a fault; the disk's own errors are the caller's to know.
    fn broken_off(&mut self, error: std::io::Error) -> Result<Step> {
        if error.raw_os_error().is_some() {
            return Err(Error::Io { action: "read", path: self.path.clone(), source: error });
        }
        self.ended = true;
        Ok(Step::Fault)
    }
}

impl BlockReader for SymphoniaReader {
    fn format(&self) -> &str {
        &self.format
    }

    fn stated_samples(&self) -> Option<u64> {
        self.stated
    }

    fn step(&mut self, mono: &mut Vec<f32>) -> Result<Step> {
        if self.ended {
            return Ok(Step::End);
        }
        let packet = match self.container.next_packet() {
            Ok(Some(packet)) if packet.track_id == self.track => packet,
            Ok(Some(_)) => return Ok(Step::Nothing),
            Ok(None) => return Ok(Step::End),
            Err(Fault::ResetRequired) => return self.restart(),
            Err(Fault::IoError(error)) => return self.broken_off(error),
            Err(_) => return Ok(Step::Fault),
        };
        if let Some(plain) = &self.plain {
            self.limits.check_channels(plain.channels() as u64)?;
            plain.mix(&packet.data, mono);
            return Ok(Step::Sound { rate: plain.rate() });
        }
        match self.decoder.decode(&packet) {
            Ok(decoded) => {
                self.limits.check_channels(decoded.num_planes() as u64)?;
                mix_to_mono(&decoded, mono);
                Ok(Step::Sound { rate: decoded.spec().rate() })
            }
            Err(Fault::ResetRequired) => self.restart(),
            Err(_) => Ok(Step::Fault),
        }
    }
}

/// The mean of the channels in f32: their sum from the first to the last, divided by their number.
fn mix_to_mono(decoded: &GenericAudioBufferRef<'_>, mono: &mut Vec<f32>) {
    use GenericAudioBufferRef as Buffer;
    match decoded {
        Buffer::U8(buffer) => mix_planes(*buffer, mono),
        Buffer::U16(buffer) => mix_planes(*buffer, mono),
        Buffer::U24(buffer) => mix_planes(*buffer, mono),
        Buffer::U32(buffer) => mix_planes(*buffer, mono),
        Buffer::S8(buffer) => mix_planes(*buffer, mono),
        Buffer::S16(buffer) => mix_planes(*buffer, mono),
        Buffer::S24(buffer) => mix_planes(*buffer, mono),
        Buffer::S32(buffer) => mix_planes(*buffer, mono),
        Buffer::F32(buffer) => mix_planes(*buffer, mono),
        Buffer::F64(buffer) => mix_planes(*buffer, mono),
    }
}

fn mix_planes<S: Sample + IntoSample<f32>>(buffer: &AudioBuffer<S>, mono: &mut Vec<f32>) {
    let mut planes = buffer.iter_planes();
    let Some(first) = planes.next() else { return };
    let start = mono.len();
    mono.extend(first.iter().map(|&sample| -> f32 { sample.into_sample() }));
    let sum = &mut mono[start..];
    for plane in planes {
        sum.iter_mut().zip(plane).for_each(|(sum, &sample)| *sum += sample.into_sample());
    }
    if buffer.num_planes() > 1 {
        let channels = buffer.num_planes() as f32;
        sum.iter_mut().for_each(|sum| *sum /= channels);
    }
}

/// A decoder for the default track among those that can be decoded, or else for the first of them.
fn decoder_for(container: &dyn FormatReader, limits: &Limits) -> Result<(u32, Box<dyn AudioDecoder>)> {
    let audio: Vec<_> =
        container.tracks().iter().filter_map(|track| Some((track, audio_of(track)?))).collect();
    let known = |params: &AudioCodecParameters| CODECS.get_audio_decoder(params.codec).is_some();
    let mut decodable = audio.iter().filter(|(_, params)| known(params));
    let first = decodable.clone().next();
    let chosen = decodable.find(|(track, _)| track.flags.contains(TrackFlags::DEFAULT)).or(first);
    let name = container.format_info().long_name;
    let Some((track, params)) = chosen else {
        let lack = if audio.is_empty() { "no sound in it" } else { "sound of a kind that cannot be decoded" };
        let hint = "extract or convert its sound, for instance to FLAC".into();
        return Err(Error::UnknownFormat { found: format!("{name} with {lack}"), hint });
    };
    if let Some(rate) = params.sample_rate {
        limits.check_rate(rate)?;
    }
    if let Some(channels) = &params.channels {
        limits.check_channels(channels.count() as u64)?;
    }
    check_packet(params.max_frames_per_packet.unwrap_or(0))?;
    let options = AudioDecoderOptions::default().gapless(knows_its_end(container, track));
    let decoder = CODECS.make_audio_decoder(params, &options).map_err(|fault| Error::UnknownFormat {
        found: format!("{name} with sound that cannot be decoded ({fault})"),
        hint: "convert it, for instance to FLAC".into(),
    })?;
    Ok((track.id, decoder))
}

/// Whether the container's word on where the music ends can be trusted.
///
/// For an MP3 without a Xing header Symphonia guesses the length from the first frame's bit rate, and would
/// cut off the rest of a file of variable bit rate.
fn knows_its_end(container: &dyn FormatReader, track: &Track) -> bool {
    let is_mpeg = [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3].contains(&container.format_info().format);
    !is_mpeg || track.padding.is_some()
}

fn audio_of(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Some(params),
        _ => None,
    }
}

/// "mp3", or "ogg (opus)" where the container does not tell the codec.
fn format_name(container: &dyn FormatReader, decoder: &dyn AudioDecoder) -> String {
    let (outer, inner) = (container.format_info().short_name, decoder.codec_info().short_name);
    if outer == inner { outer.into() } else { format!("{outer} ({inner})") }
}

/// The probe reports "unsupported" for unknown content and for bytes that end before anything is found.
fn not_recognised(fault: Fault, path: &std::path::Path) -> Error {
    match fault {
        Fault::IoError(error) if error.raw_os_error().is_some() => Error::io("read", path)(error),
        Fault::Unsupported(_) | Fault::IoError(_) => Error::UnknownFormat {
            found: "bytes of no known kind, or too few of them".into(),
            hint: KNOWN.into(),
        },
        other => Error::Damaged { found: format!("a header that cannot be read: {other}") },
    }
}
