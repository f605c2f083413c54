//! Every decoder behind the budget of bytes and calls that each file has: any file.
//!
//! Panics inside decoders are caught by the library, as in use: what is looked for is one that is not caught, a loop
//! without an end, memory without a bound, and an answer that breaks the promises of `MonoStream`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: genrefold_fuzz::leave_panics_to_the_library(),
    |bytes: &[u8]| {
        // A checksum that does not fit lets most decoders pass over what the fuzzer has changed.
        let mut file = bytes.to_vec();
        genrefold_fuzz::sign_ogg_pages(&mut file);
        genrefold_fuzz::decode(file);
    }
);
