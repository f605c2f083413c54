//! `genrefold dataset`: how many songs of each genre there are, and what is wrong with them.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use genrefold::FrontEnd;
use genrefold::dataset::survey::{Fault, Gtzan};
use genrefold::dataset::{Catalogue, Store, Survey};

use crate::args::DatasetArgs;
use crate::failure::INTERRUPTED;
use crate::output;
use crate::progress::TrainingProgress;
use crate::stop::{self, STOP};
use crate::words::{counted, one_line, percent};

/// Longer lists are cut here; --json prints all of them.
const SHOWN: usize = 20;

/// Runs the command.
///
/// # Errors
/// Those of [`Catalogue::scan`] and [`Store::read`].
pub fn run(args: &DatasetArgs) -> Result<ExitCode> {
    eprintln!("Looking through {} ...", args.folder.display());
    let catalogue = Catalogue::scan(&args.folder)?;
    let cache = crate::cache::of(&args.cache);
    stop::on_interrupt()?;
    let progress = TrainingProgress::new(catalogue.tracks.len(), 1, 0, &STOP);
    let store = Store::read(&catalogue, &FrontEnd::default(), cache.as_ref(), &progress);
    progress.clear();
    let Some(store) = store? else {
        eprintln!("Stopped. What was decoded is kept: the same command goes on.");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    eprintln!("{} of {} decoded.", progress.decoded(), counted(catalogue.tracks.len(), "song"));
    let survey = Survey::of(&store);
    let text = if args.json { serde_json::to_string_pretty(&survey)? + "\n" } else { page(&survey) };
    output::print(&text, "table")
}

fn page(survey: &Survey) -> String {
    let mut text = table(survey);
    let mut section = |title: String, lines: Vec<String>| {
        if !lines.is_empty() {
            text += &format!("\n{title}\n");
            lines.iter().take(SHOWN).for_each(|line| text += &format!("  {}\n", one_line(line)));
            if lines.len() > SHOWN {
                text += &format!("  and {} more (--json prints all)\n", lines.len() - SHOWN);
            }
        }
    };
    let faults =
        |faults: &[Fault]| faults.iter().map(|fault| format!("{}: {}", fault.path, fault.reason)).collect();
    section(format!("Left out, unreadable: {}", survey.unreadable.len()), faults(&survey.unreadable));
    section(format!("Left out, too short: {}", survey.too_short.len()), faults(&survey.too_short));
    section(format!("Left out, silent: {}", survey.silent.len()), faults(&survey.silent));
    let identical: Vec<String> = survey.identical.iter().map(|paths| paths.join(" = ")).collect();
    section(format!("Equal byte by byte: {}", identical.len()), identical);
    let alike = survey.similar.iter().map(|pair| {
        let place =
            if pair.offset_s.abs() < 0.1 { String::new() } else { format!(", {:+.1} s", pair.offset_s) };
        let genres = if pair.across_genres { ", in two genres" } else { "" };
        format!("{} ~ {} ({} of bits differ{place}{genres})", pair.one, pair.other, percent(pair.error_rate))
    });
    let alike: Vec<String> = alike.collect();
    section(format!("Sound like one recording: {}", alike.len()), alike);
    if survey.ignored > 0 {
        let _ = writeln!(
            text,
            "\nPassed over: {} that are not audio by their names.",
            counted(survey.ignored, "file")
        );
    }
    text + &survey.gtzan.as_ref().map(gtzan).unwrap_or_default()
}

/// The report's Table 1.
fn table(survey: &Survey) -> String {
    let names = survey.genres.iter().map(|row| console::measure_text_width(&row.name));
    let width = names.max().unwrap_or(0).max("Music genre".len());
    let pad =
        |name: &str| console::pad_str(&one_line(name), width, console::Alignment::Left, None).into_owned();
    let mut text = format!("{}  {:>7}  {:>8}  {:>8}\n", pad("Music genre"), "tracks", "clips", "of clips");
    let total = survey.clips().max(1) as f64;
    for row in &survey.genres {
        let share = percent(row.clips as f64 / total);
        let _ = writeln!(text, "{}  {:>7}  {:>8}  {share:>8}", pad(&row.name), row.tracks, row.clips);
    }
    let (tracks, clips) = (survey.tracks(), survey.clips());
    let _ = writeln!(text, "{}  {tracks:>7}  {clips:>8}  {:>8}", pad("Total"), percent(1.0));
    text
}

fn gtzan(found: &Gtzan) -> String {
    let present = found.matching + found.altered.len() + found.re_encoded;
    let mut text = format!("\nGTZAN: {present} of its 1000 tracks by name.\n");
    let _ = writeln!(
        text,
        "  {} equal the original bit by bit, {} were re-encoded.",
        found.matching, found.re_encoded
    );
    let shortened = |names: &[String]| {
        let more = names.len().saturating_sub(SHOWN);
        let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    };
    if !found.altered.is_empty() {
        let _ = writeln!(text, "  Lossless, but not the original: {}.", shortened(&found.altered));
    }
    if !found.missing.is_empty() {
        let _ = writeln!(text, "  {} missing: {}.", found.missing.len(), shortened(&found.missing));
    }
    if !found.known_pairs.is_empty() {
        let pairs: Vec<String> =
            found.known_pairs.iter().map(|(one, other)| format!("{one} = {other}")).collect();
        let _ = writeln!(text, "  Known copies: {}.", pairs.join(", "));
    }
    text
}
