//! `genrefold tag`: the genre into the songs' own tags, where none is and the answer is sure.

mod genre_tag;
pub mod journal;
mod rule;
pub mod song;
mod undo;
mod unfolding;
mod write;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use clap::Args;
use genrefold::Classifier;

use crate::classify::{Answer, answer, hush_workers};
use crate::device::DeviceArgs;
use crate::failure::{INTERRUPTED, SOME_FAILED, in_words};
use crate::inputs::{self, Found, Input};
use crate::models;
use crate::parallel;
use crate::stop::{STOP, on_interrupt};
use crate::words::{counted, name, one_line, percent};
use genrefold::answer::Layout;
use genrefold::answer::Outcome;
use journal::{Entry, Journal};
use rule::{Decision, Over, Rule};
use song::{Genre, Song};
use write::Writer;

const EXAMPLES: &str = "\
Examples:
  genrefold tag -r Music                    what would be written, and changes nothing
  genrefold tag -r Music --write            writes it
  genrefold tag --undo genrefold-tags.jsonl --write

Written: the genre (TCON, GENRE or \u{a9}gen), and beside it GENREFOLD_PROGRAM, _MODEL and _PROBABILITY. A file is changed
by way of a copy that is compared with it: every packet of its sound and every other tag must be the same.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TagArgs {
    /// Songs (mp3, flac, ogg, opus, m4a, aiff, wav), or folders with -r
    #[arg(value_name = "PATH", required_unless_present = "undo")]
    pub paths: Vec<PathBuf>,

    /// Take all songs in folders and in the folders within them
    #[arg(short, long)]
    pub recursive: bool,

    /// Change the files; without it, only say what would be changed
    #[arg(long, conflicts_with = "dry_run")]
    pub write: bool,

    /// Only say what would be changed, as without --write
    #[arg(long)]
    pub dry_run: bool,

    /// Write a genre only from this probability on, such as 0.8 [default: where the model is sure]
    #[arg(long, value_name = "P", value_parser = share)]
    pub above: Option<f32>,

    /// Replace a genre that is there
    #[arg(long)]
    pub force: bool,

    /// Keep a genre that is there, and add another value
    #[arg(long, conflicts_with = "force")]
    pub add: bool,

    /// Where to keep what stood there before
    #[arg(long, value_name = "FILE", default_value = "genrefold-tags.jsonl")]
    pub journal: PathBuf,

    /// Take back what this journal tells of
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ["paths", "force", "add", "above"])]
    pub undo: Option<PathBuf>,

    /// Leave the files' time of change as it is
    #[arg(long)]
    pub keep_time: bool,

    /// Judge with this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    #[command(flatten)]
    pub device: DeviceArgs,
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a probability from 0 to 1".into())
}

/// What became of one file.
enum Fate {
    /// Its genre is another one now, or would be.
    Changed {
        before: Genre,
        after: Genre,
        probability: f32,
    },
    HasGenre,
    Unsure,
    /// Why it was left as it was.
    Failed(String),
}

/// Counts of fates.
#[derive(Default)]
struct Tally {
    changed: usize,
    had_genre: usize,
    unsure: usize,
    failed: usize,
}

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a model or journal that cannot be used. What is wrong with a song is said, and
/// the song left alone.
pub fn run(args: &TagArgs) -> Result<ExitCode> {
    if let Some(journal) = &args.undo {
        return undo::run(journal, &Writer::new(args.keep_time), args.write);
    }
    let model = models::load(args.model.as_deref())?.on(&args.device.open()?)?;
    let classifier = Classifier::new(model);
    let tagger = Tagger {
        rule: rule(args, models::short_fingerprint(classifier.model())?),
        layout: Layout { genres: classifier.genres().clone(), top: 1, timeline: false },
        classifier: &classifier,
        journal: if args.write { Some(Mutex::new(Journal::open(&args.journal)?)) } else { None },
        writer: Writer::new(args.keep_time),
    };
    inputs::require(&args.paths)?;
    let found = inputs::stream(&args.paths, args.recursive).context("cannot read the list of songs")?;
    on_interrupt()?;
    hush_workers();
    let crew = parallel::crew(parallel::threads(None), usize::MAX)?;
    let mut tally = Tally::default();
    parallel::in_order(
        &crew,
        found.take_while(|_| !STOP.load(Ordering::Relaxed)).filter_map(Found::input),
        |input| (input.path.clone(), tagger.tag(input)),
        |(path, fate)| {
            tally.tell(&path, &fate);
            Ok(())
        },
    )?;
    print!("{}", tally.text(args));
    if STOP.load(Ordering::Relaxed) {
        eprintln!("Stopped. The same command goes on from here.");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(if tally.failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn rule(args: &TagArgs, model: String) -> Rule {
    let over = match (args.force, args.add) {
        (true, _) => Over::Replace,
        (_, true) => Over::Add,
        _ => Over::Keep,
    };
    Rule { above: args.above, over, program: concat!("genrefold ", env!("CARGO_PKG_VERSION")).into(), model }
}

/// Judges songs and writes their genres.
struct Tagger<'a> {
    classifier: &'a Classifier,
    layout: Layout,
    rule: Rule,
    /// None in a dry run.
    journal: Option<Mutex<Journal>>,
    writer: Writer,
}

impl Tagger<'_> {
    fn tag(&self, input: Input) -> Fate {
        self.try_tag(input).unwrap_or_else(|error| Fate::Failed(in_words(&error)))
    }

    fn try_tag(&self, input: Input) -> Result<Fate> {
        if let Some(failure) = input.refused {
            return Ok(Fate::Failed(failure.message));
        }
        if self.journal.is_some() {
            self.writer.sweep(&input.path);
        }
        let before = Song::read(&input.path)?.genre();
        // Most songs of a library have a genre: they need not be heard.
        if self.rule.over == Over::Keep && !before.genres.is_empty() {
            return Ok(Fate::HasGenre);
        }
        let Answer { path, verdict } = answer(input, |path| self.classifier.classify(path));
        let song = match verdict.map(|prediction| Outcome::judged(&self.layout, &prediction)) {
            Ok(Outcome::Judged(song)) => song,
            Ok(Outcome::Failed { error, .. }) => return Ok(Fate::Failed(error)),
            Err(failure) => return Ok(Fate::Failed(failure.message)),
        };
        let after = match self.rule.decide(&before, &song) {
            Decision::Write(after) => after,
            Decision::HasGenre | Decision::Same => return Ok(Fate::HasGenre),
            Decision::Unsure => return Ok(Fate::Unsure),
        };
        if let Some(journal) = &self.journal {
            self.write(journal, &path, &before, &after)?;
        }
        Ok(Fate::Changed { before, after, probability: song.probability })
    }

    /// The copy first, then the journal, then the original.
    fn write(&self, journal: &Mutex<Journal>, path: &Path, before: &Genre, after: &Genre) -> Result<()> {
        let checked = self.writer.prepare(path, after)?;
        let whole = std::path::absolute(path)?;
        let entry = Entry::new(&whole, before.clone(), after.clone());
        journal.lock().unwrap_or_else(PoisonError::into_inner).add(&entry)?;
        checked.put()
    }
}

impl Tally {
    fn tell(&mut self, path: &Path, fate: &Fate) {
        let file = one_line(&name(path));
        match fate {
            Fate::Changed { before, after, probability } => {
                self.changed += 1;
                let old = if before.genres.is_empty() { "none".into() } else { before.genres.join(", ") };
                let (old, new) = (one_line(&old), one_line(&after.genres.join(", ")));
                println!("{file}: {old} -> {new} ({})", percent(f64::from(*probability)));
            }
            Fate::HasGenre => self.had_genre += 1,
            Fate::Unsure => self.unsure += 1,
            Fate::Failed(why) => {
                self.failed += 1;
                eprintln!("{file}: {}", one_line(why));
            }
        }
    }

    fn text(&self, args: &TagArgs) -> String {
        let Tally { changed, had_genre, unsure, failed } = self;
        let verb = if args.write { "got a genre" } else { "would get a genre (--write writes it)" };
        let mut text = format!(
            "{} {verb}, {had_genre} had one, {unsure} unsure, {failed} left as they were",
            counted(*changed, "file")
        );
        if args.write && *changed > 0 {
            text += &format!(
                ". Back again: genrefold tag --undo {} --write",
                crate::words::quoted(&name(&args.journal))
            );
        }
        text + "\n"
    }
}
