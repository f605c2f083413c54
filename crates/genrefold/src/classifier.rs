//! SOUND -> GENRE: the one path from a file to an answer. The command line, the service, the wheel and the
//! judging of held-out tracks all take it.

use serde::Serialize;

use crate::audio::{Limits, MonoStream, Source};
use crate::error::{Error, Result};
use crate::evaluation::{Probabilities, Voting};
use crate::features::{Clip, Clips, Extractor, SILENCE_PEAK, peak};
use crate::label::Genres;
use crate::model::Model;

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

/// What a model says of one song.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The winning genre, an index into the model's genres.
    pub genre: usize,
    /// One value per genre, summing to 1: the mean of the clips' probabilities, or their shares of the vote.
    pub probabilities: Vec<f32>,
    /// Whether the winner's mean probability lies below what the model's card asks of a sure answer.
    pub unsure: bool,
    /// What was heard clip by clip, in order.
    pub clips: Vec<ClipPrediction>,
    /// Length of the song, seconds.
    pub seconds: f64,
    /// Packets of the file that could not be decoded and were passed over.
    pub faults: u64,
}

/// What a model says of one clip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClipPrediction {
    /// Where the clip begins, seconds.
    pub start: f64,
    /// Where its music ends, seconds.
    pub end: f64,
    /// One probability per genre; none for a silent clip, which has no say.
    pub probabilities: Option<Vec<f32>>,
}

/// What a model says of a song, and what it makes of it before it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// The answer.
    pub prediction: Prediction,
    /// The mean of the clips' embeddings; those of silent clips are left out.
    pub embedding: Vec<f32>,
}

impl ClipPrediction {
    /// The likeliest genre and its probability; none for silence.
    pub fn winner(&self) -> Option<(usize, f32)> {
        let probabilities = self.probabilities.as_ref()?.iter().copied().enumerate();
        probabilities.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}

impl Prediction {
    /// Genres by falling probability, as indices; equal ones in the model's order, the winner always first.
    pub fn ranking(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        let key = |genre: usize| (genre == self.genre, self.probabilities[genre]);
        order.sort_by(|a, b| key(*b).partial_cmp(&key(*a)).unwrap_or(std::cmp::Ordering::Equal));
        order
    }
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

    /// What logits are divided by: 1 for a model without calibration.
    fn temperature(&self) -> f64 {
        self.model.card.calibration.as_ref().map_or(1.0, |calibration| calibration.temperature)
    }

    /// The genres that it tells apart.
    pub fn genres(&self) -> &Genres {
        &self.model.card.genres
    }

    /// Judges a file or bytes; memory does not grow with the song's length but for the answer itself.
    ///
    /// # Errors
    /// Those of reading the sound ([`MonoStream::open`]), [`Error::TooShort`], and [`Error::Silent`] when no
    /// clip holds any sound.
    pub fn classify(&self, source: impl Into<Source>) -> Result<Prediction> {
        let (mut listener, faults) = self.listen(source)?;
        listener.finish()?;
        Ok(Prediction { faults, ..listener.conclude()? })
    }

    /// Hears all of a sound, up to its last whole clip; and how many packets had to be passed over.
    fn listen(&self, source: impl Into<Source>) -> Result<(Listener<'_>, u64)> {
        let front_end = &self.model.card.front_end;
        let mut stream = MonoStream::open(source, &self.limits)?.at_rate(front_end.sample_rate_hz)?;
        let mut listener = Listener::new(self)?;
        while let Some(block) = stream.next_block()? {
            listener.hear(block)?;
        }
        Ok((listener, stream.source().faults()))
    }

    /// Judges a file or bytes, and gives the mean of its clips' embeddings beside the answer: what the network makes of
    /// the song before it decides, `[2 width]` values (512 for the built-in model), near for songs that sound alike.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn embed(&self, source: impl Into<Source>) -> Result<Embedded> {
        let (mut listener, faults) = self.listen(source)?;
        listener.finish()?;
        let embedding = listener.embedding();
        Ok(Embedded { prediction: Prediction { faults, ..listener.conclude()? }, embedding })
    }

    /// Judges samples at the front end's rate, mono in [-1, 1].
    ///
    /// # Errors
    /// [`Error::TooShort`] and [`Error::Silent`].
    pub fn classify_samples(&self, samples: &[f32]) -> Result<Prediction> {
        let mut listener = Listener::new(self)?;
        listener.hear(samples)?;
        listener.finish()?;
        listener.conclude()
    }
}

/// One song on its way through the classifier.
struct Listener<'a> {
    classifier: &'a Classifier,
    cutter: Clips,
    extractor: Extractor,
    waiting: Vec<Clip>,
    heard: Vec<ClipPrediction>,
    /// The sum of the embeddings of all clips that are not silent.
    embeddings: Vec<f64>,
    samples: u64,
    loudest: f32,
}

impl<'a> Listener<'a> {
    fn new(classifier: &'a Classifier) -> Result<Self> {
        let front_end = &classifier.model.card.front_end;
        Ok(Listener {
            classifier,
            cutter: Clips::new(front_end)?,
            extractor: Extractor::new(front_end)?,
            waiting: Vec::with_capacity(BATCH),
            heard: Vec::new(),
            embeddings: Vec::new(),
            samples: 0,
            loudest: 0.0,
        })
    }

    fn hear(&mut self, block: &[f32]) -> Result<()> {
        self.samples += block.len() as u64;
        self.loudest = self.loudest.max(peak(block));
        for clip in self.cutter.push(block) {
            self.waiting.push(clip);
            if self.waiting.len() == BATCH {
                self.judge()?;
            }
        }
        Ok(())
    }

    /// Sends the waiting clips through the network; silent ones are noted without.
    fn judge(&mut self) -> Result<()> {
        let clips = std::mem::take(&mut self.waiting);
        let audible: Vec<bool> = clips.iter().map(|clip| peak(&clip.samples) >= SILENCE_PEAK).collect();
        let pictures = clips
            .iter()
            .zip(&audible)
            .filter(|(_, audible)| **audible)
            .map(|(clip, _)| self.extractor.picture(&clip.samples))
            .collect::<Result<Vec<_>>>()?;
        let temperature = self.classifier.temperature();
        let judged = self.classifier.model.judge(&pictures)?;
        let mut answers =
            judged.logits.chunks_exact(self.classifier.genres().len()).map(|row| softmax(row, temperature));
        self.heard.extend(clips.iter().zip(audible).map(|(clip, audible)| ClipPrediction {
            start: clip.start_s,
            end: clip.end_s,
            probabilities: if audible { answers.next() } else { None },
        }));
        let width = judged.embeddings.len() / pictures.len().max(1);
        self.embeddings.resize(width.max(self.embeddings.len()), 0.0);
        for embedding in judged.embeddings.chunks_exact(width.max(1)) {
            self.embeddings.iter_mut().zip(embedding).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        Ok(())
    }

    /// The sound is at its end: what is left of it is judged.
    fn finish(&mut self) -> Result<()> {
        let front_end = &self.classifier.model.card.front_end;
        let cutter = std::mem::replace(&mut self.cutter, Clips::new(front_end)?);
        self.waiting.extend(cutter.finish()?);
        self.judge()
    }

    /// The mean of the embeddings so far.
    fn embedding(&self) -> Vec<f32> {
        let clips = self.heard.iter().filter(|clip| clip.probabilities.is_some()).count().max(1) as f64;
        self.embeddings.iter().map(|sum| (sum / clips) as f32).collect()
    }

    fn conclude(self) -> Result<Prediction> {
        let front_end = &self.classifier.model.card.front_end;
        let said = self.heard.iter().filter_map(|clip| clip.probabilities.as_ref());
        let said = Probabilities::from_rows(self.classifier.genres().len(), said)?;
        if said.is_empty() {
            return Err(Error::Silent { peak: self.loudest, floor: SILENCE_PEAK });
        }
        let verdict = self.classifier.voting.verdict(&said)?;
        let mean = Voting::Mean.verdict(&said)?.probabilities[verdict.genre];
        let calibration = self.classifier.model.card.calibration.as_ref();
        Ok(Prediction {
            genre: verdict.genre,
            unsure: calibration.is_some_and(|calibration| calibration.is_unsure(mean)),
            probabilities: verdict.probabilities,
            clips: self.heard,
            seconds: front_end.seconds(self.samples),
            faults: 0,
        })
    }
}

/// `e^(x/T) / sum e^(x/T)`, shifted by the largest so that nothing overflows; summed in f64, so that the result sums
/// to 1 within f32's rounding.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (f64::from(logit - most) / temperature).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| (power / total) as f32).collect()
}
