//! Work on threads of its own while Python waits: without the interpreter's lock, and with an ear for Ctrl-C.
//!
//! Every call starts its threads anew. That costs less than a thousandth of a song, and a process that was forked, which
//! has none of its parent's threads, works like any other.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// How often Python is asked whether Ctrl-C was pressed.
const GLANCE: Duration = Duration::from_millis(50);
/// As the command line's threads have it: decoders may be deeply nested.
const STACK_BYTES: usize = 8 << 20;

/// What becomes of many items, as it becomes known. No further item is begun once this is dropped.
pub struct Answers<Answer> {
    receiver: Receiver<(usize, Answer)>,
    stopped: Arc<AtomicBool>,
}

/// Does `work` on every item: many items get a thread each, a single one gets all of them.
///
/// # Errors
/// The system gives no more threads.
pub fn each<Item, Answer>(
    threads: usize,
    items: Vec<Item>,
    work: impl Fn(Item) -> Answer + Send + Sync + 'static,
) -> io::Result<Answers<Answer>>
where
    Item: Send + 'static,
    Answer: Send + 'static,
{
    let workers = threads.min(items.len()).max(1);
    let stopped = Arc::new(AtomicBool::new(false));
    let queue = Arc::new(Mutex::new(items.into_iter().enumerate()));
    let (sender, receiver) = mpsc::channel();
    // Made first, so that a system without threads stops the work: dropping it does.
    let answers = Answers { receiver, stopped: Arc::clone(&stopped) };
    let work = Arc::new(work);
    for _ in 0..workers {
        let pool = ThreadPoolBuilder::new().num_threads(threads / workers).stack_size(STACK_BYTES);
        let pool = pool.build().map_err(io::Error::other)?;
        let (queue, stopped, sender) = (Arc::clone(&queue), Arc::clone(&stopped), sender.clone());
        let work = Arc::clone(&work);
        thread::Builder::new().spawn(move || serve(&pool, &queue, &stopped, &sender, &*work))?;
    }
    Ok(answers)
}

fn serve<Item: Send, Answer: Send>(
    pool: &ThreadPool,
    queue: &Mutex<impl Iterator<Item = (usize, Item)>>,
    stopped: &AtomicBool,
    sender: &Sender<(usize, Answer)>,
    work: &(impl Fn(Item) -> Answer + Sync),
) {
    while !stopped.load(Ordering::Relaxed) {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((place, item)) = next else { return };
        // Nobody waits any more after Ctrl-C.
        let _ = sender.send((place, pool.install(|| work(item))));
    }
}

/// Does one piece of work with all cores.
///
/// # Errors
/// `KeyboardInterrupt` and whatever else a signal raises: then the work ends by itself, and unheard.
pub fn one<Answer: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Answer + Send + 'static,
) -> PyResult<Answer> {
    let (_, answer) = each(cores(), vec![work], |work| work())?.next(py)?;
    Ok(answer)
}

/// How many threads the machine runs side by side.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl<Answer: Send> Answers<Answer> {
    /// An item's place and what became of it, in the order in which they are done. To be asked once for each item.
    ///
    /// # Errors
    /// `KeyboardInterrupt` and whatever else a signal raises.
    pub fn next(&mut self, py: Python<'_>) -> PyResult<(usize, Answer)> {
        loop {
            // Every time, not only after a vain wait: answers may come faster than that, for hours.
            py.check_signals()?;
            match py.detach(|| self.wait()) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(PyRuntimeError::new_err(
                        "a thread ended without an answer: a fault in genrefold",
                    ));
                }
            }
        }
    }

    fn wait(&mut self) -> Result<(usize, Answer), RecvTimeoutError> {
        self.receiver.recv_timeout(GLANCE)
    }
}

impl<Answer> Drop for Answers<Answer> {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
