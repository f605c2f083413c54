//! MP3 and AAC (ADTS): frames behind each other, and what is put in front of them.

use super::Odd;
use super::bytes::{fixture, noise, patched};
use super::names::jpeg;
use crate::common::Outcome;

/// Half a second four times over.
const TIMES: usize = 4;

/// Two seconds of MP3 without any header of a file.
pub fn mp3() -> Outcome<Vec<u8>> {
    Ok(fixture("headerless.mp3")?.repeat(TIMES))
}

/// Two seconds of AAC.
pub fn aac() -> Outcome<Vec<u8>> {
    Ok(fixture("tone.aac")?.repeat(TIMES))
}

/// A number as ID3 writes sizes: seven bits a byte.
pub fn seven_bits(number: u32) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (number >> shift & 127) as u8)
}

/// A tag of version 2.4 that says it has so many bytes.
pub fn id3(claimed: u32, frames: &[u8]) -> Vec<u8> {
    [b"ID3\x04\0\0", &seven_bits(claimed)[..], frames].concat()
}

/// A frame of a tag.
fn tag_frame(name: &[u8; 4], claimed: u32, content: &[u8]) -> Vec<u8> {
    [name, &seven_bits(claimed)[..], &[0, 0], content].concat()
}

/// A tag that holds a picture of so many bytes.
pub fn cover(bytes: usize) -> Vec<u8> {
    let content = [b"\0image/jpeg\0\x03\0", &jpeg(bytes)[..]].concat();
    let frame = tag_frame(b"APIC", content.len() as u32, &content);
    id3(frame.len() as u32, &frame)
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    Ok([tags()?, frames()?, adts()?].into_iter().flatten().collect())
}

fn tags() -> Outcome<Vec<Odd>> {
    let sound = mp3()?;
    let behind = |name: &str, front: &[u8]| Odd::new(format!("mp3/{name}.mp3"), [front, &sound].concat());
    let padded = |bytes: u32| id3(bytes, &vec![0; bytes as usize]);
    let frame = |name, claimed, content: &[u8]| {
        let frame = tag_frame(name, claimed, content);
        id3(frame.len() as u32, &frame)
    };
    let text = [&[3][..], &"la ".repeat(1 << 20).into_bytes()].concat();
    let ape = [
        b"APETAGEX",
        &2_000u32.to_le_bytes()[..],
        &u32::MAX.to_le_bytes(),
        &u32::MAX.to_le_bytes(),
        &[0; 12],
    ];
    let mut ape_behind = sound.clone();
    ape_behind.extend(ape.concat());
    Ok(vec![
        behind("id3_of_16_mb", &padded(16 << 20)),
        behind("id3_that_claims_256_mb", &id3((1 << 28) - 1, &[])),
        behind("id3_of_0_bytes", &id3(0, &[])),
        behind("200_id3_tags", &padded(100).repeat(200)),
        behind("cover_of_20_mb", &cover(20 << 20)),
        behind("title_of_3_mb", &frame(b"TIT2", text.len() as u32, &text)),
        behind("title_that_claims_256_mb", &frame(b"TIT2", (1 << 28) - 1, b"\x03odd")),
        behind("title_of_0_bytes", &frame(b"TIT2", 0, b"")),
        behind("title_of_unknown_letters", &frame(b"TIT2", 4, b"\x09\xff\xfe\xfd")),
        behind("title_of_half_a_letter", &frame(b"TIT2", 4, b"\x01\xff\xfea")),
        Odd::new("mp3/nothing_but_a_cover.mp3", cover(1 << 20)),
        Odd::new("mp3/ape_tag_that_claims_4_gb.mp3", ape_behind),
    ])
}

fn frames() -> Outcome<Vec<Odd>> {
    let (sound, tone) = (mp3()?, fixture("tone.mp3")?);
    let file = |name: &str, bytes| Odd::new(format!("mp3/{name}.mp3"), bytes);
    let behind = |name: &str, front: &[u8]| file(name, [front, &sound].concat());
    // "Xing" or "Info", flags, frames, bytes.
    let count = |name: &str, count: u32| -> Outcome<Odd> {
        Ok(file(name, patched(&tone, b"Info", 8, &count.to_be_bytes())?))
    };
    let slower = [fixture("clicks_22050.mp3")?, fixture("clicks_8000.mp3")?].concat();
    let mut free = fixture("headerless.mp3")?;
    free[2] &= 0x0f; // no bit rate: the frame's length is not said
    Ok(vec![
        behind("1_mb_of_zeros_first", &vec![0; 1 << 20]),
        behind("64_kb_of_noise_first", &noise(64 << 10)),
        file("noise_behind", [&sound[..], &noise(64 << 10)].concat()),
        file("rate_that_changes", [&sound[..], &slower].concat()),
        file("free_bit_rate", free),
        file("headers_without_frames", b"\xff\xfb\x90\x44".repeat(50_000)),
        count("4294967295_frames", u32::MAX)?,
        count("0_frames", 0)?,
    ])
}

fn adts() -> Outcome<Vec<Odd>> {
    let sound = aac()?;
    let file = |name: &str, bytes| Odd::new(format!("aac/{name}.aac"), bytes);
    // Every frame's third byte: two bits for the profile, four for the rate.
    let profile = |bits: u8| {
        let mut bytes = sound.clone();
        let mut at = 0;
        while at + 7 <= bytes.len() {
            let length = usize::from(bytes[at + 3] & 3) << 11 | usize::from(bytes[at + 4]) << 3;
            let length = length | usize::from(bytes[at + 5]) >> 5;
            bytes[at + 2] = bits | bytes[at + 2] & 3;
            at += length.max(7);
        }
        bytes
    };
    Ok(vec![
        file("unknown_rate", profile(0x7c)),
        file("rate_that_is_another", profile(0x60)),
        file("unknown_profile", profile(0xd0)),
        file("frames_of_0_bytes", b"\xff\xf1\x50\x80\0\x1f\xfc".repeat(20_000)),
        file("frames_without_sound", b"\xff\xf1\x50\x80\x00\xff\xfc".repeat(20_000)),
        file("noise_first", [&noise(64 << 10)[..], &sound].concat()),
    ])
}
