//! `genrefold inspect`: what a model is.

use std::process::ExitCode;

use anyhow::Result;
use genrefold::model::Card;
use serde::Serialize;

use crate::args::InspectArgs;
use crate::{model_card, models, output, page};

/// The card, with what follows from the weights.
#[derive(Serialize)]
struct Described<'a> {
    fingerprint: &'a str,
    parameters: usize,
    #[serde(flatten)]
    card: &'a Card,
}

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a model that cannot be used.
pub fn run(args: &InspectArgs) -> Result<ExitCode> {
    let model = models::load(args.model.as_deref())?;
    let fingerprint = model.fingerprint()?;
    let text = if args.json {
        let described =
            Described { fingerprint: &fingerprint, parameters: model.parameters(), card: &model.card };
        serde_json::to_string_pretty(&described)? + "\n"
    } else if args.markdown {
        model_card::of_model(&model, &fingerprint)
    } else {
        page::of_model(&model, &fingerprint)
    };
    output::print(&text, "page")
}
