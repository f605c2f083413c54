//! MPEG-4 (AAC and Apple Lossless): boxes in boxes.

use super::Odd;
use super::bytes::{find, fixture, patched};
use super::names::jpeg;
use crate::common::Outcome;

/// The box of Apple's own description, with its size.
const APPLE: &[u8] = b"\0\0\0\x24alac";

/// A box whose size is its content's.
fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

/// Boxes of one name, each the content of the one before.
fn matryoshka(name: &[u8; 4], depth: u32) -> Vec<u8> {
    (0..depth).rev().flat_map(|inner| [&(8 * (inner + 1)).to_be_bytes()[..], name].concat()).collect()
}

/// The file with one more box at the end of the one that describes it, which is the last.
fn described(bytes: &[u8], more: &[u8]) -> Outcome<Vec<u8>> {
    let name = find(bytes, b"moov")?;
    let size = (bytes.len() - name + 4 + more.len()) as u32;
    let mut bytes = bytes.to_vec();
    bytes[name - 4..name].copy_from_slice(&size.to_be_bytes());
    bytes.extend(more);
    Ok(bytes)
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    Ok([tables()?, sizes()?].into_iter().flatten().collect())
}

fn tables() -> Outcome<Vec<Odd>> {
    let (aac, alac) = (fixture("tone.m4a")?, fixture("alac.m4a")?);
    let file = |name: &str, bytes| Odd::new(format!("mp4/{name}.m4a"), bytes);
    // How far behind the name of its box a field lies: version and flags are the first four bytes.
    let field = |name: &str, marker: &[u8; 4], at: usize, value: u32| -> Outcome<Odd> {
        Ok(file(name, patched(&aac, marker, at, &value.to_be_bytes())?))
    };
    Ok(vec![
        field("ticks_of_0_hz", b"mdhd", 16, 0)?,
        field("ticks_of_4_ghz", b"mdhd", 16, 4_000_000_000)?,
        field("length_of_4294967295", b"mdhd", 20, u32::MAX)?,
        field("4294967295_durations", b"stts", 8, u32::MAX)?,
        field("first_duration_for_4294967295", b"stts", 12, u32::MAX)?,
        field("durations_of_4294967295", b"stts", 16, u32::MAX)?,
        field("4294967295_packets", b"stsz", 12, u32::MAX)?,
        field("packets_of_4_gb", b"stsz", 8, u32::MAX)?,
        field("4294967295_groups", b"stsc", 8, u32::MAX)?,
        field("4294967295_packets_in_a_group", b"stsc", 16, u32::MAX)?,
        field("0_packets_in_a_group", b"stsc", 16, 0)?,
        field("sound_at_4_gb", b"stco", 12, u32::MAX)?,
        field("4294967295_places", b"stco", 8, u32::MAX)?,
        field("4294967295_kinds_of_sound", b"stsd", 8, u32::MAX)?,
        field("rate_of_65535_hz_in_the_description", b"mp4a", 28, 0xffff_0000)?,
        field("65535_channels_in_the_description", b"mp4a", 20, 0xffff_0010)?,
        file("unknown_codec", patched(&aac, b"mp4a", 0, b"odd!")?),
        // Apple's description of its lossless sound: samples a frame, version, bits, three numbers, channels.
        file("alac_frames_of_4294967295", patched(&alac, APPLE, 12, &u32::MAX.to_be_bytes())?),
        file("alac_of_0_bits", patched(&alac, APPLE, 17, &[0])?),
        file("alac_of_255_channels", patched(&alac, APPLE, 21, &[255])?),
        file("alac_of_4_ghz", patched(&alac, APPLE, 32, &4_000_000_000u32.to_be_bytes())?),
    ])
}

fn sizes() -> Outcome<Vec<Odd>> {
    let aac = fixture("tone.m4a")?;
    let file = |name: &str, bytes| Odd::new(format!("mp4/{name}.m4a"), bytes);
    let size = |name: &str, marker: &[u8; 4], size: u32| -> Outcome<Odd> {
        let at = find(&aac, marker)? - 4;
        let mut bytes = aac.clone();
        bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
        Ok(file(name, bytes))
    };
    let start = &aac[..find(&aac, b"mdat")? - 4];
    let long = [&1u32.to_be_bytes()[..], b"free", &(1u64 << 63).to_be_bytes()].concat();
    let data = [&13u32.to_be_bytes()[..], &[0; 4], &jpeg(20 << 20)].concat();
    let list = boxed(b"ilst", &boxed(b"covr", &boxed(b"data", &data)));
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"mdirappl", &[0; 9]].concat());
    let cover = boxed(b"udta", &boxed(b"meta", &[&[0; 4][..], &handler, &list].concat()));
    Ok(vec![
        size("description_of_0_bytes", b"moov", 0)?,
        size("description_of_4_gb", b"moov", u32::MAX)?,
        size("description_of_7_bytes", b"moov", 7)?,
        size("sound_of_4_gb", b"mdat", u32::MAX)?,
        size("track_of_4_gb", b"trak", u32::MAX)?,
        file("box_of_2_to_the_63_bytes", [start, &long, &aac[start.len()..]].concat()),
        file("nothing_but_sound", aac[..find(&aac, b"moov")? - 4].to_vec()),
        file("100000_boxes_in_each_other", [start, &matryoshka(b"moov", 100_000)].concat()),
        file("100000_lists_in_each_other", described(&aac, &matryoshka(b"meta", 100_000))?),
        file(
            "100000_empty_boxes",
            [start, &boxed(b"free", &[]).repeat(100_000), &aac[start.len()..]].concat(),
        ),
        file("cover_of_20_mb", described(&aac, &cover)?),
    ])
}
