//! Which clips a step learns from, and what is done to them first.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::augment;
use super::experiment::{Balance, Experiment};
use super::store::Store;
use crate::error::Result;
use crate::features::{Extractor, Picture};
use crate::model::input::Normalisation;

/// Pictures ready for the network, and for each the share of every genre that it is to be taken for.
pub struct Batch {
    /// Normalised and augmented.
    pub pictures: Vec<Picture>,
    /// `[clips, genres]`, each row summing to the clip's weight.
    pub targets: Vec<f32>,
}

/// The clip to cut: a track and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    track: usize,
    first: usize,
}

/// Draws the clips of one epoch.
pub struct Sampler<'a> {
    store: &'a Store,
    experiment: &'a Experiment,
    normalisation: &'a Normalisation,
    extractor: Extractor,
    /// The training tracks of each genre, positions in the store.
    tracks: Vec<Vec<usize>>,
    /// What a clip of each genre weighs in the loss; 1 on average.
    weights: Vec<f32>,
    cuts: Vec<Cut>,
    /// Decides everything random about the epoch.
    seed: u64,
}

impl<'a> Sampler<'a> {
    /// The clips of one epoch, drawn from the tracks at these positions of the store.
    pub fn new(
        store: &'a Store,
        tracks: &[usize],
        genres: usize,
        experiment: &'a Experiment,
        normalisation: &'a Normalisation,
        seed: u64,
    ) -> Result<Self> {
        let mut by_genre = vec![Vec::new(); genres];
        tracks.iter().for_each(|&track| by_genre[store.tracks[track].genre].push(track));
        let extractor = Extractor::new(&store.front_end)?;
        let balance = experiment.training.balance;
        let weights = class_weights(&by_genre, balance);
        let mut sampler = Sampler {
            store,
            experiment,
            normalisation,
            extractor,
            tracks: by_genre,
            weights,
            cuts: vec![],
            seed,
        };
        sampler.cuts = sampler.draw(&mut ChaCha8Rng::seed_from_u64(seed));
        Ok(sampler)
    }

    /// Steps of the epoch.
    pub fn steps(&self) -> usize {
        self.cuts.len().div_ceil(self.experiment.training.batch)
    }

    /// As many clips as the tracks hold on the 50 % grid, in random order.
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<Cut> {
        let grid = |track: usize| {
            let starts = self.store.tracks[track].grid(&self.store.front_end);
            starts.into_iter().map(move |first| Cut { track, first })
        };
        let mut cuts: Vec<Cut> = self.tracks.iter().flatten().copied().flat_map(grid).collect();
        if self.experiment.training.balance == Balance::Sampling {
            cuts = self.balanced(cuts.len(), random);
        }
        if self.experiment.augment.random_windows {
            let length = self.store.front_end.frames();
            for cut in &mut cuts {
                cut.first = random.random_range(0..=self.store.tracks[cut.track].last_start(length));
            }
        }
        cuts.shuffle(random);
        cuts
    }

    /// `count` clips of the grid, every genre equally often, its tracks in turn.
    fn balanced(&self, count: usize, random: &mut ChaCha8Rng) -> Vec<Cut> {
        let mut piles: Vec<Vec<usize>> = vec![Vec::new(); self.tracks.len()];
        (0..count)
            .map(|index| {
                let genre = index % self.tracks.len();
                if piles[genre].is_empty() {
                    piles[genre] = self.tracks[genre].clone();
                    piles[genre].shuffle(random);
                }
                let track = piles[genre].pop().unwrap_or_default();
                let starts = self.store.tracks[track].grid(&self.store.front_end);
                Cut { track, first: starts[random.random_range(0..starts.len())] }
            })
            .collect()
    }

    /// The clips of one step.
    ///
    /// # Errors
    /// Only of settings that the store does not fit.
    pub fn batch(&self, step: usize) -> Result<Batch> {
        let size = self.experiment.training.batch;
        let cuts = &self.cuts[step * size..self.cuts.len().min((step + 1) * size)];
        let mut pictures = cuts
            .par_iter()
            .enumerate()
            .map(|(index, cut)| self.picture(*cut, clip_seed(self.seed, step * size + index)))
            .collect::<Result<Vec<_>>>()?;
        let genres = self.tracks.len();
        let mut targets = vec![0.0; cuts.len() * genres];
        for (row, cut) in targets.chunks_exact_mut(genres).zip(cuts) {
            self.target(self.store.tracks[cut.track].genre, row);
        }
        let mixup = self.experiment.augment.mixup;
        if mixup > 0.0 {
            let mut random = ChaCha8Rng::seed_from_u64(clip_seed(!self.seed, step));
            augment::mix(&mut pictures, &mut targets, mixup, &mut random);
        }
        Ok(Batch { pictures, targets })
    }

    fn picture(&self, cut: Cut, seed: u64) -> Result<Picture> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let augment = &self.experiment.augment;
        let length = self.store.front_end.frames();
        let mut window = self.store.tracks[cut.track].window(cut.first, length);
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

/// Weights by inverse frequency, 1 on average over the clips drawn; all 1 where sampling balances.
fn class_weights(tracks: &[Vec<usize>], balance: Balance) -> Vec<f32> {
    let total: usize = tracks.iter().map(Vec::len).sum();
    let present = tracks.iter().filter(|tracks| !tracks.is_empty()).count();
    let inverse = |tracks: &Vec<usize>| total as f32 / (present * tracks.len().max(1)) as f32;
    match balance {
        Balance::Weights => tracks.iter().map(inverse).collect(),
        Balance::None | Balance::Sampling => vec![1.0; tracks.len()],
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
        let tracks = [vec![0, 1, 2, 3, 4, 5], vec![6, 7], vec![]];
        let weights = class_weights(&tracks, Balance::Weights);
        let share = |genre: usize| weights[genre] * tracks[genre].len() as f32;
        assert!((share(0) - share(1)).abs() < 1e-6, "{weights:?}");
        assert!((share(0) + share(1) - 8.0).abs() < 1e-5, "the mean weight of a clip is 1: {weights:?}");
        assert_eq!(class_weights(&tracks, Balance::Sampling), [1.0; 3]);
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
