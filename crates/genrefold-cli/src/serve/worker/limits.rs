//! The limits that a worker puts on itself before it sees a song.

/// Bounds the address space in MiB, forbids writing files and core dumps, and steps back behind other processes, so that
/// the service itself answers at once.
///
/// # Errors
/// The system does not allow it.
#[cfg(unix)]
pub fn apply(memory: u32) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};

    /// Below everything that has no priority of its own, above what is idle.
    const NICENESS: i32 = 10;
    let bound = |resource, most: u64| {
        // The lower of both bounds: whoever started the service may have set a tighter one.
        let most = rustix::process::getrlimit(resource).maximum.map_or(most, |set| set.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
    };
    bound(Resource::Core, 0)?;
    bound(Resource::Fsize, 0)?;
    // Elsewhere the address space says little about memory, or has no bound.
    #[cfg(target_os = "linux")]
    bound(Resource::As, u64::from(memory) << 20)?;
    nice(NICENESS)?;
    Ok(())
}

/// Nothing: other systems have no such limits.
#[cfg(not(unix))]
pub fn apply(_memory: u32) -> std::io::Result<()> {
    Ok(())
}
