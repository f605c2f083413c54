//! Files in files.

use super::Odd;
use super::aac_mp3::{aac, id3, mp3};
use super::bytes::fixture;
use super::flac::{self, metadata};
use super::ogg::{Page, file, paged, pages};
use super::sound::music;
use super::wav::{MP3, Wav, chunk, riff};
use crate::common::Outcome;

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    let named = |name: &str, bytes| Odd::new(format!("nested/{name}"), bytes);
    let (inner, mp3, tone) = (Wav::default().bytes(), mp3()?, fixture("tone.ogg")?);
    let holding = |data: &[u8]| Wav { data: data.to_vec(), ..Wav::default() }.bytes();
    let twice = chunk(b"LIST", &[b"WAVE", &inner[12..]].concat());
    let tagged = [id3(mp3.len() as u32, &mp3), mp3.clone()].concat();
    let picture =
        [&flac::Info::default().head(false)[..], &metadata(6, false, &inner), &flac::sound()].concat();
    let flac_tagged = [id3(100, &[0; 100]), flac::sound()].concat();
    Ok(vec![
        named(
            "mp3_in_wav.wav",
            Wav { codec: MP3, rate: 44_100, channels: 2, bits: 0, data: mp3.clone(), ..Wav::default() }
                .bytes(),
        ),
        named("mp3_in_wav_that_says_plain_samples.wav", holding(&mp3)),
        named("wav_in_wav.wav", holding(&inner)),
        named("wav_in_wav_a_hundred_times.wav", (0..100).fold(inner.clone(), |inner, _| holding(&inner))),
        named("wav_in_a_list_in_wav.wav", riff(&twice)),
        named("ogg_in_ogg.ogg", ogg_in(&tone, &tone)?),
        named("mp3_in_ogg.ogg", ogg_in(&mp3, &tone)?),
        named("mp3_in_the_tag_of_mp3.mp3", tagged),
        named("tag_before_flac.flac", flac_tagged),
        named("tag_before_wav.mp3", [id3(100, &[0; 100]), inner.clone()].concat()),
        named("tag_before_m4a.mp3", [id3(100, &[0; 100]), fixture("tone.m4a")?].concat()),
        named("flac_in_the_metadata_of_flac.flac", picture),
        named("wav_behind_mp3.mp3", [mp3.clone(), inner.clone()].concat()),
        named("mp3_behind_wav.wav", [inner.clone(), mp3.clone()].concat()),
        named("aac_behind_mp3.mp3", [mp3.clone(), aac()?].concat()),
        named("two_flacs.flac", [flac::sound(), flac::sound()].concat()),
        named("two_m4as.m4a", [fixture("tone.m4a")?, fixture("tone.m4a")?].concat()),
        named("two_mkas.mka", [fixture("tone.mka")?, fixture("tone.mka")?].concat()),
        named("flac_in_ogg.ogg", flac_in_ogg()),
        named("wav_in_zip.zip", zipped(&inner)),
        named("wav_in_tar.tar", tarred(&inner)),
    ])
}

/// The packets of one file as a stream of Ogg, beside the stream of another.
fn ogg_in(inner: &[u8], outer: &[u8]) -> Outcome<Vec<u8>> {
    let outer = pages(outer)?;
    let begin = Page { flags: 2, stream: 7, number: 0, ..outer[0].clone() };
    let inner = paged(inner, &begin);
    Ok([&inner[..1], &outer[..1], &inner[1..], &outer[1..]].map(file).concat())
}

/// FLAC as Ogg has it: a head of thirteen bytes, then packets of metadata and of frames.
fn flac_in_ogg() -> Vec<u8> {
    let info = flac::Info::default().head(false);
    let head = [b"\x7fFLAC\x01\0\0\x01", &info[..]].concat();
    let begin =
        Page { flags: 2, position: 0, stream: 3, number: 0, segments: Vec::new(), content: Vec::new() };
    let page = |number, flags, position, packet: &[u8]| {
        paged(packet, &Page { number, flags, position, ..begin.clone() })
    };
    let comments = metadata(4, true, &[0; 8]);
    let mut pages = [page(0, 2, 0, &head), page(1, 0, 0, &comments)].concat();
    let music = music();
    for (number, block) in music.chunks(4_096).enumerate() {
        let subframes = [flac::verbatim(&super::sound::big(block))];
        let frame = flac::frame(number as u32, block.len(), flac::Rate::OfFile, flac::Bits::B16, &subframes);
        let position = (number * 4_096 + block.len()) as u64;
        pages.extend(page(pages.len() as u32, 0, position, &frame));
    }
    file(&pages)
}

/// As a ZIP would hold it, uncompressed; without a directory, which nobody reads.
fn zipped(inner: &[u8]) -> Vec<u8> {
    let size = (inner.len() as u32).to_le_bytes();
    [b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0", &size[..], &size, b"\x05\0\0\0a.wav", inner].concat()
}

/// As a tar would hold it.
fn tarred(inner: &[u8]) -> Vec<u8> {
    let mut head = b"a.wav".to_vec();
    head.resize(100, 0);
    head.extend(b"0000644\x000000000\x000000000\0");
    head.extend(format!("{:011o}\0", inner.len()).bytes());
    head.resize(512, 0);
    [&head[..], inner].concat()
}
