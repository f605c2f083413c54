//! How to repeat it: programs, splits, songs and settings.

use super::Numbers;
use crate::report::document::{Block, Column, Line, Section, Table};
use crate::report::study::Study;
use crate::report::words;
use crate::results::Manifest;

pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Section {
    let how = "The same program with the same settings on the same songs comes to the same figures. Each split and \
               each set of songs is named by a SHA-256, so that it can be checked.";
    let mut blocks = vec![Block::Text(how.into()), Block::Table(hashes(study, numbers.table()))];
    blocks.extend(study.manifests().map(settings));
    Section::new("How to repeat it", blocks)
}

fn hashes(study: &Study, number: usize) -> Table {
    let names = ["Run", "Protocol", "Program", "Split", "Songs"];
    let row = |manifest: &Manifest| {
        let code = |text: &str| Line::default().code(words::shown(text));
        vec![
            words::shown(&manifest.name).into(),
            code(manifest.protocol.word()).leaky(manifest.protocol.is_leaky()),
            words::shown(&manifest.program).into(),
            code(&manifest.split),
            code(&manifest.data.fingerprint),
        ]
    };
    let caption = format!("Table {number}: what each run was made with and of");
    Table::new(caption, names.map(Column::words).into(), study.manifests().map(row).collect())
}

fn settings(manifest: &Manifest) -> Block {
    let caption = Line::from(format!("Settings of the run {}", words::shown(&manifest.name)));
    // A JSON value always has a text: its keys are strings.
    let text = serde_json::to_string_pretty(&manifest.settings).unwrap_or_default();
    Block::Code(caption.leaky(manifest.protocol.is_leaky()), text)
}
