//! What the targets share.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use genrefold::Limits;
use genrefold::audio::MonoStream;

/// The most samples of a channel that a target decodes.
const LONGEST: u64 = 1 << 20;
/// Louder samples are replaced by silence (`audio::MonoStream`).
const LOUDEST: f32 = 1e9;

/// Crates whose unchecked accesses are guarded by assertions that only such builds as this one hold.
const ASSERTING: [&str; 4] = ["/ropus-", "/rustfft-", "/pulp-", "/bytemuck-"];

/// Lets the library catch the panics of foreign decoders, as it does in use; one that it does not catch still ends the
/// target, and so does one that in a release would be an access out of bounds. To be called once the fuzzer has set its
/// own hook, which would abort at the first.
pub fn leave_panics_to_the_library() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("", |place| place.file());
        if ASSERTING.iter().any(|name| place.contains(name)) {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}

/// Decodes a file to its end, and holds the stream to what its documentation says. Gives the sound at 16 kHz if all of
/// it could be read.
pub fn decode(file: Vec<u8>) -> Option<Vec<f32>> {
    let limits = Limits { max_bytes: 1 << 22, max_samples: LONGEST, ..Limits::default() };
    let mut stream = MonoStream::open(file.clone(), &limits).ok()?;
    assert!((limits.min_rate_hz..=limits.max_rate_hz).contains(&stream.rate()), "{} Hz", stream.rate());
    assert!(stream.stated_seconds().is_none_or(|seconds| seconds >= 0.0));
    let mut count = 0;
    let whole = loop {
        match stream.next_block() {
            Ok(Some(block)) => {
                assert!(!block.is_empty(), "an empty block");
                assert!(block.iter().all(|sample| sample.abs() <= LOUDEST), "samples that are no sound");
                count += block.len() as u64;
            }
            Ok(None) => break true,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                break false;
            }
        }
    };
    assert!(count <= LONGEST, "{count} samples");
    assert!(matches!(stream.next_block(), Ok(None)), "something after the end");
    let rate = stream.rate();
    let read = genrefold::audio::read(file, 16_000, &limits);
    assert_eq!(whole, read.is_ok(), "a second reading of the same bytes ends otherwise");
    let samples = read.ok()?.samples;
    let expected = (count * 16_000).div_ceil(u64::from(rate));
    assert_eq!(samples.len() as u64, expected, "{count} samples at {rate} Hz");
    Some(samples)
}

/// Gives every Ogg page of a file the checksum that it should have (RFC 3533, section 6).
pub fn sign_ogg_pages(file: &mut [u8]) {
    const HEADER: usize = 27;
    const CHECKSUM: std::ops::Range<usize> = 22..26;
    let mut at = 0;
    while let Some(page) = file.get_mut(at..).filter(|page| page.starts_with(b"OggS") && page.len() >= HEADER)
    {
        let segments = usize::from(page[HEADER - 1]);
        let Some(lengths) = page.get(HEADER..HEADER + segments) else { return };
        let length = HEADER + segments + lengths.iter().map(|&length| usize::from(length)).sum::<usize>();
        let Some(page) = page.get_mut(..length) else { return };
        page[CHECKSUM].fill(0);
        let checksum = ogg_checksum(page);
        page[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        at += length;
    }
}

fn ogg_checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ (u32::from(byte) << 24), |sum: u32, _| {
            (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

/// A folder in memory for files that are read by their names; the process's own, and the same in every round.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let folder = base.join(format!("genrefold-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the target's files");
        folder
    });
    &FOLDER
}
