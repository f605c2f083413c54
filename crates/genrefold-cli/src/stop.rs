//! Ctrl-C: the first asks a training to stop after its last whole epoch, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::failure::INTERRUPTED;

/// Set by the first Ctrl-C.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
///
/// # Errors
/// When the system does not let it.
pub fn on_interrupt() -> Result<()> {
    let on_interrupt = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\nStopping; press Ctrl-C again to end at once.");
    };
    ctrlc::set_handler(on_interrupt).context("cannot listen for Ctrl-C")
}
