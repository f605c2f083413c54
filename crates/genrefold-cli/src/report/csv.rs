//! A table for spreadsheets, quoted as RFC 4180 says.

use std::io::{self, Write};

use genrefold::Prediction;

use super::{Layout, Report, clip_winner};
use crate::failure::Failure;
use crate::words::genre;

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

    /// A row: its first columns, one value a genre (or nothing), and the error.
    fn row(&mut self, first: Vec<String>, probabilities: Option<&[f32]>, error: &str) -> io::Result<()> {
        let values = (0..self.layout.genres.len()).map(|genre| match probabilities {
            Some(values) => values.get(genre).map(f32::to_string).unwrap_or_default(),
            None => String::new(),
        });
        let fields: Vec<String> = first.into_iter().chain(values).chain([error.to_owned()]).collect();
        self.write(&fields)
    }

    fn write(&mut self, fields: &[impl AsRef<[u8]>]) -> io::Result<()> {
        self.out.write_record(fields)?;
        self.out.flush()
    }
}

impl<Out: Write> Report for Csv<Out> {
    fn begin(&mut self) -> io::Result<()> {
        let genres = self.layout.genres.clone();
        let names = genres.names().iter().map(String::as_str);
        let header: Vec<&str> = self.columns().iter().copied().chain(names).chain(["error"]).collect();
        self.write(&header)
    }

    fn song(&mut self, file: &str, prediction: &Prediction) -> io::Result<()> {
        let genres = self.layout.genres.clone();
        if self.layout.timeline {
            return prediction.clips.iter().try_for_each(|clip| {
                let winner = clip_winner(clip);
                let name = winner.map(|(index, _)| genre(&genres, index).to_owned());
                let probability = winner.map(|(_, probability)| probability.to_string());
                let place = [file.to_owned(), clip.start.to_string(), clip.end.to_string()];
                let verdict = [name.unwrap_or_default(), probability.unwrap_or_default()];
                let first = place.into_iter().chain(verdict).collect();
                self.row(first, clip.probabilities.as_deref(), "")
            });
        }
        let probability = prediction.probabilities.get(prediction.genre).copied().unwrap_or_default();
        let first = vec![
            file.to_owned(),
            genre(&genres, prediction.genre).to_owned(),
            probability.to_string(),
            prediction.unsure.to_string(),
            prediction.seconds.to_string(),
            prediction.clips.len().to_string(),
            prediction.faults.to_string(),
        ];
        self.row(first, Some(&prediction.probabilities), "")
    }

    fn failure(&mut self, file: &str, failure: &Failure) -> io::Result<()> {
        let mut first = vec![String::new(); self.columns().len()];
        first[0] = file.to_owned();
        self.row(first, None, &failure.message)
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
        csv.failure("a \"b\"\nc.mp3", &Failure::new("damaged", "no, really"))?;
        drop(csv);
        let text = "file,genre,probability,unsure,seconds,clips,faults,blues,\"drum, bass\",error\r\n\
                    \"a \"\"b\"\"\nc.mp3\",,,,,,,,,\"no, really\"\r\n";
        assert_eq!(String::from_utf8(bytes)?, text);
        Ok(())
    }
}
