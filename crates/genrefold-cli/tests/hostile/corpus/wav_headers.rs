//! WAV: headers that lie or make no sense.

use super::Odd;
use super::bytes::noise;
use super::sound::{RATE, little, music_at};
use super::wav::{ADPCM, EXTENSIBLE, FLOAT, IMA_ADPCM, Wav, chunk, chunk_head, riff};

/// A file of more than the 4 GiB that are read at most.
const TOO_LARGE: u64 = 5 << 30;

fn file(name: &str, bytes: Vec<u8>) -> Odd {
    Odd::new(format!("wav/{name}.wav"), bytes)
}

fn wav(name: &str, wav: Wav) -> Odd {
    file(name, wav.bytes())
}

/// All of them.
pub fn all() -> Vec<Odd> {
    [absurd_numbers(), absurd_codecs(), absurd_sizes(), absurd_order()].into_iter().flatten().collect()
}

fn absurd_numbers() -> Vec<Odd> {
    let rate = |name: &str, rate| wav(name, Wav { rate, ..Wav::default() });
    let channels = |name: &str, channels| wav(name, Wav { channels, ..Wav::default() });
    let bits = |name: &str, bits| wav(name, Wav { bits, ..Wav::default() });
    vec![
        rate("0_hz", 0),
        rate("1_hz", 1),
        rate("999_hz", 999),
        rate("384001_hz", 384_001),
        rate("4_ghz", 4_000_000_000),
        channels("0_channels", 0),
        channels("65_channels", 65),
        channels("65535_channels", u16::MAX),
        bits("0_bits", 0),
        bits("1_bit", 1),
        bits("64_bits", 64),
        bits("65535_bits", u16::MAX),
        wav("frames_of_0_bytes", Wav { align: Some(0), ..Wav::default() }),
        wav("frames_of_65535_bytes", Wav { align: Some(u16::MAX), ..Wav::default() }),
        wav("float_of_16_bits", Wav { codec: FLOAT, ..Wav::default() }),
    ]
}

fn absurd_codecs() -> Vec<Odd> {
    let adpcm = |name: &str, codec, align, samples: u16| {
        let extension = [2u16.to_le_bytes(), samples.to_le_bytes()].concat();
        wav(
            name,
            Wav { codec, bits: 4, align: Some(align), extension, data: noise(16_384), ..Wav::default() },
        )
    };
    vec![
        wav("unknown_codec", Wav { codec: 0x7777, ..Wav::default() }),
        wav("extensible_without_extension", Wav { codec: EXTENSIBLE, ..Wav::default() }),
        adpcm("ima_adpcm_of_noise", IMA_ADPCM, 256, 505),
        adpcm("ima_adpcm_in_blocks_of_0", IMA_ADPCM, 0, 0),
        adpcm("ima_adpcm_in_blocks_of_1", IMA_ADPCM, 1, 65_535),
        adpcm("adpcm_in_blocks_of_0", ADPCM, 0, 0),
        adpcm("adpcm_in_blocks_of_1", ADPCM, 1, 65_535),
    ]
}

fn absurd_sizes() -> Vec<Odd> {
    let Wav { data, .. } = Wav::default();
    let format = Wav::default().format();
    let data_of = |size: u32| riff(&[&format[..], &chunk_head(b"data", size), &data].concat());
    let sized = |size: u32| {
        let mut bytes = Wav::default().bytes();
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        bytes
    };
    // RF64 (EBU Tech 3306): the true sizes stand in a chunk of their own, as numbers of 64 bits.
    let sizes = [1u64 << 41, 1 << 41, 1 << 40].map(u64::to_le_bytes).concat();
    let chunks = [chunk(b"ds64", &[&sizes[..], &[0; 4]].concat()), format.clone()].concat();
    let rf64 = [&chunk_head(b"RF64", u32::MAX)[..], b"WAVE", &chunks, &chunk_head(b"data", u32::MAX), &data]
        .concat();
    let mut piped = data_of(u32::MAX);
    piped[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let fact = chunk(b"fact", &u32::MAX.to_le_bytes());
    vec![
        file("data_of_0_bytes", data_of(0)),
        file("data_of_4_gb", data_of(u32::MAX)),
        file("riff_of_0_bytes", sized(0)),
        file("riff_of_4_gb", sized(u32::MAX)),
        file("sizes_of_a_pipe", piped),
        file("2_to_the_40_samples", rf64),
        file("4294967295_samples", riff(&[&format[..], &fact, &chunk(b"data", &data)].concat())),
        file("format_of_4_gb", riff(&[&chunk_head(b"fmt ", u32::MAX)[..], &data].concat())),
        file("format_of_2_bytes", riff(&[&chunk(b"fmt ", &[1, 0])[..], &chunk(b"data", &data)].concat())),
        file(
            "chunk_of_4_gb_before_the_sound",
            riff(&[&format[..], &chunk_head(b"LIST", u32::MAX), &data].concat()),
        ),
        Odd { length: Some(TOO_LARGE), ..file("5_gb", data_of(u32::MAX)) },
    ]
}

fn absurd_order() -> Vec<Odd> {
    let Wav { data, .. } = Wav::default();
    let (format, sound) = (Wav::default().format(), chunk(b"data", &data));
    let faster = Wav { rate: 44_100, data: little(&music_at(44_100, 2.0)), ..Wav::default() };
    let twice = [&format[..], &sound, &faster.format(), &chunk(b"data", &faster.data)].concat();
    let half = &data[..RATE as usize];
    let in_parts = [&format[..], &chunk(b"data", half), &chunk(b"data", half)].concat();
    vec![
        file("no_format", riff(&sound)),
        file("sound_before_format", riff(&[sound.clone(), format.clone()].concat())),
        file("two_formats", riff(&[format.clone(), faster.format(), sound.clone()].concat())),
        file("another_rate_behind_the_sound", riff(&twice)),
        file("sound_in_two_chunks", riff(&in_parts)),
        file("100000_empty_chunks", riff(&[format, chunk(b"JUNK", &[]).repeat(100_000), sound].concat())),
    ]
}
