//! A table for spreadsheets, quoted as RFC 4180 says.

use std::io::{self, Write};
use std::path::Path;

use genrefold::Prediction;

use super::Report;
use crate::failure::Failure;
use crate::words::name;
use genrefold::answer::Layout;
use genrefold::answer::{ByGenre, Judged, Moment, Outcome};

/// Writes a row a song, or a row a clip with a timeline; failures are rows too.
pub struct Csv<Out: Write> {
    layout: Layout,
    out: ::csv::Writer<Out>,
}

/// Columns before those of the genres, for songs and for clips.
const SONG: [&str; 7] = ["file", "genre", "probability", "unsure", "seconds", "clips", "faults"];
const CLIP: [&str; 5] = ["file", "start", "end", "genre", "probability"];

impl<Out: Write> Csv<Out> {
    /// Writes to `out`.
    pub fn new(layout: Layout, out: Out) -> Self {
        let out = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        Csv { layout, out }
    }

    fn columns(&self) -> &'static [&'static str] {
        if self.layout.timeline { &CLIP } else { &SONG }
    }

    /// The names of the columns.
    pub fn header(&mut self) -> io::Result<()> {
        let genres = self.layout.genres.clone();
        let names = genres.names().iter().map(String::as_str);
        let header: Vec<&str> = self.columns().iter().copied().chain(names).chain(["error"]).collect();
        self.out.write_record(&header).map_err(Into::into)
    }

    /// The rows of one answer.
    pub fn answer(&mut self, file: &str, outcome: &Outcome) -> io::Result<()> {
        match outcome {
            Outcome::Judged(Judged { timeline: Some(clips), .. }) => {
                clips.iter().try_for_each(|clip| self.row(clip_columns(file, clip), clip.genres.as_ref(), ""))
            }
            Outcome::Judged(song) => self.row(song_columns(file, song), Some(&song.genres), ""),
            Outcome::Failed { error, .. } => {
                let mut first = vec![String::new(); self.columns().len()];
                first[0] = file.to_owned();
                self.row(first, None, error)
            }
        }
    }

    /// A row: its first columns, one value a genre (or nothing), and the error.
    fn row(&mut self, first: Vec<String>, genres: Option<&ByGenre>, error: &str) -> io::Result<()> {
        let values = (0..self.layout.genres.len()).map(|genre| match genres {
            Some(ByGenre(values)) => {
                values.get(genre).map(|(_, value)| value.to_string()).unwrap_or_default()
            }
            None => String::new(),
        });
        let fields: Vec<String> = first.into_iter().chain(values).chain([error.to_owned()]).collect();
        self.out.write_record(&fields).map_err(Into::into)
    }

    fn outcome(&mut self, path: &Path, outcome: &Outcome) -> io::Result<()> {
        self.answer(&name(path), outcome)?;
        self.out.flush()
    }
}

fn clip_columns(file: &str, clip: &Moment) -> Vec<String> {
    let probability = clip.probability.map(|probability| probability.to_string());
    let place = [file.to_owned(), clip.start.to_string(), clip.end.to_string()];
    place
        .into_iter()
        .chain([clip.genre.clone().unwrap_or_default(), probability.unwrap_or_default()])
        .collect()
}

fn song_columns(file: &str, song: &Judged) -> Vec<String> {
    vec![
        file.to_owned(),
        song.genre.clone(),
        song.probability.to_string(),
        song.unsure.to_string(),
        song.seconds.to_string(),
        song.clips.to_string(),
        song.faults.to_string(),
    ]
}

impl<Out: Write> Report for Csv<Out> {
    fn begin(&mut self) -> io::Result<()> {
        self.header()?;
        self.out.flush()
    }

    fn song(&mut self, path: &Path, prediction: &Prediction) -> io::Result<()> {
        self.outcome(path, &Outcome::judged(&self.layout, prediction))
    }

    fn failure(&mut self, path: &Path, failure: &Failure) -> io::Result<()> {
        self.outcome(path, &failure.into())
    }
}

#[cfg(test)]
mod tests {
    use genrefold::Genres;

    use super::*;

    #[test]
    fn names_with_commas_quotes_and_line_breaks_are_quoted() -> Result<(), Box<dyn std::error::Error>> {
        let genres = Genres::in_order(vec!["blues".into(), "drum, bass".into()])?;
        let layout = Layout { genres, top: 3, timeline: false };
        let mut bytes = Vec::new();
        let mut csv = Csv::new(layout, &mut bytes);
        csv.begin()?;
        csv.failure(Path::new("a \"b\"\nc.mp3"), &Failure::new("damaged", "no, really"))?;
        drop(csv);
        let text = "file,genre,probability,unsure,seconds,clips,faults,blues,\"drum, bass\",error\r\n\
                    \"a \"\"b\"\"\nc.mp3\",,,,,,,,,\"no, really\"\r\n";
        assert_eq!(String::from_utf8(bytes)?, text);
        Ok(())
    }
}
