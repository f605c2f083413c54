//! Which clips a step learns from, and what is done to them first.

use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::augment;
use super::experiment::{Balance, Experiment};
use crate::dataset::store::by_track;
use crate::dataset::{ClipAt, Store};
use crate::error::Result;
use crate::features::{Extractor, Picture};
use crate::model::input::{Normalisation, stack};

/// Pictures ready for the network, and for each the share of every genre that it is to be taken for.
pub struct Batch {
    /// Normalised and augmented, `[clips, columns, rows]`.
    pub pictures: Tensor<3>,
    /// `[clips, genres]`, each row summing to the clip's weight.
    pub targets: Vec<f32>,
    /// For what else is random about the step.
    pub seed: u64,
}

/// What to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// One of the clips that the classifier cuts.
    Clip(ClipAt),
    /// A window of a track that begins at a frame.
    Window { track: usize, first: usize },
}

impl Cut {
    fn track(self) -> usize {
        match self {
            Cut::Clip(ClipAt { track, .. }) | Cut::Window { track, .. } => track,
        }
    }
}

/// A training track and those of its clips that may be learned from.
#[derive(Debug, Clone)]
struct Source {
    track: usize,
    clips: Vec<usize>,
}

/// Sets the seeds of dropout apart from those of clips.
const DROPS: u64 = 0x6472_6f70_6f75_7421;

/// Draws the clips of one epoch.
pub struct Sampler<'a> {
    store: &'a Store,
    experiment: &'a Experiment,
    normalisation: &'a Normalisation,
    extractor: Extractor,
    /// The training tracks of each genre.
    sources: Vec<Vec<Source>>,
    /// What a clip of each genre weighs in the loss; 1 on average.
    weights: Vec<f32>,
    cuts: Vec<Cut>,
    /// Decides everything random about the epoch.
    seed: u64,
}

impl<'a> Sampler<'a> {
    /// The clips of one epoch, drawn from these of the store.
    pub fn new(
        store: &'a Store,
        training: &[ClipAt],
        experiment: &'a Experiment,
        normalisation: &'a Normalisation,
        seed: u64,
    ) -> Result<Self> {
        let sources = by_genre(store, training);
        let extractor = Extractor::new(&store.front_end)?;
        let weights = class_weights(&clip_counts(&sources), experiment.training.balance);
        let mut sampler =
            Sampler { store, experiment, normalisation, extractor, sources, weights, cuts: vec![], seed };
        sampler.cuts = sampler.draw(&mut ChaCha8Rng::seed_from_u64(seed));
        Ok(sampler)
    }

    /// Clips of the epoch.
    pub fn clips(&self) -> usize {
        self.cuts.len()
    }

    /// Steps of the epoch.
    pub fn steps(&self) -> usize {
        self.cuts.len().div_ceil(self.experiment.training.batch)
    }

    /// As many clips as there are to learn from, or as an epoch must have, in random order.
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<Cut> {
        let clips = |source: &Source| {
            let track = source.track;
            source.clips.clone().into_iter().map(move |clip| Cut::Clip(ClipAt { track, clip }))
        };
        let mut cuts: Vec<Cut> = self.sources.iter().flatten().flat_map(clips).collect();
        let count = cuts.len().max(if cuts.is_empty() { 0 } else { self.experiment.training.least_clips });
        cuts = match self.experiment.training.balance {
            Balance::Sampling => self.balanced(count, random),
            Balance::None | Balance::Weights => cuts.iter().copied().cycle().take(count).collect(),
        };
        if self.experiment.augment.random_windows {
            let length = self.store.front_end.frames();
            for cut in &mut cuts {
                let track = cut.track();
                let first = random.random_range(0..=self.store.tracks[track].last_start(length));
                *cut = Cut::Window { track, first };
            }
        }
        cuts.shuffle(random);
        cuts
    }

    /// `count` clips, every genre equally often, its tracks in turn.
    fn balanced(&self, count: usize, random: &mut ChaCha8Rng) -> Vec<Cut> {
        let present: Vec<usize> =
            (0..self.sources.len()).filter(|genre| !self.sources[*genre].is_empty()).collect();
        let mut piles: Vec<Vec<usize>> = vec![Vec::new(); self.sources.len()];
        (0..count)
            .map(|index| {
                let genre = present[index % present.len()];
                if piles[genre].is_empty() {
                    piles[genre] = (0..self.sources[genre].len()).collect();
                    piles[genre].shuffle(random);
                }
                let Source { track, clips } = &self.sources[genre][piles[genre].pop().unwrap_or_default()];
                Cut::Clip(ClipAt { track: *track, clip: clips[random.random_range(0..clips.len())] })
            })
            .collect()
    }

    /// The clips of one step, laid where they are learned from.
    ///
    /// # Errors
    /// Only of settings that the store does not fit.
    pub fn batch(&self, step: usize, device: &Device) -> Result<Batch> {
        let size = self.experiment.training.batch;
        let cuts = &self.cuts[step * size..self.cuts.len().min((step + 1) * size)];
        let mut pictures = cuts
            .par_iter()
            .enumerate()
            .map(|(index, cut)| self.picture(*cut, clip_seed(self.seed, step * size + index)))
            .collect::<Result<Vec<_>>>()?;
        let genres = self.sources.len();
        let mut targets = vec![0.0; cuts.len() * genres];
        for (row, cut) in targets.chunks_exact_mut(genres).zip(cuts) {
            self.target(self.store.catalogue.tracks[cut.track()].genre, row);
        }
        let mixup = self.experiment.augment.mixup;
        if mixup > 0.0 {
            let mut random = ChaCha8Rng::seed_from_u64(clip_seed(!self.seed, step));
            augment::mix(&mut pictures, &mut targets, mixup, &mut random);
        }
        let pictures = stack(&pictures, device);
        Ok(Batch { pictures, targets, seed: clip_seed(self.seed ^ DROPS, step) })
    }

    fn picture(&self, cut: Cut, seed: u64) -> Result<Picture> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let augment = &self.experiment.augment;
        let mut window = match cut {
            Cut::Clip(ClipAt { track, clip }) => self.store.tracks[track].clip(clip),
            Cut::Window { track, first } => {
                let (track, frames) = (&self.store.tracks[track], self.store.front_end.frames());
                let heard = augment::stretch_length(frames, augment.tempo, &mut random);
                augment::stretch(track.window(first.min(track.last_start(heard)), heard), frames)
            }
        };
        augment::gain(&mut window, augment.gain_db as f32, &mut random);
        augment::equalise(&mut window, augment.equaliser_db as f32, &mut random);
        augment::shift_bands(&mut window, augment.band_shift, &mut random);
        let mut picture = self.extractor.picture_from_decibels(&window, 0)?;
        self.normalisation.apply(&mut picture);
        augment::mask(&mut picture, augment, &mut random);
        Ok(picture)
    }

    /// The right genre's share, the rest spread evenly, times the genre's weight.
    fn target(&self, genre: usize, row: &mut [f32]) {
        let spread = self.experiment.augment.label_smoothing as f32;
        row.fill(spread / row.len() as f32);
        row[genre] += 1.0 - spread;
        row.iter_mut().for_each(|share| *share *= self.weights[genre]);
    }
}

/// The clips by genre and track, in their order.
fn by_genre(store: &Store, training: &[ClipAt]) -> Vec<Vec<Source>> {
    let mut sources: Vec<Vec<Source>> = vec![Vec::new(); store.catalogue.genres.len()];
    for clips in by_track(training) {
        let track = clips[0].track;
        let clips = clips.iter().map(|at| at.clip).collect();
        sources[store.catalogue.tracks[track].genre].push(Source { track, clips });
    }
    sources
}

/// How many clips each genre has to learn from.
fn clip_counts(sources: &[Vec<Source>]) -> Vec<usize> {
    sources.iter().map(|sources| sources.iter().map(|source| source.clips.len()).sum()).collect()
}

/// Weights by inverse frequency, 1 on average over the clips drawn; all 1 where sampling balances.
fn class_weights(clips: &[usize], balance: Balance) -> Vec<f32> {
    let total: usize = clips.iter().sum();
    let present = clips.iter().filter(|clips| **clips > 0).count();
    let inverse = |clips: &usize| total as f32 / (present * clips.max(&1)) as f32;
    match balance {
        Balance::Weights => clips.iter().map(inverse).collect(),
        Balance::None | Balance::Sampling => vec![1.0; clips.len()],
    }
}

/// A seed for one of many draws: the epoch's seed and the draw's number, mixed (SplitMix64, Steele et al. 2014).
pub fn clip_seed(seed: u64, number: usize) -> u64 {
    let mut z = seed.wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_genres_clips_weigh_as_much_together_as_a_common_ones() {
        let clips = [6, 2, 0];
        let weights = class_weights(&clips, Balance::Weights);
        let share = |genre: usize| weights[genre] * clips[genre] as f32;
        assert!((share(0) - share(1)).abs() < 1e-6, "{weights:?}");
        assert!((share(0) + share(1) - 8.0).abs() < 1e-5, "the mean weight of a clip is 1: {weights:?}");
        assert_eq!(class_weights(&clips, Balance::Sampling), [1.0; 3]);
    }

    #[test]
    fn draws_of_one_seed_have_seeds_of_their_own() {
        let mut seeds: Vec<u64> = (0..1000).map(|number| clip_seed(7, number)).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 1000);
        assert_ne!(clip_seed(7, 0), clip_seed(8, 0));
    }
}
