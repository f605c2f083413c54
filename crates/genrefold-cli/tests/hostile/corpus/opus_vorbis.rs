//! Ogg with Vorbis and with Opus.

use super::Odd;
use super::bytes::{find, fixture, patched};
use super::ogg::{Page, chained, file, paged, pages, renumbered};
use crate::common::Outcome;

fn vorbis(name: &str, pages: &[Page]) -> Odd {
    Odd::new(format!("ogg/{name}.ogg"), file(pages))
}

fn opus(name: &str, pages: &[Page]) -> Odd {
    Odd::new(format!("opus/{name}.opus"), file(pages))
}

/// The pages of a fixture, with other bytes `at` bytes behind a marker on one of them, and the right checksum.
fn altered(name: &str, page: usize, marker: &[u8], at: usize, new: &[u8]) -> Outcome<Vec<Page>> {
    let mut pages = pages(&fixture(name)?)?;
    pages[page].content = patched(&pages[page].content, marker, at, new)?;
    Ok(pages)
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    Ok([vorbis_headers()?, vorbis_comments()?, opus_headers()?, chains()?].into_iter().flatten().collect())
}

fn vorbis_headers() -> Outcome<Vec<Odd>> {
    // The first packet: 1, "vorbis", version, channels, rate, three bit rates, block sizes, 1.
    let first = |name: &str, at: usize, new: &[u8]| -> Outcome<Odd> {
        Ok(vorbis(name, &altered("tone.ogg", 0, b"vorbis", at, new)?))
    };
    let positions = |name: &str, position: u64| -> Outcome<Odd> {
        let pages: Vec<Page> =
            pages(&fixture("tone.ogg")?)?.into_iter().map(|page| Page { position, ..page }).collect();
        Ok(vorbis(name, &pages))
    };
    let mut wrong_sums = fixture("tone.ogg")?;
    let last = wrong_sums.len() - 9;
    wrong_sums[last] ^= 1;
    Ok(vec![
        first("version_99", 6, &[99])?,
        first("0_channels", 10, &[0])?,
        first("255_channels", 10, &[255])?,
        first("0_hz", 11, &0u32.to_le_bytes())?,
        first("4_ghz", 11, &4_000_000_000u32.to_le_bytes())?,
        first("blocks_of_1_sample", 27, &[0])?,
        first("blocks_of_32768_samples", 27, &[0xff])?,
        positions("2_to_the_40_samples", 1 << 40)?,
        positions("negative_position", u64::MAX - 7)?,
        Odd::new("ogg/wrong_checksum.ogg", wrong_sums),
    ])
}

fn vorbis_comments() -> Outcome<Vec<Odd>> {
    // The second packet: 3, "vorbis", length of the vendor's name, the name, number of comments, comments.
    let vendor = |name: &str, length: u32| -> Outcome<Odd> {
        Ok(vorbis(name, &altered("tone.ogg", 1, b"\x03vorbis", 7, &length.to_le_bytes())?))
    };
    let mut books = altered("tone.ogg", 1, b"\x05vorbis", 7, &[0xff])?;
    let setup = find(&books[1].content, b"\x05vorbis")? + 7;
    let many = vorbis("256_code_books", &books);
    books[1].content[setup..].iter_mut().for_each(|byte| *byte = 0);
    Ok(vec![
        vendor("vendor_of_4_gb", u32::MAX)?,
        vendor("vendor_of_0_bytes", 0)?,
        many,
        vorbis("setup_of_zeros", &books),
    ])
}

fn opus_headers() -> Outcome<Vec<Odd>> {
    // "OpusHead", version, channels, samples to skip, rate of what was encoded, gain in 1/256 dB, mapping.
    let first = |name: &str, at: usize, new: &[u8]| -> Outcome<Odd> {
        Ok(opus(name, &altered("audio.opus", 0, b"OpusHead", at, new)?))
    };
    let mut cover = pages(&fixture("audio.opus")?)?;
    let mut packet = cover[1].content.clone();
    packet.extend(vec![b'A'; 20 << 20]);
    let (comments, sound) = (paged(&packet, &cover[1]), cover.split_off(2));
    let shift = comments.len() as u32 - 1;
    let sound = sound.into_iter().map(|page| Page { number: page.number + shift, ..page });
    let with_cover: Vec<Page> = cover.into_iter().take(1).chain(comments).chain(sound).collect();
    Ok(vec![
        first("version_255", 8, &[255])?,
        first("0_channels", 9, &[0])?,
        first("255_channels", 9, &[255])?,
        first("65535_samples_to_skip", 10, &[255, 255])?,
        first("4_ghz", 12, &4_000_000_000u32.to_le_bytes())?,
        first("0_hz", 12, &[0; 4])?,
        first("gain_of_128_db", 16, &i16::MAX.to_le_bytes())?,
        first("gain_of_minus_128_db", 16, &i16::MIN.to_le_bytes())?,
        first("unknown_mapping", 18, &[77])?,
        opus("comments_of_20_mb", &with_cover),
    ])
}

fn chains() -> Outcome<Vec<Odd>> {
    let (tone, voice) = (fixture("tone.ogg")?, fixture("audio.opus")?);
    let changing = [tone.clone(), renumbered(&voice, 99)?].concat();
    let same = [&tone[..], &tone].concat();
    let shuffled = {
        let mut pages = pages(&tone)?;
        pages.reverse();
        pages
    };
    let endless: Vec<Page> = {
        let pages = pages(&tone)?;
        let empty = Page { flags: 0, segments: Vec::new(), content: Vec::new(), ..pages[2].clone() };
        pages.into_iter().take(2).chain(std::iter::repeat_n(empty, 200_000)).collect()
    };
    Ok(vec![
        Odd::new("ogg/four_streams.ogg", chained(&tone, 4)?),
        Odd::new("ogg/two_streams_of_one_number.ogg", same),
        Odd::new("ogg/rate_that_changes.ogg", changing),
        Odd::new("opus/four_streams.opus", chained(&voice, 4)?),
        vorbis("pages_backwards", &shuffled),
        vorbis("200000_empty_pages", &endless),
    ])
}
