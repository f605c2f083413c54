//! Where spectrograms are kept between runs.

use std::env;
use std::path::PathBuf;

use genrefold::dataset::Cache;

use crate::args::CacheArgs;

/// The cache that the arguments name, or the user's own; none if it is not wished or there is no place for it.
pub fn of(args: &CacheArgs) -> Option<Cache> {
    if args.no_cache {
        return None;
    }
    args.cache_folder.clone().or_else(users_folder).map(Cache::new)
}

/// The system's folder for what may be lost: `$XDG_CACHE_HOME`, `%LOCALAPPDATA%` or `~/.cache`.
fn users_folder() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("genrefold"))
}
