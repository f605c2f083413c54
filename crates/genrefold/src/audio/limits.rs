//! How much a caller is willing to decode.

use crate::error::{Error, Result};

/// The most samples of a channel in a packet, twice FLAC's largest block. Decoders make room for as many as a header
/// says before they have seen one.
const LONGEST_PACKET: u64 = 1 << 17;

/// The largest sound that is accepted; everything above is refused with [`Error::AboveLimit`].
///
/// The defaults are generous: they stop accidents and attacks, not music.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_bytes: u64,
    /// Longest sound, in samples of one channel at the file's own rate.
    pub max_samples: u64,
    /// Longest sound, seconds.
    pub max_seconds: u32,
    /// Most channels.
    pub max_channels: u32,
    /// Lowest sample rate, Hz.
    pub min_rate_hz: u32,
    /// Highest sample rate, Hz.
    pub max_rate_hz: u32,
}

impl Default for Limits {
    /// 4 GiB, 24 hours at 192 kHz in samples and no other limit of the length, 64 channels, 1 kHz to 384 kHz.
    fn default() -> Self {
        Limits {
            max_bytes: 4 << 30,
            max_samples: 24 * 3600 * 192_000,
            max_seconds: u32::MAX,
            max_channels: 64,
            min_rate_hz: 1_000,
            max_rate_hz: 384_000,
        }
    }
}

impl Limits {
    /// Refuses a file of more than `max_bytes`.
    pub(super) fn check_bytes(&self, bytes: u64) -> Result<()> {
        at_most("file size in bytes", bytes, self.max_bytes)
    }

    /// Refuses a sound of more than `max_samples`, or at this rate in Hz of more than `max_seconds`.
    pub(super) fn check_samples(&self, samples: u64, rate: u32) -> Result<()> {
        at_most("length in samples per channel", samples, self.max_samples)?;
        let seconds = samples.div_ceil(u64::from(rate.max(1)));
        at_most("length in seconds", seconds, u64::from(self.max_seconds))
    }

    /// Refuses more than `max_channels`, and none at all.
    pub(super) fn check_channels(&self, channels: u64) -> Result<()> {
        if channels == 0 {
            return Err(Error::Damaged { found: "a header with 0 channels; expected at least 1".into() });
        }
        at_most("number of channels", channels, u64::from(self.max_channels))
    }

    /// Refuses a sample rate outside `min_rate_hz..=max_rate_hz`.
    pub(super) fn check_rate(&self, rate: u32) -> Result<()> {
        if rate < self.min_rate_hz {
            return Err(Error::UnknownFormat {
                found: format!("a sample rate of {rate} Hz"),
                hint: format!("at least {} Hz are needed; convert the file", self.min_rate_hz),
            });
        }
        at_most("sample rate in Hz", u64::from(rate), u64::from(self.max_rate_hz))
    }
}

/// Refuses packets for which no memory would do.
pub(super) fn check_packet(samples: u64) -> Result<()> {
    if samples > LONGEST_PACKET {
        let found = format!("packets of {samples} samples; expected at most {LONGEST_PACKET}");
        return Err(Error::Damaged { found });
    }
    Ok(())
}

fn at_most(what: &'static str, found: u64, allowed: u64) -> Result<()> {
    if found > allowed {
        return Err(Error::AboveLimit { what, found, allowed });
    }
    Ok(())
}
