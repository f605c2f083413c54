//! FLAC.

use super::Odd;
use super::flac::{Bits, Info, LARGEST_BLOCK, Rate, constant, frame, frames, metadata, sound, verbatim};
use super::names::jpeg;
use super::sound::{RATE, big, constant as level, music, packed, spread, whole};

/// Kinds of metadata.
const PADDING: u8 = 1;
const SEEK_TABLE: u8 = 3;
const COMMENTS: u8 = 4;
const PICTURE: u8 = 6;
/// The most bytes that a block of metadata holds.
const LARGEST: usize = (1 << 24) - 1;

fn file(name: &str, bytes: Vec<u8>) -> Odd {
    Odd::new(format!("flac/{name}.flac"), bytes)
}

/// All of them.
pub fn all() -> Vec<Odd> {
    [sounds(), headers(), about()].into_iter().flatten().collect()
}

fn sounds() -> Vec<Odd> {
    let music = music();
    let bits24 = packed(&music[..16_000], |sample| {
        (i32::from(whole(sample)) << 8).to_be_bytes().last_chunk::<3>().copied().unwrap_or_default()
    });
    let deep = frame(0, 16_000, Rate::OfFile, Bits::B24, &[verbatim(&bits24)]);
    let wide = frame(0, 16_000, Rate::OfFile, Bits::B16, &vec![verbatim(&big(&music[..16_000])); 8]);
    let changing = [frames(&music, Rate::OfFile), frames(&music, Rate::Hz44100)].concat();
    let fast = frames(&spread(&music, 12), Rate::OfFile);
    vec![
        file("24_bit", [Info { bits: 24, blocks: [16_000; 2], ..Info::default() }.head(true), deep].concat()),
        file(
            "8_channels",
            [Info { channels: 8, blocks: [16_000; 2], ..Info::default() }.head(true), wide].concat(),
        ),
        file("192_khz", [Info { rate: 192_000, ..Info::default() }.head(true), fast].concat()),
        file("silence", [Info::default().head(true), frames(&level(0.0), Rate::OfFile)].concat()),
        file("hour_of_silence", silence(3_600)),
        file("rate_that_changes", [Info::default().head(true), changing].concat()),
        file(
            "fewer_channels_than_said",
            [Info { channels: 8, ..Info::default() }.head(true), frames(&music, Rate::OfFile)].concat(),
        ),
    ]
}

/// So many seconds of silence at 8 kHz: fourteen bytes for eight seconds.
fn silence(seconds: usize) -> Vec<u8> {
    let count = seconds * 8_000 / LARGEST_BLOCK + 1;
    let all = (0..count as u32)
        .flat_map(|number| frame(number, LARGEST_BLOCK, Rate::Hz8000, Bits::B16, &[constant(&[0, 0])]));
    [Info { rate: 8_000, blocks: [LARGEST_BLOCK as u16; 2], ..Info::default() }.head(true), all.collect()]
        .concat()
}

fn headers() -> Vec<Odd> {
    let music = frames(&music(), Rate::OfFile);
    let with = |name: &str, info: Info| file(name, [&info.head(true)[..], &music].concat());
    let mut broken = sound();
    let length = broken.len();
    broken.iter_mut().skip(200).step_by(4_096).for_each(|byte| *byte ^= 1);
    vec![
        with("0_hz", Info { rate: 0, ..Info::default() }),
        with("1048575_hz", Info { rate: (1 << 20) - 1, ..Info::default() }),
        with("4_bits", Info { bits: 4, ..Info::default() }),
        with("2_to_the_36_samples", Info { samples: (1 << 36) - 1, ..Info::default() }),
        with("1_sample_said", Info { samples: 1, ..Info::default() }),
        with("blocks_that_are_said_to_vary", Info { blocks: [16, u16::MAX], ..Info::default() }),
        with("blocks_of_0_samples", Info { blocks: [0; 2], ..Info::default() }),
        with("blocks_of_1_sample", Info { blocks: [1; 2], ..Info::default() }),
        file("every_frame_with_a_wrong_checksum", broken),
        file(
            "nothing_but_metadata",
            [&Info::default().head(false)[..], &metadata(PADDING, true, &vec![0; length])].concat(),
        ),
        file(
            "metadata_without_an_end",
            [&Info::default().head(false)[..], &metadata(PADDING, false, &[0; 16]).repeat(5_000)].concat(),
        ),
    ]
}

fn about() -> Vec<Odd> {
    let music = frames(&music(), Rate::OfFile);
    let with = |name: &str, kind: u8, blocks: &[Vec<u8>]| {
        let blocks: Vec<u8> = blocks.iter().flat_map(|block| metadata(kind, false, block)).collect();
        file(
            name,
            [Info::default().head(false), blocks, metadata(PADDING, true, &[]), music.clone()].concat(),
        )
    };
    let picture = |claimed: u32, data: &[u8]| {
        let fields =
            [&3u32.to_be_bytes()[..], &10u32.to_be_bytes(), b"image/jpeg", &[0; 20], &claimed.to_be_bytes()];
        [&fields.concat()[..], data].concat()
    };
    let cover = |bytes: usize| picture(bytes as u32, &jpeg(bytes));
    let comment =
        |length: u32, count: u32| [&length.to_le_bytes()[..], &count.to_le_bytes(), b"odd"].concat();
    vec![
        with("two_covers_of_10_mb", PICTURE, &[cover(10 << 20), cover(10 << 20)]),
        with("cover_that_claims_4_gb", PICTURE, &[picture(u32::MAX, b"\xff\xd8\xff")]),
        with("4294967295_comments", COMMENTS, &[comment(0, u32::MAX)]),
        with("comment_of_4_gb", COMMENTS, &[comment(u32::MAX, 1)]),
        with("seek_table_of_16_mb", SEEK_TABLE, &[vec![0; LARGEST / 18 * 18]]),
        with("unknown_metadata", 100, &[vec![7; RATE as usize]]),
    ]
}
