//! Surgery on bytes.

use std::fs;
use std::path::Path;

use crate::common::Outcome;

/// One of the library's tiny sound files.
pub fn fixture(name: &str) -> Outcome<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../genrefold/tests/fixtures/audio");
    Ok(fs::read(folder.join(name))?)
}

/// The bytes with others in the place that lies `at` bytes behind the beginning of the first `marker`.
pub fn patched(bytes: &[u8], marker: &[u8], at: usize, new: &[u8]) -> Outcome<Vec<u8>> {
    let place = find(bytes, marker)? + at;
    let mut bytes = bytes.to_vec();
    bytes.get_mut(place..place + new.len()).ok_or("no room for a patch")?.copy_from_slice(new);
    Ok(bytes)
}

/// Where the marker begins.
pub fn find(bytes: &[u8], marker: &[u8]) -> Outcome<usize> {
    let found = bytes.windows(marker.len()).position(|window| window == marker);
    Ok(found.ok_or_else(|| format!("no {} in a file", marker.escape_ascii()))?)
}

/// The numbers of a generator that everybody knows: the same for ever (Marsaglia's xorshift).
pub fn dice(seed: u32) -> impl FnMut() -> usize {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    }
}

/// So many bytes of noise.
pub fn noise(count: usize) -> Vec<u8> {
    let mut random = dice(5);
    (0..count).map(|_| (random() >> 7) as u8).collect()
}
