//! SOUND -> GENRE: the one path from a file to an answer. The command line, the service, the wheel and the
//! judging of held-out tracks all take it.

mod examine;
mod explanation;
mod listener;
mod prediction;

use crate::audio::{Limits, MonoStream, Source};
use crate::error::Result;
use crate::evaluation::Voting;
use crate::features::Picture;
use crate::label::Genres;
use crate::model::{Judged, Model};

pub use examine::{Examined, Heard, Wishes};
pub use explanation::{Explanation, MAX_WINDOWS, Window};
pub use prediction::{ClipPrediction, Embedded, Prediction, softmax};

use listener::Listener;

/// Clips that go through the network together: enough to keep it busy, few enough to keep memory flat.
const BATCH: usize = 16;

/// Judges songs with one model.
///
/// Takes `&self` throughout: share one among threads.
#[derive(Debug)]
pub struct Classifier {
    model: Model,
    limits: Limits,
    voting: Voting,
}

impl Classifier {
    /// Judges by the mean of the clips' probabilities, within the default limits.
    pub fn new(model: Model) -> Self {
        Classifier { model, limits: Limits::default(), voting: Voting::Mean }
    }

    /// Judges with the model that lies inside the program.
    ///
    /// # Errors
    /// As [`Model::embedded`].
    pub fn embedded() -> Result<Self> {
        Ok(Classifier::new(Model::embedded()?))
    }

    /// Accepts sounds up to these limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Classifier { limits, ..self }
    }

    /// Lets the clips decide together in this way.
    pub fn with_voting(self, voting: Voting) -> Self {
        Classifier { voting, ..self }
    }

    /// The model that judges.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The genres that it tells apart.
    pub fn genres(&self) -> &Genres {
        &self.model.card.genres
    }

    /// Judges a file or bytes; memory does not grow with the song's length but for the answer itself.
    ///
    /// # Errors
    /// Those of reading the sound ([`MonoStream::open`]), [`Error::TooShort`](crate::Error::TooShort), and
    /// [`Error::Silent`](crate::Error::Silent) when no clip holds any sound.
    pub fn classify(&self, source: impl Into<Source>) -> Result<Prediction> {
        Ok(self.examine(source, Wishes::default(), |_| ())?.prediction)
    }

    /// Judges a file or bytes, decoded once, tells how far it has come, and grants what else is wished for. The
    /// answer is that of [`Classifier::classify`], whatever the wishes.
    ///
    /// Memory stays bounded whatever the song's length: for an explanation some 120 MB at most are kept.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn examine(
        &self,
        source: impl Into<Source>,
        wishes: Wishes,
        mut progress: impl FnMut(Heard),
    ) -> Result<Examined> {
        let (mut listener, faults) = self.listen(source, wishes, &mut progress)?;
        listener.finish()?;
        let mut examined = listener.examined()?;
        examined.prediction.faults = faults;
        Ok(examined)
    }

    /// Judges a file or bytes, and gives the mean of its clips' embeddings beside the answer: what the network makes of
    /// the song before it decides, `[2 width]` values (512 for the built-in model), near for songs that sound alike.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn embed(&self, source: impl Into<Source>) -> Result<Embedded> {
        let (mut listener, faults) = self.listen(source, Wishes::default(), &mut |_| ())?;
        listener.finish()?;
        let embedding = listener.embedding();
        Ok(Embedded { prediction: Prediction { faults, ..listener.examined()?.prediction }, embedding })
    }

    /// Judges samples at the front end's rate, mono in [-1, 1].
    ///
    /// # Errors
    /// [`Error::TooShort`](crate::Error::TooShort) and [`Error::Silent`](crate::Error::Silent).
    pub fn classify_samples(&self, samples: &[f32]) -> Result<Prediction> {
        Ok(self.examine_samples(samples, Wishes::default())?.prediction)
    }

    /// The same, with what else is wished for.
    ///
    /// # Errors
    /// As [`Classifier::classify_samples`].
    pub fn examine_samples(&self, samples: &[f32], wishes: Wishes) -> Result<Examined> {
        let mut listener = Listener::new(self, wishes)?;
        listener.hear(samples)?;
        listener.finish()?;
        listener.examined()
    }

    /// The probabilities of pictures as the front end draws them, a row each; silence is judged as well.
    ///
    /// # Errors
    /// As [`Model::judge`].
    pub fn probabilities(&self, pictures: &[Picture]) -> Result<Vec<Vec<f32>>> {
        Ok(self.judge(pictures)?.0)
    }

    /// Hears all of a sound, up to its last whole clip; and how many packets had to be passed over.
    fn listen(
        &self,
        source: impl Into<Source>,
        wishes: Wishes,
        progress: &mut dyn FnMut(Heard),
    ) -> Result<(Listener<'_>, u64)> {
        let front_end = &self.model.card.front_end;
        let mut stream = MonoStream::open(source, &self.limits)?.at_rate(front_end.sample_rate_hz)?;
        let total_seconds = stream.source().stated_seconds();
        let mut listener = Listener::new(self, wishes)?;
        while let Some(block) = stream.next_block()? {
            listener.hear(block)?;
            listener.tell(total_seconds, progress);
        }
        Ok((listener, stream.source().faults()))
    }

    /// The probabilities of pictures, a row each, and their embeddings.
    fn judge(&self, pictures: &[Picture]) -> Result<(Vec<Vec<f32>>, Judged)> {
        // What logits are divided by: 1 for a model without calibration.
        let temperature =
            self.model.card.calibration.as_ref().map_or(1.0, |calibration| calibration.temperature);
        let judged = self.model.judge(pictures)?;
        let rows = judged.logits.chunks_exact(self.genres().len());
        Ok((rows.map(|row| softmax(row, temperature)).collect(), judged))
    }
}
