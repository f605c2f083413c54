//! The service, from the first byte of a connection: whatever comes, every answer is one of HTTP's, and no song keeps
//! its place in the queue.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| genrefold_cli::fuzzing::connection(bytes));
