//! Files that one program at a time may write.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::failure::Usage;
use crate::words::name;

/// Locks an open file, until it is closed, for what is written to `path`.
///
/// # Errors
/// [`Usage`] if another program has it.
pub fn alone(file: &File, path: &Path) -> Result<(), Usage> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Usage(format!(
            "another genrefold is writing to {}; wait for it, or choose another file",
            name(path)
        ))),
        // Some network file systems have no locks; two writers are then up to the caller.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}
