//! Which songs get a genre, and which.

use super::genre_tag::Note;
use super::song::Genre;
use genrefold::answer::Judged;

/// What is asked of a song before its genre is written.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The least probability; without it, what the model calls a sure answer.
    pub above: Option<f32>,
    pub over: Over,
    pub program: String,
    pub model: String,
}

/// What happens to a genre that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It stays, and the song is left alone.
    Keep,
    /// It goes.
    Replace,
    /// It stays, and the new one stands behind it.
    Add,
}

/// What is to be done with a song.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Write(Genre),
    /// It has a genre.
    HasGenre,
    /// It has this very genre.
    Same,
    /// The answer is not sure enough.
    Unsure,
}

impl Rule {
    /// Decides, from what the file says and what the model says.
    pub fn decide(&self, present: &Genre, song: &Judged) -> Decision {
        let sure = match self.above {
            Some(least) => song.probability >= least,
            None => !song.unsure,
        };
        let mut genres = match self.over {
            _ if present.genres.is_empty() => Vec::new(),
            Over::Keep => return Decision::HasGenre,
            Over::Replace => Vec::new(),
            Over::Add => present.genres.clone(),
        };
        if !sure {
            return Decision::Unsure;
        }
        let same = |genre: &String| genre.eq_ignore_ascii_case(&song.genre);
        if present.genres.iter().any(same) && (self.over == Over::Add || present.genres.len() == 1) {
            return Decision::Same;
        }
        genres.push(song.genre.clone());
        let note = |note: Note| match note {
            Note::Program => self.program.clone(),
            Note::Model => self.model.clone(),
            Note::Probability => format!("{:.3}", song.probability),
        };
        Decision::Write(Genre { genres, notes: Note::ALL.map(|which| Some(note(which))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use genrefold::answer::ByGenre;

    fn song(probability: f32, unsure: bool) -> Judged {
        Judged {
            genre: "rock".into(),
            probability,
            unsure,
            genres: ByGenre::default(),
            top: Vec::new(),
            seconds: 30.0,
            clips: 11,
            faults: 0,
            timeline: None,
        }
    }

    fn decide(above: Option<f32>, over: Over, present: &[&str], song: &Judged) -> Option<Vec<String>> {
        let rule = Rule { above, over, program: "genrefold".into(), model: "m".into() };
        let genres = present.iter().map(|genre| (*genre).into()).collect();
        match rule.decide(&Genre { genres, notes: [None, None, None] }, song) {
            Decision::Write(genre) => Some(genre.genres),
            _ => None,
        }
    }

    #[test]
    fn a_genre_is_written_where_none_is_and_the_answer_is_sure() {
        let rock = Some(vec!["rock".to_owned()]);
        assert_eq!(decide(None, Over::Keep, &[], &song(0.6, false)), rock);
        assert_eq!(decide(None, Over::Keep, &[], &song(0.6, true)), None);
        assert_eq!(decide(Some(0.5), Over::Keep, &[], &song(0.6, true)), rock);
        assert_eq!(decide(Some(0.7), Over::Keep, &[], &song(0.6, false)), None);
        assert_eq!(decide(None, Over::Keep, &["Pop"], &song(0.9, false)), None);
    }

    #[test]
    fn a_genre_that_is_there_is_replaced_or_added_to_on_request() {
        let rock =
            |before: &[&str]| Some(before.iter().copied().chain(["rock"]).map(str::to_owned).collect());
        assert_eq!(decide(None, Over::Replace, &["Pop", "Folk"], &song(0.9, false)), rock(&[]));
        assert_eq!(decide(None, Over::Add, &["Pop", "Folk"], &song(0.9, false)), rock(&["Pop", "Folk"]));
        assert_eq!(decide(None, Over::Replace, &["Rock"], &song(0.9, false)), None);
        assert_eq!(decide(None, Over::Replace, &["Rock", "Pop"], &song(0.9, false)), rock(&[]));
        assert_eq!(decide(None, Over::Add, &["Rock", "Pop"], &song(0.9, false)), None);
    }
}
