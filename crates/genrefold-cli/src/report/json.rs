//! One JSON object a line.

use std::io::{self, Write};
use std::path::Path;

use genrefold::Prediction;

use super::{Report, write_flushed};
use crate::failure::Failure;
use genrefold::answer::Layout;
use genrefold::answer::{Outcome, Record};

/// Writes JSON lines; failures are lines too.
pub struct JsonLines<Out> {
    layout: Layout,
    model: String,
    out: Out,
}

impl<Out: Write> JsonLines<Out> {
    /// Writes to `out`; every line names the model by its short fingerprint.
    pub fn new(layout: Layout, model: String, out: Out) -> Self {
        JsonLines { layout, model, out }
    }

    fn line(&mut self, path: &Path, outcome: Outcome) -> io::Result<()> {
        let text = serde_json::to_string(&Record::new(path, outcome, &self.model))? + "\n";
        write_flushed(&mut self.out, &text)
    }
}

impl<Out: Write> Report for JsonLines<Out> {
    fn song(&mut self, path: &Path, prediction: &Prediction) -> io::Result<()> {
        self.line(path, Outcome::judged(&self.layout, prediction))
    }

    fn failure(&mut self, path: &Path, failure: &Failure) -> io::Result<()> {
        self.line(path, failure.into())
    }
}
