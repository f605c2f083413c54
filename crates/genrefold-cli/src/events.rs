//! A training as TensorBoard shows it: one curve for each figure, a folder for each fold.

use std::io;
use std::path::Path;

use genrefold::results::{EpochRecord, FoldResult, Level};

use crate::tensorboard::EventWriter;

/// The curves of one training.
pub struct Events {
    writer: EventWriter,
}

impl Events {
    /// Begins a file in this folder, which is made if it is missing.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create(folder: &Path) -> io::Result<Self> {
        Ok(Events { writer: EventWriter::create(folder)? })
    }

    /// The figures of an epoch.
    ///
    /// # Errors
    /// Those of the system.
    pub fn epoch(&mut self, record: &EpochRecord) -> io::Result<()> {
        let step = record.epoch as i64;
        self.writer.scalar("loss/training", step, record.training_loss as f32)?;
        self.writer.scalar("learning_rate", step, record.learning_rate as f32)?;
        if let Some(validation) = record.validation {
            self.writer.scalar("loss/validation", step, validation.loss as f32)?;
            self.writer.scalar("accuracy/validation", step, validation.accuracy as f32)?;
            self.writer.scalar("macro_recall/validation", step, validation.macro_recall as f32)?;
        }
        self.writer.flush()
    }

    /// The figures on the test side, at the epoch that was judged.
    ///
    /// # Errors
    /// Those of the system.
    pub fn fold(&mut self, result: &FoldResult) -> io::Result<()> {
        let step = result.best_epoch as i64;
        for level in Level::ALL {
            let (scores, name) = (result.scores.at(level), level.word());
            self.writer.scalar(&format!("test/accuracy_{name}"), step, scores.accuracy as f32)?;
            self.writer.scalar(&format!("test/f1_{name}"), step, scores.f1 as f32)?;
        }
        self.writer.flush()
    }
}
