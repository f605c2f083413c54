//! What came of all songs, in a few lines.

use std::collections::BTreeMap;

use super::goal::Goal;
use crate::words::{counted, name};
use genrefold::answer::Outcome;

/// Counts of answers.
#[derive(Debug, Default)]
pub struct Summary {
    genres: BTreeMap<String, usize>,
    unsure: usize,
    failures: BTreeMap<String, usize>,
}

impl Summary {
    /// Counts an answer.
    pub fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Judged(song) if song.unsure => self.unsure += 1,
            Outcome::Judged(song) => *self.genres.entry(song.genre.clone()).or_default() += 1,
            Outcome::Failed { kind, .. } => *self.failures.entry(kind.clone()).or_default() += 1,
        }
    }

    /// Files without a genre.
    pub fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// All files.
    pub fn answers(&self) -> usize {
        self.genres.values().sum::<usize>() + self.unsure + self.failed()
    }

    /// The summary, after `judged` new answers and `had_answers` that were there.
    pub fn text(&self, goal: &Goal, judged: usize, had_answers: usize, no_songs: usize) -> String {
        let mut text = format!("{} judged", counted(judged, "file"));
        if had_answers > 0 {
            text += &format!(", {had_answers} had an answer");
        }
        if no_songs > 0 {
            text += &format!(", {no_songs} passed over as hidden or no sound");
        }
        text += &format!(". {} holds {}:\n", name(&goal.out), counted(self.answers(), "answer"));
        let mut genres: Vec<_> = self.genres.iter().map(|(genre, count)| (genre.as_str(), *count)).collect();
        genres.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        if self.unsure > 0 {
            genres.push(("unsure", self.unsure));
        }
        if self.failed() > 0 {
            genres.push(("no genre", self.failed()));
        }
        let width = genres.iter().map(|(genre, _)| genre.chars().count()).max().unwrap_or(0);
        genres.iter().for_each(|(genre, count)| text += &format!("  {genre:<width$}  {count:>8}\n"));
        if self.failed() > 0 {
            let kinds: Vec<_> = self.failures.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            let (kinds, failures) = (kinds.join(", "), name(&goal.failures));
            text += &format!(
                "Without a genre: {kinds}. Why, is in {failures}; --retry-failed tries them again.\n"
            );
        }
        text
    }
}
