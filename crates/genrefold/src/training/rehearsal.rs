//! A training's work on a few of its songs: whoever has a clock can tell how long all of it will take.

use std::ops::ControlFlow;

use super::batch::Sampler;
use super::experiment::Experiment;
use super::fit::judge_clips;
use super::learner::Learner;
use super::optimizer::{Optimizer, Rates};
use super::practice::untrained;
use crate::dataset::Store;
use crate::error::Result;
use crate::model::input::Normalisation;
use crate::model::{Ends, Network, Processor};

/// A rate that changes little in a few steps.
const LEARNING: f64 = 1e-4;

/// Takes steps as the training will, on these songs, with a network that is thrown away afterwards. After each step
/// `after` is told of how many clips it was, and says whether to go on.
///
/// # Errors
/// [`crate::Error::Setting`] for a network that cannot be built.
pub fn rehearse(
    store: &Store,
    experiment: &Experiment,
    processor: &Processor,
    after: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<()> {
    let clips = store.clips();
    let normalisation = Normalisation::none(store.front_end.picture_shape().0);
    let sampler = Sampler::new(store, &clips, experiment, &normalisation, experiment.seed)?;
    let (rows, columns) = store.front_end.picture_shape();
    let ends = Ends { rows, columns, genres: store.catalogue.genres.len() };
    let learner = Learner::new(&experiment.network, ends, processor)?;
    let mut optimizer = Optimizer::new(Network::draw(&experiment.network, ends, experiment.seed)?);
    let rates = Rates { learning: LEARNING, weight_decay: 0.0, clip: 1.0, average: 0.0, old_layers: 1.0 };
    // Whole batches only, where there are any: a rest takes less time.
    let batches = (sampler.clips() / experiment.training.batch).max(1);
    let mut next = sampler.batch(0, learner.device())?;
    for step in 1.. {
        let (here, prepared) = rayon::join(
            || learner.step(&mut optimizer, &next, rates),
            || sampler.batch(step % batches, learner.device()),
        );
        here?;
        let clips = next.pictures.dims()[0];
        next = prepared?;
        if after(clips).is_break() {
            break;
        }
    }
    Ok(())
}

/// Judges the songs' clips as the training will judge those that are held out; returns how many they are.
///
/// # Errors
/// As [`rehearse`].
pub fn judge(store: &Store, experiment: &Experiment, processor: &Processor) -> Result<usize> {
    let genres = store.catalogue.genres.clone();
    let model = untrained(&experiment.network, &store.front_end, genres, experiment.seed)?;
    Ok(judge_clips(&model.on(processor)?, store, &store.clips())?.len())
}
