//! Whether a file's first bytes are those of a sound file: for names that do not say what they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// As many first bytes as the longest signature below needs.
const FIRST: usize = 16;

/// Whether the file begins as a sound of a known container does.
///
/// # Errors
/// The file cannot be read.
pub fn begins_as_sound(path: &Path) -> io::Result<bool> {
    let mut first = Vec::with_capacity(FIRST);
    File::open(path)?.take(FIRST as u64).read_to_end(&mut first)?;
    Ok(is_sound(&first))
}

fn is_sound(first: &[u8]) -> bool {
    let at = |place: usize, text: &[u8]| first.get(place..).is_some_and(|rest| rest.starts_with(text));
    let riff = (at(0, b"RIFF") || at(0, b"RF64")) && at(8, b"WAVE");
    let aiff = at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC"));
    // An MPEG-4 file may be a film; these brands say that it is not.
    let mpeg4 = at(4, b"ftyp") && [&b"M4A "[..], b"M4B ", b"M4P "].iter().any(|brand| at(8, brand));
    let named = [&b"fLaC"[..], b"OggS", b"ID3", b".snd", b"caff"].iter().any(|text| at(0, text));
    named || riff || aiff || mpeg4 || is_mpeg_frame(first)
}

/// The header of an MPEG-1, 2 or 2.5 audio frame (ISO 11172-3, 2.4.1.3), or of an ADTS one (ISO 13818-7, 6.2).
fn is_mpeg_frame(first: &[u8]) -> bool {
    let &[0xff, second, third, ..] = first else { return false };
    let (sync, version, layer) = (second & 0xe0 == 0xe0, second >> 3 & 3, second >> 1 & 3);
    let (bit_rate, rate) = (third >> 4, third >> 2 & 3);
    // Layer I is left out: its header may be the byte order mark of a text.
    let mpeg = version != 1 && (layer == 1 || layer == 2) && bit_rate != 15 && bit_rate != 0 && rate != 3;
    let adts = second & 0xf6 == 0xf0 && third >> 2 & 15 < 13;
    sync && (mpeg || adts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_container_is_known_by_its_first_bytes() {
        let sounds: [&[u8]; 12] = [
            b"RIFF\0\0\0\0WAVEfmt ",
            b"RF64\xff\xff\xff\xffWAVEds64",
            b"FORM\0\0\0\0AIFFCOMM",
            b"FORM\0\0\0\0AIFCFVER",
            b"fLaC\0\0\0\x22",
            b"OggS\0\x02",
            b"ID3\x04\0",
            b"\0\0\0\x1cftypM4A \0\0\0\0",
            b".snd\0\0\0\x18",
            b"caff\0\x01",
            b"\xff\xfb\x90\x64",
            b"\xff\xf1\x50\x80",
        ];
        for sound in sounds {
            assert!(is_sound(sound), "{sound:?}");
        }
    }

    #[test]
    fn what_else_lies_in_a_library_is_no_sound() {
        let others: [&[u8]; 10] = [
            b"",
            b"RIFF\0\0\0\0AVI LIST",
            b"FORM\0\0\0\0ILBM",
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            b"\x89PNG\r\n\x1a\n",
            b"\0\0\0\x20ftypisom\0\0\x02\0",
            b"\xff\xfeh\0i\0",
            b"\xfe\xff\0h",
            b"\x1a\x45\xdf\xa3",
            b"#EXTM3U\n",
        ];
        for other in others {
            assert!(!is_sound(other), "{other:?}");
        }
    }
}
