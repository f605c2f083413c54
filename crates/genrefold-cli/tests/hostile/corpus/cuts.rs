//! Every format whole, cut off in many places, and with flipped bits.

use super::Odd;
use super::aac_mp3::{aac, mp3};
use super::aiff_caf::{aiff, caf};
use super::bytes::{dice, find, fixture};
use super::ogg::chained;
use super::wav::Wav;
use super::{au, flac};
use crate::common::Outcome;

/// A format's name, a file, and as many of its first bytes as are no sound.
struct Specimen {
    format: &'static str,
    bytes: Vec<u8>,
    header: usize,
}

/// One byte in so many is changed where the name says "few", and where it says "many".
const FEW: usize = 5_000;
const MANY: usize = 100;

fn specimens() -> Outcome<Vec<Specimen>> {
    let of = |format, bytes: Vec<u8>, header| Specimen { format, bytes, header };
    let until = |format, bytes: Vec<u8>, marker: &[u8]| -> Outcome<Specimen> {
        let header = find(&bytes, marker)?;
        Ok(Specimen { format, bytes, header })
    };
    let (m4a, alac) = (fixture("tone.m4a")?, fixture("alac.m4a")?);
    let (ogg, opus) = (chained(&fixture("tone.ogg")?, 4)?, chained(&fixture("audio.opus")?, 4)?);
    let cluster = b"\x1f\x43\xb6\x75";
    Ok(vec![
        of("wav", Wav::default().bytes(), 44),
        of("au", au::sound(), 24),
        of("aiff", aiff(), 54),
        until("caf", caf(), b"data")?,
        of("flac", flac::sound(), 42),
        of("mp3", mp3()?, 4),
        of("aac", aac()?, 7),
        of("ogg", ogg, 58),
        of("opus", opus, 47),
        until("m4a", m4a, b"mdat")?,
        until("alac.m4a", alac, b"mdat")?,
        until("mka", fixture("tone.mka")?, cluster)?,
        until("webm", fixture("tone.webm")?, cluster)?,
        until("opus.webm", fixture("opus.webm")?, cluster)?,
    ])
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    Ok(specimens()?.iter().flat_map(each).collect())
}

fn each(Specimen { format, bytes, header }: &Specimen) -> Vec<Odd> {
    let first = |count: usize| bytes[..count].to_vec();
    let percent = |share: usize| first(bytes.len() * share / 100);
    [
        ("whole", bytes.clone()),
        ("empty", Vec::new()),
        ("header_only", first(*header)),
        ("1_percent", percent(1)),
        ("50_percent", percent(50)),
        ("99_percent", percent(99)),
        ("few_flips", flipped(bytes, FEW)),
        ("many_flips", flipped(bytes, MANY)),
        ("first_byte_missing", bytes[1..].to_vec()),
    ]
    .into_iter()
    .map(|(cut, bytes)| Odd::new(format!("cuts/{cut}.{format}"), bytes))
    .collect()
}

/// The bytes with one in so many changed, at least one; which and how follows from their number alone.
fn flipped(bytes: &[u8], one_in: usize) -> Vec<u8> {
    let (mut bytes, mut random) = (bytes.to_vec(), dice(bytes.len() as u32));
    for _ in 0..bytes.len().div_ceil(one_in) {
        let place = random() % bytes.len();
        bytes[place] ^= 1 << (random() % 8);
    }
    bytes
}
