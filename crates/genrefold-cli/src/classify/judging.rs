//! One input and its answer, whatever happens.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;

use crate::failure::Failure;
use crate::inputs::Input;
use crate::parallel::WORKER;

/// One answered input: a prediction, or whatever else was asked of the song.
pub struct Answer<T> {
    pub path: PathBuf,
    pub verdict: Result<T, Failure>,
}

/// Asks something of one input; whatever happens in it stays with it.
pub fn answer<T>(
    Input { path, refused }: Input,
    ask: impl FnOnce(&Path) -> genrefold::Result<T>,
) -> Answer<T> {
    let asked = || ask(&path).map_err(|error| Failure::from(&error));
    let verdict = match refused {
        Some(failure) => Err(failure),
        None => panic::catch_unwind(AssertUnwindSafe(asked)).unwrap_or_else(|cause| Err(accident(&*cause))),
    };
    Answer { path, verdict }
}

fn accident(cause: &(dyn Any + Send)) -> Failure {
    let words = cause.downcast_ref::<&str>().copied().or(cause.downcast_ref::<String>().map(String::as_str));
    let found = words.unwrap_or("no message");
    Failure::new("internal", format!("a fault of this program, not of the file ({found}); please report it"))
}

/// Panics of the workers become answers; the hook's own message about them would only confuse.
pub fn hush_workers() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |about| {
        if thread::current().name() != Some(WORKER) {
            usual(about);
        }
    }));
}
