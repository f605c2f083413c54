//! Sun AU.

use super::Odd;
use super::bytes::noise;
use super::sound::{RATE, big, music};

const INT16: u32 = 3;
const MU_LAW: u32 = 1;
/// Bytes of the fields.
const HEADER: u32 = 24;

/// The six fields behind each other, and the sound.
pub fn au(offset: u32, size: u32, encoding: u32, rate: u32, channels: u32, data: &[u8]) -> Vec<u8> {
    let fields = [offset, size, encoding, rate, channels].map(u32::to_be_bytes).concat();
    [b".snd", &fields[..], data].concat()
}

/// Two seconds of music.
pub fn sound() -> Vec<u8> {
    au(HEADER, u32::MAX, INT16, RATE, 1, &big(&music()))
}

/// All of them.
pub fn all() -> Vec<Odd> {
    let data = big(&music());
    let file = |name: &str, bytes| Odd::new(format!("au/{name}.au"), bytes);
    let with = |name: &str, encoding, rate, channels| {
        file(name, au(HEADER, u32::MAX, encoding, rate, channels, &data))
    };
    vec![
        file("mu_law", au(HEADER, u32::MAX, MU_LAW, RATE, 1, &noise(32_000))),
        with("0_hz", INT16, 0, 1),
        with("4_ghz", INT16, 4_000_000_000, 1),
        with("0_channels", INT16, RATE, 0),
        with("65535_channels", INT16, RATE, 65_535),
        with("4294967295_channels", INT16, RATE, u32::MAX),
        with("unknown_encoding", 99, RATE, 1),
        file("sound_in_the_header", au(8, u32::MAX, INT16, RATE, 1, &data)),
        file("sound_at_4_gb", au(u32::MAX, u32::MAX, INT16, RATE, 1, &data)),
        file("0_bytes", au(HEADER, 0, INT16, RATE, 1, &data)),
        file("4_gb", au(HEADER, u32::MAX - 1, INT16, RATE, 1, &data)),
    ]
}
