//! A music library on one page: its genres, how sure they are, a map of its songs, and what has no genre.

use super::document::{Block, Column, Document, Figure, Line, Section, Table};
use super::plots::map::{Point, map};
use super::plots::sureness::{sureness, tenths};
use super::{html, plane, words};
use crate::error::Result;

/// Runners-up below this share are not named.
const FAINT: f32 = 0.05;

/// A library whose songs have been judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// What it is called.
    pub title: String,
    /// What the model is, in a few words.
    pub model: String,
    /// The model's genres in its order.
    pub genres: Vec<String>,
    /// The songs that have an answer.
    pub songs: Vec<Shelved>,
    /// Files without a genre, and why.
    pub failures: Vec<(String, String)>,
}

/// A song of a library.
#[derive(Debug, Clone, PartialEq)]
pub struct Shelved {
    /// Its file as it is to be shown.
    pub file: String,
    /// The winner, an index into the genres.
    pub genre: usize,
    /// One probability a genre.
    pub probabilities: Vec<f32>,
    /// Whether the model calls the answer unsure.
    pub unsure: bool,
    /// Its embedding: as long for all songs.
    pub embedding: Vec<f32>,
}

impl Shelved {
    fn probability(&self) -> f32 {
        self.probabilities.get(self.genre).copied().unwrap_or_default()
    }
}

/// The page: HTML that needs nothing beside it.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn library(library: &Library) -> Result<String> {
    let document = Document {
        title: words::shown(&library.title),
        sections: vec![
            genres(library),
            sure(library)?,
            neighbours(library),
            unsure(library),
            failures(library),
        ],
    };
    Ok(html::page(&document))
}

fn genres(library: &Library) -> Section {
    let all = library.songs.len();
    let share = |count: usize| words::percent(count as f64 / all.max(1) as f64);
    let row = |name: Line, songs: Vec<&Shelved>| -> Vec<Line> {
        let unsure = songs.iter().filter(|song| song.unsure).count();
        let sum: f64 = songs.iter().map(|song| f64::from(song.probability())).sum();
        let mean = if songs.is_empty() { "–".into() } else { words::percent(sum / songs.len() as f64) };
        vec![
            name,
            songs.len().to_string().into(),
            share(songs.len()).into(),
            mean.into(),
            unsure.to_string().into(),
        ]
    };
    let of = |genre: usize| library.songs.iter().filter(move |song| song.genre == genre).collect::<Vec<_>>();
    let mut each: Vec<_> = library.genres.iter().enumerate().map(|(genre, name)| (name, of(genre))).collect();
    each.sort_by_key(|(_, songs)| std::cmp::Reverse(songs.len()));
    let mut rows: Vec<Vec<Line>> =
        each.into_iter().map(|(name, songs)| row(words::shown(name).into(), songs)).collect();
    rows.push(row("all".into(), library.songs.iter().collect()));
    let numbers = ["Songs", "Share", "Mean probability", "Of them unsure"].map(Column::numbers);
    let columns = [Column::words("Likeliest genre")].into_iter().chain(numbers).collect();
    let table = Table { total: true, ..Table::new("Songs by their likeliest genre", columns, rows) };
    let model = Line::from(format!("Judged by {}. ", library.model));
    let warning =
        "The model knows these genres and no others: a song of another kind is put where it sounds nearest.";
    Section::new("Genres", vec![Block::Text(model.plain(warning)), Block::Table(table)])
}

fn sure(library: &Library) -> Result<Section> {
    let counts = tenths(library.songs.iter().map(|song| (song.probability(), song.unsure)));
    let caption = "Songs by the probability of their likeliest genre; orange are those that the model's card calls unsure";
    let figure = Figure {
        number: 1,
        caption: caption.into(),
        label: format!("Songs by probability, a bar for each tenth: {counts:?}"),
        drawing: sureness(&counts)?,
    };
    Ok(Section::new("How sure", vec![Block::Figure(figure)]))
}

fn neighbours(library: &Library) -> Section {
    let width = library.songs.first().map_or(0, |song| song.embedding.len());
    let vectors: Vec<f32> = library.songs.iter().flat_map(|song| song.embedding.iter().copied()).collect();
    let places = plane::places(&vectors, width);
    let point = |(song, place): (&Shelved, [f32; 2])| Point {
        place,
        genre: (!song.unsure).then_some(song.genre),
        name: format!("{}: {}", words::shown(&song.file), likely(library, song)),
    };
    let points: Vec<Point> = library.songs.iter().zip(places).map(point).collect();
    let caption = "Each point is a song; near are songs that sound alike to the network. The two directions in which the \
                   songs' embeddings differ most (principal components); grey are unsure songs. A pointer that rests on \
                   a point is told its name";
    let figure = Figure {
        number: 2,
        caption: caption.into(),
        label: format!("A map of {}", words::counted(points.len(), "song")),
        drawing: map(&points, &library.genres),
    };
    Section::new("Map", vec![Block::Figure(figure)])
}

fn unsure(library: &Library) -> Section {
    let mut songs: Vec<&Shelved> = library.songs.iter().filter(|song| song.unsure).collect();
    if songs.is_empty() {
        return Section::new("Unsure", vec![Block::Text("No song.".into())]);
    }
    songs.sort_by(|a, b| a.probability().total_cmp(&b.probability()));
    let rows = songs
        .iter()
        .map(|song| vec![words::shown(&song.file).into(), likely(library, song).into()])
        .collect();
    let caption = format!("{}, the least sure first", words::counted(songs.len(), "song"));
    let columns = vec![Column::words("File"), Column::words("Perhaps")];
    let table = Table { folded: true, ..Table::new(caption, columns, rows) };
    Section::new("Unsure", vec![Block::Table(table)])
}

fn failures(library: &Library) -> Section {
    if library.failures.is_empty() {
        return Section::new("Without a genre", vec![Block::Text("No file.".into())]);
    }
    let rows =
        library.failures.iter().map(|(file, why)| vec![words::shown(file).into(), words::shown(why).into()]);
    let columns = vec![Column::words("File"), Column::words("Why")];
    let caption = words::counted(library.failures.len(), "file");
    let table = Table { folded: true, ..Table::new(caption, columns, rows.collect()) };
    Section::new("Without a genre", vec![Block::Table(table)])
}

/// "rock 48 %, metal 31 %".
fn likely(library: &Library, song: &Shelved) -> String {
    let mut ranked: Vec<(usize, f32)> = song.probabilities.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named =
        ranked.iter().enumerate().filter(|(place, (_, share))| *place == 0 || *share >= FAINT).take(3);
    let each = named.map(|(_, (genre, share))| {
        let name = library.genres.get(*genre).map(String::as_str).unwrap_or("?");
        format!("{} {:.0} %", words::shown(name), 100.0 * share)
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(file: &str, genre: usize, probability: f32, unsure: bool) -> Shelved {
        let mut probabilities = vec![(1.0 - probability) / 2.0; 3];
        probabilities[genre] = probability;
        let embedding = vec![genre as f32, probability, 1.0];
        Shelved { file: file.into(), genre, probabilities, unsure, embedding }
    }

    fn example() -> Library {
        Library {
            title: "Music".into(),
            model: "the model 0123".into(),
            genres: vec!["blues".into(), "rock & roll".into(), "<jazz>".into()],
            songs: vec![
                song("a.mp3", 0, 0.9, false),
                song("<b>.mp3", 1, 0.4, true),
                song("c.mp3", 1, 0.8, false),
            ],
            failures: vec![("d.mp3".into(), "damaged audio".into())],
        }
    }

    #[test]
    fn every_song_is_counted_placed_and_named() -> Result<()> {
        let page = library(&example())?;
        assert_eq!(page.matches("<title>").count(), 1 + 2 + 3, "the page's, two figures', three songs'");
        for text in ["rock &amp; roll", "&lt;b&gt;.mp3", "damaged audio", "3 songs", "33.3"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(!page.contains("<b>.mp3") && !page.contains("src="), "escaped, and nothing from elsewhere");
        Ok(())
    }

    #[test]
    fn a_library_without_a_song_has_a_page_too() -> Result<()> {
        let page = library(&Library { songs: Vec::new(), failures: Vec::new(), ..example() })?;
        assert!(page.contains("No song.") && page.contains("No file."));
        Ok(())
    }
}
