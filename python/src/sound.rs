//! Samples and pictures on their way between Python and the library.

use genrefold::audio::{Limits, Resampler};
use genrefold::features::{Clips, Extractor, Picture};
use genrefold::{Classifier, Error, Model, Source};

/// Samples at another rate.
///
/// # Errors
/// [`Error::Setting`] for a rate that cannot be.
pub fn at_rate(samples: Vec<f32>, rate: u32, wanted: u32) -> Result<Vec<f32>, Error> {
    if rate == wanted {
        return Ok(samples);
    }
    let mut resampler = Resampler::new(rate, wanted)?;
    let mut resampled = Vec::new();
    resampler.process(&samples, &mut resampled);
    resampler.finish(&mut resampled);
    Ok(resampled)
}

/// The pictures of a song's clips.
pub struct Heard {
    /// f32 in native order.
    pub bytes: Vec<u8>,
    /// Clips, rows, columns.
    pub sizes: [usize; 3],
}

impl Heard {
    /// Of a whole song.
    ///
    /// # Errors
    /// Those of reading it, and [`Error::TooShort`].
    pub fn of(source: Source, model: &Model) -> Result<Self, Error> {
        let front_end = &model.card.front_end;
        let audio = genrefold::audio::read(source, front_end.sample_rate_hz, &Limits::default())?;
        let clips = Clips::cut(front_end, &audio.samples)?;
        let mut extractor = Extractor::new(front_end)?;
        let (rows, columns) = front_end.picture_shape();
        let mut bytes = Vec::with_capacity(clips.len() * rows * columns * 4);
        for clip in &clips {
            let picture = extractor.picture(&clip.samples)?;
            bytes.extend(picture.values.iter().flat_map(|value| value.to_ne_bytes()));
        }
        Ok(Heard { bytes, sizes: [clips.len(), rows, columns] })
    }
}

/// Calibrated probabilities of each picture.
///
/// # Errors
/// [`Error::Setting`] for values that are no whole pictures.
pub fn judge(classifier: &Classifier, values: &[f32]) -> Result<Vec<Vec<f32>>, Error> {
    let (rows, columns) = classifier.model().card.front_end.picture_shape();
    if !values.len().is_multiple_of(rows * columns) {
        return Err(Error::Setting {
            key: "pictures".into(),
            found: format!("{} values", values.len()),
            expected: format!("whole pictures of {rows} x {columns}"),
        });
    }
    let pictures: Vec<Picture> = values
        .chunks_exact(rows * columns)
        .map(|values| Picture { rows, columns, values: values.to_vec() })
        .collect();
    classifier.probabilities(&pictures)
}
