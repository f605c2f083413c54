//! Many hands, one order: songs are worked on side by side and answered in the order they were given.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What the threads that judge songs are called; `classify` keeps their panics off the screen.
pub const WORKER: &str = "song";
/// Answers that may wait for their turn, for each worker: bounds the memory.
const AHEAD: usize = 2;
/// Decoders may be deeply nested; the usual 2 MiB would be enough for all known ones.
const STACK_BYTES: usize = 8 << 20;

/// How many threads to use: as many as were asked for, or as there are cores.
pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Workers for `songs` songs on `threads` threads, one pool each: many songs get a thread each, a single one gets
/// all of them.
///
/// # Errors
/// The system gives no more threads.
pub fn crew(threads: usize, songs: usize) -> Result<Vec<ThreadPool>> {
    let workers = threads.min(songs).max(1);
    let pool = || {
        let builder = ThreadPoolBuilder::new().num_threads(threads / workers);
        builder.thread_name(|_| WORKER.into()).stack_size(STACK_BYTES).build()
    };
    (0..workers).map(|_| pool().context("cannot start threads")).collect()
}

/// Does `work` on every item with all of the crew, and hands the answers to `take` in the items' order.
///
/// At most two items a worker are under way or waiting for their turn. `work` must not panic.
///
/// # Errors
/// The first of `take`'s; the remaining items are then left.
pub fn in_order<Item: Send, Answer: Send>(
    crew: &[ThreadPool],
    items: impl IntoIterator<Item = Item>,
    work: impl Fn(Item) -> Answer + Sync,
    mut take: impl FnMut(Answer) -> Result<()>,
) -> Result<()> {
    let (orders, queue) = mpsc::channel::<Order<Item, Answer>>();
    let (queue, work) = (&Mutex::new(queue), &work);
    thread::scope(|scope| {
        // Moved in, so that the workers see the end of the queue when this closure ends, however it does.
        let orders = orders;
        crew.iter().for_each(|pool| drop(scope.spawn(move || serve(pool, queue, work))));
        let (mut items, mut waiting) = (items.into_iter(), VecDeque::new());
        loop {
            while waiting.len() < AHEAD * crew.len() {
                let Some(item) = items.next() else { break };
                let (answer, answered) = mpsc::channel();
                orders.send(Order { item, answer }).ok().context("all workers are gone")?;
                waiting.push_back(answered);
            }
            match waiting.pop_front() {
                Some(answered) => take(answered.recv().context("a worker is gone")?)?,
                None => return Ok(()),
            }
        }
    })
}

struct Order<Item, Answer> {
    item: Item,
    answer: Sender<Answer>,
}

fn serve<Item: Send, Answer: Send>(
    pool: &ThreadPool,
    queue: &Mutex<Receiver<Order<Item, Answer>>>,
    work: &(impl Fn(Item) -> Answer + Sync),
) {
    loop {
        let order = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Order { item, answer }) = order else { return };
        // Nobody waits any more after an error of `take`.
        let _ = answer.send(pool.install(|| work(item)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn answers_come_in_order_and_never_far_ahead() -> Result<()> {
        let crew = crew(3, 100)?;
        let (begun, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |item: usize| {
            let ahead = begun.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            thread::sleep(std::time::Duration::from_micros((item as u64 * 37) % 400));
            (item, ahead)
        };
        let mut next = 0;
        in_order(&crew, 0..100, work, |(item, ahead)| {
            assert_eq!(item, next);
            assert!(ahead <= AHEAD * 3, "{ahead} items ahead");
            next += 1;
            taken.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })?;
        assert_eq!(next, 100);
        Ok(())
    }

    #[test]
    fn an_error_of_the_reader_ends_the_work() -> Result<()> {
        let crew = crew(2, 1_000)?;
        let begun = AtomicUsize::new(0);
        let work = |_| begun.fetch_add(1, Ordering::SeqCst);
        assert!(in_order(&crew, 0..1_000, work, |_| anyhow::bail!("closed")).is_err());
        assert!(begun.load(Ordering::SeqCst) <= AHEAD * 2);
        Ok(())
    }

    #[test]
    fn one_song_gets_all_threads_and_many_get_one_each() -> Result<()> {
        let sizes = |threads, songs| -> Result<Vec<usize>> {
            Ok(crew(threads, songs)?.iter().map(ThreadPool::current_num_threads).collect())
        };
        assert_eq!(
            (sizes(4, 1)?, sizes(4, 2)?, sizes(2, 9)?, sizes(1, 0)?),
            (vec![4], vec![2, 2], vec![1, 1], vec![1])
        );
        Ok(())
    }
}
