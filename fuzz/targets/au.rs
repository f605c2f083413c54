//! The reader of Sun `.au`: any bytes behind its magic number.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [b".snd", bytes].concat();
    genrefold_fuzz::decode(file);
});
