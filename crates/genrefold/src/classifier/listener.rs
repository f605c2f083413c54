//! One song on its way through the classifier.

use super::explanation::{Kept, Seen};
use super::{BATCH, Classifier, ClipPrediction, Examined, Heard, Prediction, Wishes};
use crate::error::{Error, Result};
use crate::evaluation::{Probabilities, Voting};
use crate::features::{Clip, Clips, Extractor, Panorama, Picture, SILENCE_PEAK, peak};

/// Seconds of music between two words on how far it has come.
const TELL_EVERY_S: f64 = 5.0;

/// Hears samples, judges them clip by clip, and concludes.
pub(super) struct Listener<'a> {
    classifier: &'a Classifier,
    cutter: Clips,
    extractor: Extractor,
    waiting: Vec<Clip>,
    heard: Vec<ClipPrediction>,
    /// The sum of the embeddings of all clips that are not silent.
    embeddings: Vec<f64>,
    samples: u64,
    loudest: f32,
    /// Seconds that were told last.
    told: f64,
    /// The picture of the whole song, where it is wished for.
    panorama: Option<Panorama>,
    /// What the explanation needs, where it is wished for.
    kept: Option<Kept>,
}

impl<'a> Listener<'a> {
    pub(super) fn new(classifier: &'a Classifier, wishes: Wishes) -> Result<Self> {
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
            told: 0.0,
            panorama: wishes.overview.then(|| Panorama::new(front_end)).transpose()?,
            kept: wishes.explanation.then(Kept::new),
        })
    }

    pub(super) fn hear(&mut self, block: &[f32]) -> Result<()> {
        self.samples += block.len() as u64;
        self.loudest = self.loudest.max(peak(block));
        if let Some(panorama) = &mut self.panorama {
            panorama.hear(block);
        }
        for clip in self.cutter.push(block) {
            self.waiting.push(clip);
            if self.waiting.len() == BATCH {
                self.judge()?;
            }
        }
        Ok(())
    }

    /// Tells how far it has come, every few seconds of music.
    pub(super) fn tell(&mut self, total_seconds: Option<f64>, progress: &mut dyn FnMut(Heard)) {
        let seconds = self.classifier.model.card.front_end.seconds(self.samples);
        if seconds >= self.told + TELL_EVERY_S {
            self.told = seconds;
            progress(Heard { seconds, clips: self.heard.len(), total_seconds });
        }
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
        let (answers, judged) = self.classifier.judge(&pictures)?;
        let width = judged.embeddings.len() / pictures.len().max(1);
        self.embeddings.resize(width.max(self.embeddings.len()), 0.0);
        for embedding in judged.embeddings.chunks_exact(width.max(1)) {
            self.embeddings.iter_mut().zip(embedding).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        let said = clips.iter().zip(&audible).filter(|(_, audible)| **audible).map(|(clip, _)| clip);
        self.keep(said.zip(&answers).zip(pictures));
        let mut answers = answers.into_iter();
        self.heard.extend(clips.iter().zip(audible).map(|(clip, audible)| ClipPrediction {
            start: clip.start_s,
            end: clip.end_s,
            probabilities: if audible { answers.next() } else { None },
        }));
        Ok(())
    }

    /// Keeps what an explanation will need of clips that have a say.
    fn keep<'b>(&mut self, said: impl Iterator<Item = ((&'b Clip, &'b Vec<f32>), Picture)>) {
        let Some(kept) = &mut self.kept else { return };
        for ((clip, probabilities), picture) in said {
            let probabilities = probabilities.clone();
            kept.offer(Seen { start: clip.start_s, end: clip.end_s, picture, probabilities });
        }
    }

    /// The sound is at its end: what is left of it is judged.
    pub(super) fn finish(&mut self) -> Result<()> {
        let front_end = &self.classifier.model.card.front_end;
        let cutter = std::mem::replace(&mut self.cutter, Clips::new(front_end)?);
        self.waiting.extend(cutter.finish()?);
        self.judge()
    }

    /// The mean of the embeddings so far.
    pub(super) fn embedding(&self) -> Vec<f32> {
        let clips = self.heard.iter().filter(|clip| clip.probabilities.is_some()).count().max(1) as f64;
        self.embeddings.iter().map(|sum| (sum / clips) as f32).collect()
    }

    /// The answer, and what was wished for beside it.
    pub(super) fn examined(mut self) -> Result<Examined> {
        let (classifier, kept, panorama) = (self.classifier, self.kept.take(), self.panorama.take());
        let prediction = self.conclude()?;
        let explain = |kept: Kept| kept.explain(classifier, prediction.genre, prediction.seconds);
        let explanation = kept.map(explain).transpose()?;
        Ok(Examined { overview: panorama.map(Panorama::finish), explanation, prediction })
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
