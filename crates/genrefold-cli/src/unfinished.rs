//! The end of a journal: a kill, a full disk or a power cut may leave a last line without its end.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::failure::Usage;
use crate::words::name;

/// What every line of genrefold's journals begins with.
const BEGINNING: &[u8] = br#"{"file"#;

/// Cuts these last bytes, a line that was never finished, off a file that is written to `path`.
///
/// # Errors
/// [`Usage`] if they are no beginning of a line of genrefold's, the file then stays as it is; it cannot be cut.
pub fn cut_off(unfinished: &[u8], file: &File, path: &Path) -> Result<()> {
    if unfinished.is_empty() {
        return Ok(());
    }
    if !unfinished.starts_with(BEGINNING) && !BEGINNING.starts_with(unfinished) {
        let path = name(path);
        bail!(Usage(format!("the end of {path} is nothing that genrefold has written; choose another file")));
    }
    let cut = || format!("cannot cut the unfinished line off {}", name(path));
    let length = file.metadata().with_context(cut)?.len();
    file.set_len(length.saturating_sub(unfinished.len() as u64)).with_context(cut)
}
