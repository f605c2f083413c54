//! What one training and each fold of a cross-validation begin with.

use super::experiment::Experiment;
use super::foundation::Foundation;
use crate::dataset::store::by_track;
use crate::dataset::{Catalogue, ClipAt, ContentHash, Store};
use crate::error::Result;
use crate::features::Extractor;
use crate::model::Card;
use crate::model::card::{DataSummary, TrainingSummary};
use crate::model::input::Normalisation;

/// Mean and deviation of each picture row over one clip from the middle of each training track; nothing to do
/// where the settings leave pictures as they are. Only training clips are looked at. A training that begins with a
/// model keeps the model's.
///
/// # Errors
/// Those of a front end that the store is not for.
pub fn normalisation(
    experiment: &Experiment,
    foundation: Option<&Foundation>,
    store: &Store,
    training: &[ClipAt],
) -> Result<Normalisation> {
    if let Some(foundation) = foundation {
        return Ok(foundation.normalisation().clone());
    }
    let rows = store.front_end.picture_shape().0;
    if !experiment.training.normalise {
        return Ok(Normalisation::none(rows));
    }
    let extractor = Extractor::new(&store.front_end)?;
    let pictures = by_track(training).map(|clips| store.picture(&extractor, clips[clips.len() / 2]));
    Ok(Normalisation::fit(rows, &pictures.collect::<Result<Vec<_>>>()?))
}

/// A card that does not say yet how good its model is.
pub fn blank_card(
    experiment: &Experiment,
    foundation: Option<&Foundation>,
    catalogue: &Catalogue,
    split: ContentHash,
) -> Card {
    let training = TrainingSummary {
        data: DataSummary {
            tracks: Default::default(),
            fingerprint: catalogue.fingerprint().into(),
            split: split.into(),
        },
        settings: serde_json::to_value(experiment).unwrap_or_default(),
        epochs: 0,
        fine_tuned_from: foundation.map(|foundation| foundation.fingerprint().to_owned()),
        graphics_card: None,
        figures: None,
    };
    let Experiment { network, front_end, .. } = experiment;
    Card::new(network.clone(), front_end.clone(), catalogue.genres.clone(), training)
}
