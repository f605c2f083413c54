//! WAV: odd sounds, lengths and encodings that are as their headers say.

use super::Odd;
use super::bytes::noise;
use super::sound::{RATE, constant, little, music, music_at, packed, spread, whole};
use super::wav::{A_LAW, EXTENSIBLE, FLOAT, MU_LAW, Wav};

fn wav(name: &str, wav: &Wav) -> Odd {
    Odd::new(format!("wav/{name}.wav"), wav.bytes())
}

fn int16(name: &str, samples: &[f32]) -> Odd {
    wav(name, &Wav { data: little(samples), ..Wav::default() })
}

fn float32(name: &str, samples: &[f32]) -> Odd {
    let data = packed(samples, f32::to_le_bytes);
    wav(name, &Wav { codec: FLOAT, bits: 32, data, ..Wav::default() })
}

fn float64(name: &str, samples: impl Iterator<Item = f64>) -> Odd {
    let data = samples.flat_map(f64::to_le_bytes).collect();
    wav(name, &Wav { codec: FLOAT, bits: 64, data, ..Wav::default() })
}

/// All of them.
pub fn all() -> Vec<Odd> {
    [lengths(), loudnesses(), no_numbers(), encodings(), rates_and_channels()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Odd> {
    let music = music();
    let first = |seconds: f64| &music[..(seconds * f64::from(RATE)) as usize];
    let mut rest_of_a_frame = little(&music);
    rest_of_a_frame.push(77);
    vec![
        int16("one_sample", &music[5_000..5_001]),
        int16("tenth_of_a_second", first(0.1)),
        int16("just_too_short", &first(0.5)[1..]),
        int16("just_long_enough", first(0.5)),
        wav("odd_byte_at_the_end", &Wav { data: rest_of_a_frame, ..Wav::default() }),
    ]
}

fn loudnesses() -> Vec<Odd> {
    let music = music();
    let each = |change: fn((usize, &f32)) -> f32| music.iter().enumerate().map(change).collect::<Vec<f32>>();
    vec![
        int16("silence", &constant(0.0)),
        int16("dither", &each(|(at, _)| if at.is_multiple_of(2) { 3e-5 } else { -3e-5 })),
        int16("direct_current", &constant(0.5)),
        int16("click", &each(|(at, _)| f32::from(at == 9_000))),
        int16("clipping", &each(|(_, sample)| sample * 1_000.0)),
        int16("full_scale_square", &each(|(at, _)| if at % 100 < 50 { 1.0 } else { -1.0 })),
        float32("above_full_scale", &each(|(_, sample)| sample * 1_000.0)),
        float32("denormal", &each(|(_, sample)| sample * 1e-40)),
    ]
}

fn no_numbers() -> Vec<Odd> {
    let music = music();
    let some = |odd: f32| {
        music.iter().enumerate().map(|(at, s)| if at % 999 == 0 { odd } else { *s }).collect::<Vec<_>>()
    };
    vec![
        float32("nan", &constant(f32::NAN)),
        float32("infinity", &constant(f32::INFINITY)),
        float32("huge", &constant(1e30)),
        float32("some_nan", &some(f32::NAN)),
        float32("some_infinity", &some(f32::NEG_INFINITY)),
        float32("some_huge", &some(1e30)),
        float64("float64_beyond_float32", music.iter().map(|sample| f64::from(*sample) * 1e300)),
        float64("float64_nan", music.iter().map(|_| f64::NAN)),
    ]
}

fn encodings() -> Vec<Odd> {
    let music = music();
    let bits32 = |sample: f32| (i32::from(whole(sample)) << 16).to_le_bytes();
    let bits24 = |sample: f32| bits32(sample).last_chunk::<3>().copied().unwrap_or_default();
    let of = |name: &str, bits: u16, data: Vec<u8>| wav(name, &Wav { bits, data, ..Wav::default() });
    // 22 bytes more: bits that count, where the speakers stand, and the true code as the start of a GUID.
    let guid = b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
    let extension = [&22u16.to_le_bytes()[..], &16u16.to_le_bytes(), &4u32.to_le_bytes(), guid].concat();
    let companded = |name: &str, codec| {
        let (extension, data) = (vec![0; 2], noise(32_000));
        wav(name, &Wav { codec, bits: 8, extension, data, ..Wav::default() })
    };
    vec![
        of("8_bit", 8, packed(&music, |sample| [(whole(sample) >> 8) as u8 ^ 0x80])),
        of("24_bit", 24, packed(&music, bits24)),
        of("32_bit", 32, packed(&music, bits32)),
        of("12_bit_in_16", 12, packed(&music, |sample| (whole(sample) & !15).to_le_bytes())),
        float32("float32", &music),
        float64("float64", music.iter().map(|sample| f64::from(*sample))),
        wav("extensible", &Wav { codec: EXTENSIBLE, extension, ..Wav::default() }),
        companded("mu_law", MU_LAW),
        companded("a_law", A_LAW),
    ]
}

fn rates_and_channels() -> Vec<Odd> {
    let at =
        |name: &str, rate| wav(name, &Wav { rate, data: little(&music_at(rate, 1.0)), ..Wav::default() });
    let on = |name: &str, channels: u16| {
        let data = little(&spread(&music(), usize::from(channels)));
        wav(name, &Wav { channels, data, ..Wav::default() })
    };
    vec![
        at("1_khz", 1_000),
        at("44101_hz", 44_101),
        at("192_khz", 192_000),
        at("384_khz", 384_000),
        on("8_channels", 8),
        on("64_channels", 64),
    ]
}
