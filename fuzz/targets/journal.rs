//! The journals: that of `tag` and, for an odd first byte, the answers of `classify --out`. What is opened takes another
//! line and gives it back, and a file that is refused stays as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let path = genrefold_fuzz::folder().join("journal.jsonl");
    match kind % 2 {
        0 => genrefold_cli::fuzzing::tag_journal(&path, bytes),
        _ => genrefold_cli::fuzzing::answers(&path, bytes),
    }
});
