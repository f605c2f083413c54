//! An answer as an object: what a line of JSON holds, written and read. The command line, the service and the wheel all
//! say it so.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::classifier::{ClipPrediction, Prediction};
use crate::error::Error;
use crate::label::Genres;

/// How much of an answer is told.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The model's genres in its order.
    pub genres: Genres,
    /// How many of the likeliest genres are named.
    pub top: usize,
    /// Whether every clip is told as well.
    pub timeline: bool,
}

/// One line: a file and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where it lies.
    #[serde(flatten)]
    pub path: PathText,
    /// Its genre, or why there is none.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The model's short fingerprint.
    pub model: String,
    /// In a file of results: the file as it was judged.
    #[serde(flatten)]
    pub stamp: Option<Stamp>,
}

/// A path in JSON, to the byte: a path need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathText {
    /// As text; what is not UTF-8 is U+FFFD.
    pub file: String,
    /// Its bytes in hexadecimal digits, where the text is not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_bytes: Option<String>,
}

/// How a file is known to be the one that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// When it was changed last, nanoseconds since 1970 UTC.
    pub modified_ns: i64,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It has a genre.
    Judged(Judged),
    /// It has none: why, for people and for scripts.
    Failed {
        /// What was found, what was expected, what to do.
        error: String,
        /// One word, as [`Error::kind`].
        kind: String,
    },
}

/// A song's genre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The winner.
    pub genre: String,
    /// Its probability.
    pub probability: f32,
    /// Whether the model's card calls such an answer unsure.
    pub unsure: bool,
    /// Every genre's probability.
    pub genres: ByGenre,
    /// The likeliest genres, the winner first.
    pub top: Vec<Ranked>,
    /// Length of the song.
    pub seconds: f64,
    /// How many clips were heard.
    pub clips: usize,
    /// Damaged packets that were passed over.
    pub faults: u64,
    /// Clip by clip, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<Moment>>,
}

/// A genre and its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// The genre.
    pub genre: String,
    /// Its probability.
    pub probability: f32,
}

/// A clip; a silent one has no genre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Where it begins, seconds.
    pub start: f64,
    /// Where its music ends, seconds.
    pub end: f64,
    /// Its likeliest genre.
    pub genre: Option<String>,
    /// That genre's probability.
    pub probability: Option<f32>,
    /// Every genre's probability.
    pub genres: Option<ByGenre>,
}

/// An object with the genres as keys, in the model's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ByGenre(pub Vec<(String, f32)>);

impl ByGenre {
    fn new(genres: &Genres, probabilities: &[f32]) -> Self {
        ByGenre(genres.names().iter().cloned().zip(probabilities.iter().copied()).collect())
    }
}

impl Serialize for ByGenre {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(genre, probability)| (genre, probability)))
    }
}

impl<'de> Deserialize<'de> for ByGenre {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = ByGenre;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of genres and probabilities")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByGenre, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(ByGenre(all))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl PathText {
    /// The path, to the byte.
    pub fn path(&self) -> PathBuf {
        match self.file_bytes.as_deref().and_then(unhex) {
            Some(bytes) => path_of(bytes),
            None => PathBuf::from(&self.file),
        }
    }
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        let file_bytes = path.to_str().is_none().then(|| hex(path.as_os_str().as_encoded_bytes()));
        PathText { file: path.to_string_lossy().into_owned(), file_bytes }
    }
}

impl Record {
    /// A file's answer by the model of this short fingerprint.
    pub fn new(path: &Path, outcome: Outcome, model: &str) -> Self {
        Record { path: path.into(), outcome, model: model.to_owned(), stamp: None }
    }

    /// Whether it has no genre.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }
}

impl Outcome {
    /// A song's genre.
    pub fn judged(layout: &Layout, prediction: &Prediction) -> Self {
        let genres = &layout.genres;
        let probability = |index: usize| prediction.probabilities.get(index).copied().unwrap_or_default();
        let ranked = |index| Ranked { genre: genres.shown(index).into(), probability: probability(index) };
        let timeline = || prediction.clips.iter().map(|clip| Moment::new(genres, clip)).collect();
        Outcome::Judged(Judged {
            genre: genres.shown(prediction.genre).into(),
            probability: probability(prediction.genre),
            unsure: prediction.unsure,
            genres: ByGenre::new(genres, &prediction.probabilities),
            top: prediction.ranking().into_iter().take(layout.top).map(ranked).collect(),
            seconds: prediction.seconds,
            clips: prediction.clips.len(),
            faults: prediction.faults,
            timeline: layout.timeline.then(timeline),
        })
    }
}

impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        Outcome::Failed { error: error.to_string(), kind: error.kind().into() }
    }
}

impl Moment {
    fn new(genres: &Genres, clip: &ClipPrediction) -> Self {
        let winner = clip.winner();
        Moment {
            start: clip.start,
            end: clip.end,
            genre: winner.map(|(index, _)| genres.shown(index).into()),
            probability: winner.map(|(_, probability)| probability),
            genres: clip.probabilities.as_ref().map(|values| ByGenre::new(genres, values)),
        }
    }
}

/// A path of these bytes.
#[cfg(unix)]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

/// A path of these bytes.
#[cfg(not(unix))]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> Outcome {
        Outcome::Judged(Judged {
            genre: "rock".into(),
            probability: 0.1 + 0.2,
            unsure: true,
            genres: ByGenre(vec![("rock".into(), 0.3), ("blues".into(), 0.7)]),
            top: vec![Ranked { genre: "rock".into(), probability: 0.3 }],
            seconds: 29.93,
            clips: 11,
            faults: 0,
            timeline: None,
        })
    }

    #[test]
    fn a_line_is_read_as_it_was_written() -> serde_json::Result<()> {
        let failed = Outcome::from(&Error::Damaged { found: "a \"header\"\n".into() });
        for outcome in [judged(), failed] {
            let record = Record::new(Path::new("a/b\n.mp3"), outcome, "0123456789ab");
            for stamp in [None, Some(Stamp { size: 7, modified_ns: 1_700_000_000_123_456_789 })] {
                let record = Record { stamp, ..record.clone() };
                let text = serde_json::to_string(&record)?;
                assert_eq!(serde_json::from_str::<Record>(&text)?, record, "{text}");
            }
        }
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_comes_back_to_the_byte() {
        let path = path_of(b"caf\xe9/\xf0\x9f\x8e\xb5.mp3".to_vec());
        let record = Record::new(&path, judged(), "m");
        assert_eq!(record.path.path(), path);
        assert!(record.path.file.contains('\u{fffd}'));
    }
}
