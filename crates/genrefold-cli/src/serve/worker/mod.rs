//! `genrefold worker`: a process that judges songs for the service, one after the other, within limits of its own.
//!
//! It reads songs from standard input and writes answers to standard output, opens no file but its model, and ends when
//! the service does. Whatever a song does to it stays in here: the service kills it and begins another.

mod answer;
pub mod frames;
mod limits;

use std::io;
use std::panic;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use anyhow::{Context, Result, bail};
use genrefold::answer::Outcome;
use genrefold::classifier::Heard;
use genrefold::model::short;
use genrefold::{Classifier, Limits};
use serde::{Deserialize, Serialize};

use super::args::WorkerArgs;
use crate::{models, parallel};
use frames::{Frame, Kind};

/// What a client wants to know of a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// How many of the likeliest genres are named.
    pub top: usize,
    /// How much is told.
    pub form: Form,
}

/// How much of an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Labels and scores.
    Labels,
    /// The whole object, with these of its parts.
    Full {
        /// Clip by clip.
        timeline: bool,
        /// The song as a picture.
        spectrogram: bool,
        /// Which seconds speak for the genre.
        explanation: bool,
    },
}

/// How far a song has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Seconds heard.
    pub seconds: f64,
    /// Clips judged.
    pub clips: usize,
    /// The song's length as its header states it.
    pub total_seconds: Option<f64>,
}

/// A song and what is asked of it.
struct Order {
    ask: Ask,
    song: Vec<u8>,
}

/// Runs the command.
///
/// # Errors
/// The limits cannot be set, the model cannot be used, or the service says what this program does not understand.
pub fn run(args: &WorkerArgs) -> Result<ExitCode> {
    limits::apply(args.memory).context("cannot limit this process")?;
    // Nobody reads what a panic prints; the service tells what became of the song.
    panic::set_hook(Box::new(|_| ()));
    let accepted = Limits { max_bytes: args.max_bytes, max_seconds: args.max_seconds, ..Limits::default() };
    let classifier = Classifier::new(models::load(args.model.as_deref())?).with_limits(accepted);
    let fingerprint = classifier.model().fingerprint()?;
    let (sender, orders) = mpsc::sync_channel(0);
    thread::spawn(move || read_orders(&sender));
    frames::write(&mut io::stdout(), Kind::Ready, fingerprint.as_bytes())?;
    let Some(pool) = parallel::crew(1, 1)?.pop() else { bail!("no thread to judge with") };
    let model = short(&fingerprint).to_owned();
    pool.install(move || answer_all(&classifier, &model, &orders))?;
    Ok(ExitCode::SUCCESS)
}

/// Ends the process when the service closes the pipe, even in the middle of a song.
fn read_orders(orders: &SyncSender<Order>) {
    let mut input = io::stdin().lock();
    while let Some(order) = next_order(&mut input) {
        if orders.send(order).is_err() {
            return;
        }
    }
    std::process::exit(0);
}

fn next_order(input: &mut impl io::Read) -> Option<Order> {
    let Frame { kind: Kind::Ask, payload: ask } = frames::read(input).ok()?? else { return None };
    let Frame { kind: Kind::Song, payload: song } = frames::read(input).ok()?? else { return None };
    Some(Order { ask: serde_json::from_slice(&ask).ok()?, song })
}

fn answer_all(classifier: &Classifier, model: &str, orders: &Receiver<Order>) -> Result<()> {
    while let Ok(Order { ask, song }) = orders.recv() {
        let mut output = io::stdout();
        // A service that has gone is noticed by whoever reads its orders.
        let mut tell = |heard: Heard| drop(report(&mut output, heard));
        let (kind, payload) = match classifier.examine(song, ask.form.wishes(), &mut tell) {
            Ok(examined) => {
                let prediction = &examined.prediction;
                let (seconds, clips) = (prediction.seconds, prediction.clips.len());
                tell(Heard { seconds, clips, total_seconds: Some(seconds) });
                (Kind::Answer, answer::json(ask, classifier.genres(), model, &examined)?)
            }
            Err(error) => (Kind::Failed, serde_json::to_vec(&Outcome::from(&error))?),
        };
        frames::write(&mut io::stdout(), kind, &payload)?;
    }
    Ok(())
}

fn report(output: &mut impl io::Write, heard: Heard) -> Result<()> {
    let Heard { seconds, clips, total_seconds } = heard;
    let progress = Progress { seconds, clips, total_seconds };
    Ok(frames::write(output, Kind::Progress, &serde_json::to_vec(&progress)?)?)
}
