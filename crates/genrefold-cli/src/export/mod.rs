//! `genrefold export`: a model as other programs read it.

mod graph;
mod network;
mod proto;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use genrefold::{Model, files};
use prost::Message;

use crate::models;
use crate::words::name;
use proto::{Entry, OperatorSet};

const EXAMPLES: &str = "\
Examples:
  genrefold export --onnx model.onnx
  genrefold export --model mine.safetensors --onnx mine.onnx

Input: pictures [clips, rows, columns], as the Python package's Classifier.pictures gives them. Outputs: logits and
probabilities [clips, genres], embeddings [clips, width]. The metadata hold the model's card: genres, front end,
calibration. docs/model-exchange.md tells more.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Write the network in the ONNX format, operators of version 17
    #[arg(long, value_name = "FILE", required = true)]
    pub onnx: PathBuf,

    /// Export this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
}

/// The oldest with layer normalisation.
const OPERATORS: i64 = 17;
/// The format's version of the time of these operators.
const IR: i64 = 8;

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a model that cannot be used; the file cannot be written.
pub fn run(args: &ExportArgs) -> Result<ExitCode> {
    let model = models::load(args.model.as_deref())?;
    let bytes = onnx(&model)?.encode_to_vec();
    files::write_whole(&args.onnx, &bytes)?;
    let (rows, columns) = model.card.front_end.picture_shape();
    println!(
        "{}: pictures [clips, {rows}, {columns}] to {} genres, {:.1} MB",
        name(&args.onnx),
        model.card.genres.len(),
        bytes.len() as f64 / 1e6
    );
    Ok(ExitCode::SUCCESS)
}

fn onnx(model: &Model) -> Result<proto::Model> {
    let card = serde_json::to_string(&model.card).context("the model's card cannot be written")?;
    let front_end =
        serde_json::to_string(&model.card.front_end).context("the front end cannot be written")?;
    let entry = |key: &str, value: String| Entry { key: key.into(), value };
    Ok(proto::Model {
        ir_version: IR,
        producer_name: "genrefold".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: "Genres of 5 s clips of music. Not for claims about single songs: see the model's card."
            .into(),
        graph: Some(network::graph(model)?),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: vec![
            entry("genrefold.model", models::short_fingerprint(model)?),
            entry("genrefold.genres", serde_json::to_string(model.card.genres.names())?),
            entry("genrefold.front_end", front_end),
            entry("genrefold.card", card),
        ],
    })
}
