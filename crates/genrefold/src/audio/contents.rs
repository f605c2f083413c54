//! What is in a file: its sound, encoded and decoded, and its tags. For whoever writes tags and has to show that
//! nothing else has changed: the tags are Symphonia's reading of them, another than the writer's.

use sha2::{Digest, Sha256};
use symphonia::core::formats::FormatOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataContainer, MetadataOptions, MetadataRevision};

use super::guard::guarded;
use super::{Limits, MonoStream, Source};
use crate::error::{Error, Result};

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// SHA-256 of every track's parameters and of all packets, as they lie in the file.
    pub packets: [u8; 32],
    /// SHA-256 of the mean of the channels, sample by sample.
    pub samples: [u8; 32],
    /// Tags and pictures in the order of their names: the name as the format has it, and the value or its hash.
    pub tags: Vec<(String, String)>,
}

/// Names and values.
type Tags = Vec<(String, String)>;

/// Reads a file from its first byte to its last, twice.
///
/// # Errors
/// As [`MonoStream::open`]; [`Error::Damaged`] for a file whose packets cannot be told apart.
pub fn contents(source: impl Into<Source>, limits: &Limits) -> Result<Contents> {
    let source = source.into();
    let samples = samples(source.clone(), limits)?;
    let (packets, tags) = guarded(|| container(source, limits))?;
    Ok(Contents { packets, samples, tags })
}

fn samples(source: Source, limits: &Limits) -> Result<[u8; 32]> {
    let mut stream = MonoStream::open(source, limits)?;
    let mut hash = Sha256::new();
    hash.update(stream.rate().to_le_bytes());
    while let Some(block) = stream.next_block()? {
        block.iter().for_each(|sample| hash.update(sample.to_le_bytes()));
    }
    Ok(hash.finalize().into())
}

fn container(source: Source, limits: &Limits) -> Result<([u8; 32], Tags)> {
    let damaged = |fault: symphonia::core::errors::Error| Error::Damaged { found: fault.to_string() };
    let stream = MediaSourceStream::new(Box::new(source.open(limits)?), MediaSourceStreamOptions::default());
    let mut container = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(damaged)?;
    let mut hash = Sha256::new();
    for track in container.tracks() {
        hash.update(format!("{:?} {:?} {:?}", track.codec_params, track.num_frames, track.time_base));
    }
    while let Some(packet) = container.next_packet().map_err(damaged)? {
        hash.update(packet.track_id.to_le_bytes());
        hash.update((packet.data.len() as u64).to_le_bytes());
        hash.update(&packet.data);
    }
    let mut tags = Vec::new();
    let mut metadata = container.metadata();
    while let Some(revision) = metadata.pop() {
        add_revision(&revision, &mut tags);
    }
    if let Some(revision) = metadata.current() {
        add_revision(revision, &mut tags);
    }
    tags.sort();
    Ok((hash.finalize().into(), tags))
}

fn add_revision(revision: &MetadataRevision, tags: &mut Tags) {
    add(&revision.media, tags);
    revision.per_track.iter().for_each(|track| add(&track.metadata, tags));
}

fn add(container: &MetadataContainer, tags: &mut Tags) {
    for tag in &container.tags {
        tags.push((tag.raw.key.clone(), format!("{:?} {:?}", tag.raw.value, tag.raw.sub_fields)));
    }
    for picture in &container.visuals {
        let hash: [u8; 32] = Sha256::digest(&picture.data).into();
        tags.push(("picture".into(), format!("{:?} {:?} {hash:02x?}", picture.media_type, picture.usage)));
    }
}
