//! Where songs wait for a worker: so many, and so many bytes of them, and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::refusal::Refusal;
use super::worker::{Ask, Progress};

/// Memory is counted in these: a semaphore counts to 2^32.
const KIB: u64 = 1024;
/// Words on a song's progress that may wait for a client; those beyond are dropped, the answer never is.
const NEWS: usize = 16;
/// The longest that a client is told to wait before it tries again, seconds.
const LONGEST_WAIT_S: u64 = 60;

/// What is heard of a song.
#[derive(Debug)]
pub enum News {
    /// How far it has come.
    Progress(Progress),
    /// Its answer as JSON, or why there is none; nothing follows.
    Done(Result<Bytes, Refusal>),
}

/// A song on its way to a worker.
#[derive(Debug)]
pub struct Job {
    /// What is asked.
    pub ask: Ask,
    /// The file.
    pub song: Bytes,
    /// Where news go; closed when the client has left.
    pub news: mpsc::Sender<News>,
    _seat: Seat,
}

/// A place in the queue, and memory for the song.
#[derive(Debug)]
pub struct Seat {
    _place: OwnedSemaphorePermit,
    memory: OwnedSemaphorePermit,
}

/// Hands out places, and songs to workers.
#[derive(Debug)]
pub struct Desk {
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    size: DeskSize,
    closed: AtomicBool,
    /// How long songs take, a moving mean, milliseconds.
    song_ms: Arc<AtomicU64>,
}

/// How much fits.
#[derive(Debug, Clone, Copy)]
pub struct DeskSize {
    /// Songs judged at once.
    pub workers: usize,
    /// Songs that wait beside those.
    pub queue: usize,
    /// Memory for all of them, bytes.
    pub memory: u64,
}

impl Desk {
    /// An empty desk, and the end of the queue that workers take songs from.
    pub fn new(size: DeskSize) -> (Self, mpsc::Receiver<Job>) {
        let places = size.workers + size.queue;
        let (jobs, taken) = mpsc::channel(places);
        let memory = usize::try_from(size.memory / KIB).unwrap_or(Semaphore::MAX_PERMITS);
        let desk = Desk {
            jobs,
            places: Arc::new(Semaphore::new(places)),
            memory: Arc::new(Semaphore::new(memory.min(Semaphore::MAX_PERMITS))),
            size,
            closed: AtomicBool::new(false),
            song_ms: Arc::new(AtomicU64::new(0)),
        };
        (desk, taken)
    }

    /// A place for a song of at most so many bytes, before any of them is read.
    ///
    /// # Errors
    /// No place or no memory is free, or the service is shutting down.
    pub fn seat(&self, most_bytes: u64) -> Result<Seat, Refusal> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(
                self.busy("shutting-down", "the service is shutting down; ask another, or later".into())
            );
        }
        let full = |what: &str| {
            let text = format!("{what}; try again later, as Retry-After says");
            self.busy("queue-full", text)
        };
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place =
            place.map_err(|_| full(&format!("{} songs are being judged or wait", self.places_in_all())))?;
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(kib(most_bytes));
        let memory =
            memory.map_err(|_| full("the songs that wait fill the memory that is set apart for them"))?;
        Ok(Seat { _place: place, memory })
    }

    /// Sends a song to the workers; what is heard of it comes through the receiver.
    ///
    /// # Errors
    /// The workers are gone.
    pub fn submit(&self, ask: Ask, song: Bytes, mut seat: Seat) -> Result<mpsc::Receiver<News>, Refusal> {
        seat.keep(song.len() as u64);
        let (news, heard) = mpsc::channel(NEWS);
        // There is room for as many jobs as there are places.
        let sent = self.jobs.try_send(Job { ask, song, news, _seat: seat });
        let gone = |_| self.busy("shutting-down", "the workers have ended; ask again later".into());
        sent.map(|()| heard).map_err(gone)
    }

    /// Songs that no worker has taken yet.
    pub fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Places that are taken: songs that are read, wait or are judged.
    pub fn taken(&self) -> usize {
        self.places_in_all() - self.places.available_permits()
    }

    /// Places in all.
    pub fn places_in_all(&self) -> usize {
        self.size.workers + self.size.queue
    }

    /// Takes no more songs.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether another song would be taken.
    pub fn has_room(&self) -> bool {
        !self.closed.load(Ordering::Relaxed) && self.places.available_permits() > 0
    }

    /// Where the time that songs take is noted.
    pub fn pace(&self) -> Pace {
        Pace(Arc::clone(&self.song_ms))
    }

    fn busy(&self, kind: &str, message: String) -> Refusal {
        let ahead =
            self.taken() as u64 * self.song_ms.load(Ordering::Relaxed) / self.size.workers.max(1) as u64;
        // Half of the queue will have gone by then.
        let seconds = (ahead / 2000).clamp(1, LONGEST_WAIT_S);
        Refusal { retry_after: Some(seconds), ..Refusal::new(kind, message) }
    }
}

impl Seat {
    /// Gives back what the song does not need after all.
    fn keep(&mut self, bytes: u64) {
        let surplus = self.memory.num_permits().saturating_sub(kib(bytes) as usize);
        drop(self.memory.split(surplus));
    }
}

/// How long songs take, told by the workers.
#[derive(Debug, Clone)]
pub struct Pace(Arc<AtomicU64>);

impl Pace {
    /// Mixes another song into the mean.
    pub fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let mix = |mean: u64| Some(if mean == 0 { took } else { (7 * mean + took.min(1 << 32)) / 8 });
        // The closure always gives a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mix);
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::worker::Form;
    use super::*;

    const ASK: Ask = Ask { top: 1, form: Form::Labels };

    fn desk() -> (Desk, mpsc::Receiver<Job>) {
        Desk::new(DeskSize { workers: 1, queue: 1, memory: 100 * KIB })
    }

    #[test]
    fn the_third_of_two_places_is_refused_until_a_song_is_done() -> Result<(), Refusal> {
        let (desk, mut jobs) = desk();
        let one = desk.seat(10)?;
        let _other = desk.seat(10)?;
        let refused = desk.seat(10).map(drop).map_err(|refusal| (refusal.kind, refusal.retry_after));
        assert_eq!(refused, Err(("queue-full".to_owned(), Some(1))));
        assert!(!desk.has_room() && desk.taken() == 2);
        let _heard = desk.submit(ASK, Bytes::from_static(b"song"), one)?;
        assert_eq!(desk.waiting(), 1);
        drop(jobs.try_recv());
        assert!(desk.has_room() && desk.seat(10).is_ok());
        Ok(())
    }

    #[test]
    fn memory_is_set_apart_for_the_largest_song_and_given_back_when_it_is_smaller() -> Result<(), Refusal> {
        let (desk, _jobs) = desk();
        let seat = desk.seat(90 * KIB)?;
        assert!(desk.seat(20 * KIB).is_err());
        let _heard = desk.submit(ASK, Bytes::from_static(b"song"), seat)?;
        assert!(desk.seat(99 * KIB).is_ok());
        Ok(())
    }

    #[test]
    fn a_closed_desk_takes_nothing_and_a_slow_one_says_how_long_to_wait() -> Result<(), Refusal> {
        let (desk, _jobs) = desk();
        desk.pace().note(Duration::from_secs(10));
        let _seats = (desk.seat(1)?, desk.seat(1)?);
        assert_eq!(desk.seat(1).map(drop).map_err(|refusal| refusal.retry_after), Err(Some(10)));
        desk.close();
        assert_eq!(desk.seat(1).map(drop).map_err(|refusal| refusal.kind), Err("shutting-down".into()));
        Ok(())
    }
}
