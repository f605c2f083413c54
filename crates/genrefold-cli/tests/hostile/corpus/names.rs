//! Names that say something else than the bytes, and bytes that are no sound.

use super::Odd;
use super::aiff_caf::aiff;
use super::bytes::{fixture, noise};
use super::flac;
use super::wav::Wav;
use crate::common::Outcome;

/// A picture of so many bytes, or what passes for one.
pub fn jpeg(bytes: usize) -> Vec<u8> {
    let mut picture = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    picture.resize(bytes, 0x5a);
    picture
}

/// A sheet of prose.
fn prose() -> Vec<u8> {
    "To be, or not to be, that is the question. ".repeat(500).into_bytes()
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    let named = |name: &str, bytes| Odd::new(format!("names/{name}"), bytes);
    Ok(vec![
        named("wav_as.mp3", Wav::default().bytes()),
        named("flac_as.m4a", flac::sound()),
        named("aiff_as.wav", aiff()),
        named("mp3_as.flac", fixture("tone.mp3")?),
        named("m4a_as.ogg", fixture("tone.m4a")?),
        named("ogg_as.txt", fixture("tone.ogg")?),
        named("no_name_of_a_kind", fixture("tone.aac")?),
        named("jpeg_as.mp3", jpeg(100_000)),
        named("png_as.flac", [b"\x89PNG\r\n\x1a\n", &noise(50_000)[..]].concat()),
        named("pdf_as.m4a", [b"%PDF-1.7\n", &prose()[..]].concat()),
        named("prose_as.wav", prose()),
        named("noise_as.mp3", noise(200_000)),
        named("zeros_as.wav", vec![0; 1 << 20]),
        named("ones_as.mp3", vec![0xff; 1 << 20]),
        named("one_byte.ogg", vec![0]),
        named("play_list.mp3", b"#EXTM3U\n#EXTINF:1,odd\n/etc/passwd\nhttp://localhost/\n".to_vec()),
        named("film_without_sound.mkv", fixture("silent_film.mkv")?),
    ])
}
