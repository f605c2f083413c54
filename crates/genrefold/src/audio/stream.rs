//! Mono sound block by block.

use std::io::{Read, Seek, SeekFrom};

use super::guard::guarded;
use super::source::Metered;
use super::{Limits, Resampler, Source, au, decode};
use crate::error::{Error, Result};

/// Steps in a row that may pass without sound (foreign tracks, empty or damaged packets).
const MAX_IDLE_STEPS: u32 = 100_000;

/// Louder than this (full scale is 1) is no sound but damage, and its square would leave the range of f32.
const LOUDEST: f32 = 1e9;

/// What one step of a decoder brought.
pub(super) enum Step {
    /// Samples were appended; they have this rate in Hz.
    Sound { rate: u32 },
    /// A packet could not be decoded and was skipped.
    Fault,
    /// Nothing of interest.
    Nothing,
    /// The file is at its end.
    End,
}

/// A decoder that mixes to mono as it goes.
pub(super) trait BlockReader: Send + Sync {
    /// Short name of the format, such as "flac".
    fn format(&self) -> &str;

    /// Samples of a channel as the header states them; none where it does not.
    fn stated_samples(&self) -> Option<u64>;

    /// Decodes one packet and appends the mean of its channels to `mono`.
    fn step(&mut self, mono: &mut Vec<f32>) -> Result<Step>;
}

/// An open sound file, decoded block by block to the mean of its channels.
///
/// Samples that are not finite (float files may hold NaN) are replaced by 0 and their block counts as a fault.
pub struct MonoStream {
    reader: Box<dyn BlockReader>,
    limits: Limits,
    rate: u32,
    block: Vec<f32>,
    state: State,
    decoded: u64,
    faults: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// The first block was decoded at opening and waits in `block`.
    Opened,
    Running,
    Finished,
}

impl MonoStream {
    /// Opens a sound and decodes up to its first samples.
    ///
    /// # Errors
    /// [`Error::Io`] from the operating system; [`Error::UnknownFormat`] for what is no sound;
    /// [`Error::Damaged`] when no sample can be decoded; [`Error::AboveLimit`].
    pub fn open(source: impl Into<Source>, limits: &Limits) -> Result<MonoStream> {
        let bytes = source.into().open(limits)?;
        let reader = guarded(|| reader_for(bytes, limits))?;
        let mut stream = MonoStream {
            reader,
            limits: limits.clone(),
            rate: 0,
            block: Vec::new(),
            state: State::Running,
            decoded: 0,
            faults: 0,
        };
        if !stream.decode_block()? {
            let found = format!("a {} header without any sound behind it", stream.reader.format());
            return Err(Error::Damaged { found });
        }
        stream.state = State::Opened;
        Ok(stream)
    }

    /// Samples per second, Hz, as found in the file.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// What was recognised: "wave", "flac", "mp3", "ogg (opus)"; for messages.
    pub fn format(&self) -> &str {
        self.reader.format()
    }

    /// The length that the header states, seconds; it may lie, and none where it says nothing.
    pub fn stated_seconds(&self) -> Option<f64> {
        Some(self.reader.stated_samples()? as f64 / f64::from(self.rate.max(1)))
    }

    /// How many packets were skipped so far because they could not be decoded.
    ///
    /// A damaged file still gives an answer; this tells how far to trust it. Some damage goes unnoticed:
    /// MP3 has no checksum that is always there.
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// The next samples, at most some ten thousand, nominally in [-1, 1]; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`] and [`Error::AboveLimit`]; [`Error::UnknownFormat`] when the
    /// sample rate changes on the way. After an error the stream is at its end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        let more = match self.state {
            State::Opened => true,
            State::Running => {
                self.state = State::Finished; // stays so when decoding fails
                self.decode_block()?
            }
            State::Finished => false,
        };
        if more {
            self.state = State::Running;
        }
        Ok(more.then_some(self.block.as_slice()))
    }

    /// The same sound at `rate` Hz.
    ///
    /// # Errors
    /// Those of [`Resampler::new`].
    pub fn at_rate(self, rate: u32) -> Result<ResampledStream> {
        let resampler = Resampler::new(self.rate, rate)?;
        Ok(ResampledStream { source: self, resampler, rate, block: Vec::new(), finished: false })
    }

    /// Decodes into `block` until it holds sound; false at the end.
    fn decode_block(&mut self) -> Result<bool> {
        for _ in 0..MAX_IDLE_STEPS {
            self.block.clear();
            let step = guarded(|| self.reader.step(&mut self.block))?;
            match step {
                Step::Sound { rate } if !self.block.is_empty() => return self.accept(rate).map(|()| true),
                Step::Sound { .. } | Step::Nothing => {}
                Step::Fault => self.faults += 1,
                Step::End => return Ok(false),
            }
        }
        let found = format!("{MAX_IDLE_STEPS} packets in a row without sound; expected some music");
        Err(Error::Damaged { found })
    }

    /// Checks a fresh block against the limits and cleans it.
    fn accept(&mut self, rate: u32) -> Result<()> {
        self.limits.check_rate(rate)?;
        if self.decoded > 0 && rate != self.rate {
            let after = self.decoded as f64 / f64::from(self.rate);
            return Err(Error::UnknownFormat {
                found: format!("the sample rate changes from {} to {rate} Hz after {after:.1} s", self.rate),
                hint: "convert the file to one rate".into(),
            });
        }
        self.rate = rate;
        self.decoded += self.block.len() as u64;
        self.limits.check_samples(self.decoded, rate)?;
        if silence_nonsense(&mut self.block) {
            self.faults += 1;
        }
        Ok(())
    }
}

/// Replaces samples that are not finite or absurdly large by 0; says whether there were any.
fn silence_nonsense(samples: &mut [f32]) -> bool {
    let nonsense = |sample: f32| sample.is_nan() || sample.abs() > LOUDEST;
    let any = samples.iter().fold(false, |any, &sample| any | nonsense(sample));
    if any {
        samples.iter_mut().filter(|sample| nonsense(**sample)).for_each(|sample| *sample = 0.0);
    }
    any
}

/// Tells Sun AU from everything else by the first four bytes.
fn reader_for(mut bytes: Metered, limits: &Limits) -> Result<Box<dyn BlockReader>> {
    let path = bytes.path();
    let mut magic = Vec::new();
    bytes.by_ref().take(4).read_to_end(&mut magic).map_err(Error::io("read", &path))?;
    bytes.seek(SeekFrom::Start(0)).map_err(Error::io("read", &path))?;
    if magic == au::MAGIC {
        return Ok(Box::new(au::AuReader::open(bytes, limits)?));
    }
    Ok(Box::new(decode::SymphoniaReader::open(bytes, limits)?))
}

/// A [`MonoStream`] brought to another sample rate.
pub struct ResampledStream {
    source: MonoStream,
    resampler: Resampler,
    rate: u32,
    block: Vec<f32>,
    finished: bool,
}

impl ResampledStream {
    /// Samples per second, Hz, of the blocks.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The stream being resampled, for its format and its faults.
    pub fn source(&self) -> &MonoStream {
        &self.source
    }

    /// The next samples, never an empty block; `None` at the end.
    ///
    /// # Errors
    /// Those of [`MonoStream::next_block`].
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.block.clear();
        while self.block.is_empty() && !self.finished {
            match self.source.next_block()? {
                Some(samples) => self.resampler.process(samples, &mut self.block),
                None => {
                    self.resampler.finish(&mut self.block);
                    self.finished = true;
                }
            }
        }
        Ok((!self.block.is_empty()).then_some(self.block.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_that_are_no_sound_become_silence() {
        let mut samples = [0.5, f32::NAN, f32::INFINITY, -1e30, -3.0];
        assert!(silence_nonsense(&mut samples));
        assert_eq!(samples, [0.5, 0.0, 0.0, 0.0, -3.0]);
        assert!(!silence_nonsense(&mut samples));
    }
}
