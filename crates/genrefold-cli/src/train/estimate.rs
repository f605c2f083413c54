//! How long a training will take on this machine: some of its work is done, and timed.

use std::fs;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Result;
use genrefold::dataset::{Cache, Catalogue, Listener, Store};
use genrefold::model::Processor;
use genrefold::training::{Experiment, rehearsal};

/// Songs that are decoded to know what all of them take.
const SONGS: usize = 12;
/// Steps that are not counted: arrays are laid out in them, and the processor wakes up.
const WARM_UP: usize = 2;
/// Steps that are timed, at most.
const STEPS: usize = 12;
/// And no longer than this, save the first.
const STEPS_TAKE: Duration = Duration::from_secs(2);
/// Copies of the weights that a training holds beside those of the steps that were timed: weights, their average, two
/// moments and the best, the same while an epoch runs, and twice while a checkpoint is written.
const COPIES: usize = 16;

/// What the work on a few songs says about all of them.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Until all songs are read, seconds.
    pub reading_s: f64,
    /// Clips of a song.
    pub clips_a_song: f64,
    /// Clips learned from in a second.
    pub learned_a_second: f64,
    /// Clips judged in a second.
    pub judged_a_second: f64,
    /// Decoding of one song, seconds.
    pub decoding_s: f64,
    /// Memory at its highest, bytes.
    pub memory: f64,
}

/// Hears nothing.
struct Deaf;
impl Listener for Deaf {}

impl Estimate {
    /// Decodes a few songs, into the cache if there is one, and learns and judges on them.
    ///
    /// # Errors
    /// A cache that cannot be written; a network that cannot be built.
    pub fn measure(
        catalogue: &Catalogue,
        experiment: &Experiment,
        processor: &Processor,
        cache: Option<&Cache>,
        weights: usize,
    ) -> Result<Option<Self>> {
        let front_end = &experiment.front_end;
        let cached = cache.map(|cache| Store::cached(catalogue, front_end, cache)).transpose()?;
        let cached = cached.unwrap_or_else(|| vec![false; catalogue.tracks.len()]);
        let new: Vec<usize> = (0..cached.len()).filter(|&place| !cached[place]).collect();
        let all: Vec<usize> = (0..cached.len()).collect();
        let places = spread(if new.is_empty() { &all } else { &new });
        let began = Instant::now();
        let store = Store::read_some(catalogue, &places, front_end, cache, &Deaf)?;
        let song_s = began.elapsed().as_secs_f64() / places.len().max(1) as f64;
        let Some(store) = store.filter(|store| !store.tracks.is_empty()) else { return Ok(None) };
        let songs = store.tracks.len() as f64;
        let learned_a_second = time_steps(&store, experiment, processor)?;
        let began = Instant::now();
        let judged = rehearsal::judge(&store, experiment, processor)?;
        let judged_a_second = judged as f64 / began.elapsed().as_secs_f64();
        // Those of the sample are decoded by now; without a cache, they must be again.
        let left = if cache.is_some() { new.len().saturating_sub(places.len()) } else { new.len() };
        let of_songs = store.bytes() as f64 / songs;
        let of_steps = peak_memory().map_or(0.0, |peak| peak as f64 - store.bytes() as f64);
        Ok(Some(Estimate {
            reading_s: song_s * left as f64,
            clips_a_song: store.clips().len() as f64 / songs,
            learned_a_second,
            judged_a_second,
            decoding_s: song_s,
            memory: of_steps.max(0.0)
                + of_songs * catalogue.tracks.len() as f64
                + (4 * COPIES * weights) as f64,
        }))
    }
}

/// Some places from the first to the last, evenly spread: of each genre, for the catalogue is sorted by them.
fn spread(places: &[usize]) -> Vec<usize> {
    let some = places.len().min(SONGS);
    (0..some).map(|index| places[(2 * index + 1) * places.len() / (2 * some)]).collect()
}

/// Clips learned from in a second.
fn time_steps(store: &Store, experiment: &Experiment, processor: &Processor) -> Result<f64> {
    let (mut steps, mut clips, mut began) = (0, 0, Instant::now());
    rehearsal::rehearse(store, experiment, processor, &mut |some| {
        steps += 1;
        if steps <= WARM_UP {
            began = Instant::now();
            return ControlFlow::Continue(());
        }
        clips += some;
        let enough = steps == WARM_UP + STEPS || began.elapsed() >= STEPS_TAKE;
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(clips as f64 / began.elapsed().as_secs_f64().max(1e-6))
}

/// The most memory that this program has held so far, bytes, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all_songs() {
        assert_eq!(spread(&[4, 7, 9]), [4, 7, 9]);
        let places: Vec<usize> = (0..1200).collect();
        let some = spread(&places);
        assert_eq!((some.len(), some[0], some[11]), (SONGS, 50, 1150));
        assert!(some.is_sorted());
        assert!(spread(&[]).is_empty());
    }
}
