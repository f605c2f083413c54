//! A table for people.

use std::io::{self, Write};
use std::path::Path;

use console::{Style, measure_text_width};
use genrefold::Prediction;
use genrefold::classifier::ClipPrediction;

use super::{Report, write_flushed};
use crate::failure::Failure;
use crate::words::{clock, counted, name, one_line, percent};
use genrefold::answer::Layout;

/// Longer names than this are written in full, but do not push the columns of the others aside.
const WIDEST_NAME: usize = 60;
/// Stands for a genre that is less probable than the model's card asks.
const UNSURE: &str = "unsure";
/// "100.0 %".
const PERCENT_WIDTH: usize = 7;
/// Below this share of the probability a runner-up is not worth the ink.
const FAINT: f32 = 0.0005;

/// Writes an aligned line a song, and a line a clip with a timeline.
pub struct Table<Out> {
    layout: Layout,
    name_width: usize,
    genre_width: usize,
    out: Out,
}

impl<Out: Write> Table<Out> {
    /// Writes to `out`, wide enough for these files.
    pub fn new<'a>(layout: Layout, files: impl Iterator<Item = &'a str>, out: Out) -> Self {
        let widths = files.map(|file| measure_text_width(&one_line(file)));
        let name_width = widths.filter(|width| *width <= WIDEST_NAME).max().unwrap_or(0).max("file".len());
        let names = layout.genres.names().iter().map(|name| measure_text_width(name));
        let genre_width = names.max().unwrap_or(0).max("genre".len()).max(UNSURE.len());
        Table { layout, name_width, genre_width, out }
    }

    fn row(&self, file: &str, genre: &str, share: &str, rest: &str) -> String {
        let style = Style::new().bold();
        let (file, genre) = (padded(file, self.name_width), padded(genre, self.genre_width));
        format!("{file}  {}  {share:>PERCENT_WIDTH$}  {rest}", style.apply_to(genre)).trim_end().to_owned()
            + "\n"
    }

    /// The likeliest genres but those that stand in the row already.
    fn others(&self, prediction: &Prediction) -> String {
        let named = |index: usize| {
            let share = prediction.probabilities.get(index).copied().filter(|share| *share >= FAINT)?;
            Some(format!("{} {}", one_line(self.layout.genres.shown(index)), percent(share.into())))
        };
        let ranking = prediction.ranking();
        let told = usize::from(!prediction.unsure);
        let next = ranking.into_iter().take(self.layout.top).skip(told).filter_map(named);
        let next = next.collect::<Vec<_>>().join(", ");
        if prediction.unsure { format!("perhaps {next}") } else { next }
    }

    fn clip_line(&self, clip: &ClipPrediction) -> String {
        let place = format!("{}-{}", clock(clip.start), clock(clip.end));
        let heard = match clip.winner() {
            Some((index, share)) => {
                format!("{} {}", one_line(self.layout.genres.shown(index)), percent(share.into()))
            }
            None => "silence".into(),
        };
        format!("    {place:<17} {heard}\n")
    }
}

impl<Out: Write> Report for Table<Out> {
    fn begin(&mut self) -> io::Result<()> {
        let rest = if self.layout.top > 1 { "then" } else { "" };
        let header = self.row("file", "genre", "", rest);
        write_flushed(&mut self.out, &header)
    }

    fn song(&mut self, path: &Path, prediction: &Prediction) -> io::Result<()> {
        let file = one_line(&name(path));
        let share = prediction.probabilities.get(prediction.genre).copied().unwrap_or_default();
        let mut rest = self.others(prediction);
        if prediction.faults > 0 {
            rest += &format!("  ({})", counted(prediction.faults as usize, "damaged part"));
        }
        let mut text = if prediction.unsure {
            self.row(&file, UNSURE, "", &rest)
        } else {
            let genre = one_line(self.layout.genres.shown(prediction.genre));
            self.row(&file, &genre, &percent(share.into()), &rest)
        };
        if self.layout.timeline {
            prediction.clips.iter().for_each(|clip| text += &self.clip_line(clip));
        }
        write_flushed(&mut self.out, &text)
    }

    fn failure(&mut self, path: &Path, failure: &Failure) -> io::Result<()> {
        let label = Style::new().red().for_stderr();
        let file = one_line(&name(path));
        eprintln!("{file}: {} {}", label.apply_to("no genre:"), one_line(&failure.message));
        Ok(())
    }
}

/// Filled up with spaces to a width that counts columns, not letters.
fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(measure_text_width(text)))
}
