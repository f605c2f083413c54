//! Matroska and WebM: elements in elements (RFC 8794).

use super::Odd;
use super::bytes::{find, fixture, patched};
use crate::common::Outcome;

/// Names of elements.
const SEGMENT: &[u8] = b"\x18\x53\x80\x67";
const TAGS: &[u8] = b"\x12\x54\xc3\x67";
const TAG: &[u8] = b"\x73\x73";
const SIMPLE_TAG: &[u8] = b"\x67\xc8";
const VOID: &[u8] = b"\xec";
/// The rate, 8 bytes: as it stands in the fixture, 44,100 Hz.
const RATE: &[u8] = b"\xb5\x88";
const CHANNELS: &[u8] = b"\x9f\x81";
/// A size of eight bytes that says that nobody knows.
const UNKNOWN: &[u8] = b"\x01\xff\xff\xff\xff\xff\xff\xff";

/// An element that says that it has so many bytes.
fn element(name: &[u8], claimed: u64, content: &[u8]) -> Vec<u8> {
    [name, &(1 << 56 | claimed).to_be_bytes()[..], content].concat()
}

/// Elements of one name, each the content of the one before.
fn matryoshka(name: &[u8], depth: u64) -> Vec<u8> {
    let each = name.len() as u64 + 8;
    (0..depth).rev().flat_map(|inner| element(name, each * inner, &[])).collect()
}

/// The fixture with more elements in front of its own, in a segment of unknown size.
fn behind(front: &[u8]) -> Outcome<Vec<u8>> {
    let bytes = fixture("tone.mka")?;
    let segment = find(&bytes, SEGMENT)?;
    let content = &bytes[segment + SEGMENT.len() + 8..];
    Ok([&bytes[..segment], SEGMENT, UNKNOWN, front, content].concat())
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    let (mka, webm) = (fixture("tone.mka")?, fixture("tone.webm")?);
    let file = |name: &str, bytes| Odd::new(format!("mkv/{name}.mka"), bytes);
    let rate = |name: &str, hertz: f64| -> Outcome<Odd> {
        Ok(file(name, patched(&mka, RATE, 2, &hertz.to_be_bytes())?))
    };
    let channels =
        |name: &str, count: u8| -> Outcome<Odd> { Ok(file(name, patched(&mka, CHANNELS, 2, &[count])?)) };
    let simple = matryoshka(SIMPLE_TAG, 50_000);
    let size = simple.len() as u64;
    let tags = element(TAGS, size + 10, &element(TAG, size, &simple));
    let clusterless = find(&mka, b"\x1f\x43\xb6\x75")?;
    Ok(vec![
        rate("0_hz", 0.0)?,
        rate("4_ghz", 4e9)?,
        rate("rate_that_is_no_number", f64::NAN)?,
        rate("negative_rate", -44_100.0)?,
        channels("0_channels", 0)?,
        channels("255_channels", 255)?,
        file("segment_of_unknown_size", behind(&[])?),
        file("element_of_2_to_the_55_bytes", behind(&element(VOID, 1 << 55, &[]))?),
        file("20_mb_of_nothing", behind(&element(VOID, 20 << 20, &vec![0; 20 << 20]))?),
        file("50000_tags_in_each_other", behind(&tags)?),
        file("100000_empty_elements", behind(&element(VOID, 0, &[]).repeat(100_000))?),
        file(
            "10000_segments_in_each_other",
            [&mka[..find(&mka, SEGMENT)?], &matryoshka(SEGMENT, 10_000)].concat(),
        ),
        file("unknown_codec", patched(&mka, b"A_FLAC", 0, b"A_ODD!")?),
        file("no_sound_behind_the_header", mka[..clusterless].to_vec()),
        Odd::new(
            "mkv/header_of_2_to_the_55_bytes.webm",
            patched(&webm, b"\x1a\x45\xdf\xa3", 4, b"\x01\x80\0\0\0\0\0\0")?,
        ),
    ])
}
