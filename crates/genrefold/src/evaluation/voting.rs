//! Many clips, one verdict: from the probabilities of a track's clips to the genre of the track.
//!
//! **Source**: the report's vote over the eleven clips of a track; the mean is its usual soft counterpart.
//!
//! **Conventions**: both rules work on the same clip probabilities. A tie of votes goes to the tied genre with
//! the larger sum of probabilities over all clips, and if these are equal too, to the lower index.
//!
//! **Formula**, for clips `c = 1..n` and genres `g`: mean `P(g) = Σ_c p_c(g) / n`;
//! majority `P(g) = #{ c : argmax p_c = g } / n`.

use serde::{Deserialize, Serialize};

use super::{Probabilities, argmax, bad, check_labels};
use crate::error::Result;

/// How the clips of a track decide together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Voting {
    /// The mean of the clips' probabilities: a sure clip counts for more than a doubtful one.
    #[default]
    Mean,
    /// Each clip has one vote, for its likeliest genre.
    Majority,
}

/// What the clips of a track say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The winning genre. Under [`Voting::Majority`] a tie is already settled here, and only here.
    pub genre: usize,
    /// One value for each genre, summing to one: mean probabilities, or shares of the votes.
    pub probabilities: Vec<f32>,
}

impl Voting {
    /// The verdict over all clips of one track.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) when there is no clip.
    pub fn verdict(self, clips: &Probabilities) -> Result<Verdict> {
        if clips.is_empty() {
            return Err(bad("clips", "none", "at least one clip of each track"));
        }
        Ok(self.of_rows(clips.genres(), clips.rows()))
    }

    /// One verdict for each track, from the clips of all: `track_of[i]` is the track of clip `i`, from 0 to
    /// `tracks - 1` in any order.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) when `track_of` does not fit the clips or a track has
    /// no clip.
    pub fn verdicts(self, clips: &Probabilities, track_of: &[usize], tracks: usize) -> Result<Vec<Verdict>> {
        check_labels("track_of", track_of, clips.len(), tracks)?;
        let mut rows: Vec<Vec<&[f32]>> = vec![Vec::new(); tracks];
        for (row, &track) in clips.rows().zip(track_of) {
            rows[track].push(row);
        }
        match rows.iter().position(Vec::is_empty) {
            Some(track) => Err(bad("track_of", format!("no clip of track {track}"), "clips of each track")),
            None => Ok(rows.into_iter().map(|rows| self.of_rows(clips.genres(), rows.into_iter())).collect()),
        }
    }

    fn of_rows<'a>(self, genres: usize, rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Verdict {
        let clips = rows.len() as f64;
        // (votes, sum of probabilities): compared in this order, a tie of votes falls to the sum.
        let mut tally = vec![(0_u32, 0.0_f64); genres];
        for row in rows {
            tally[argmax(row)].0 += 1;
            tally.iter_mut().zip(row).for_each(|(genre, &p)| genre.1 += f64::from(p));
        }
        let sums: Vec<f64> = tally.iter().map(|genre| genre.1).collect();
        match self {
            Voting::Mean => Verdict {
                genre: argmax(&sums),
                probabilities: sums.iter().map(|sum| (sum / clips) as f32).collect(),
            },
            Voting::Majority => Verdict {
                genre: argmax(&tally),
                probabilities: tally.iter().map(|genre| (f64::from(genre.0) / clips) as f32).collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clips() -> Result<Probabilities> {
        // Two weak votes for genre 0, two strong ones for genre 1, one for genre 2.
        let rows = [[0.4, 0.3, 0.3], [0.4, 0.3, 0.3], [0.1, 0.9, 0.0], [0.0, 0.8, 0.2], [0.0, 0.4, 0.6]];
        Probabilities::from_rows(3, rows)
    }

    #[test]
    fn a_tie_of_votes_goes_to_the_larger_sum_of_probabilities() -> Result<()> {
        let verdict = Voting::Majority.verdict(&clips()?)?;
        assert_eq!(verdict, Verdict { genre: 1, probabilities: vec![0.4, 0.4, 0.2] });
        Ok(())
    }

    #[test]
    fn the_mean_and_the_vote_may_disagree() -> Result<()> {
        let clips = Probabilities::from_rows(2, [[0.6, 0.4], [0.6, 0.4], [0.0, 1.0]])?;
        assert_eq!(Voting::Majority.verdict(&clips)?.genre, 0);
        assert_eq!(Voting::Mean.verdict(&clips)?, Verdict { genre: 1, probabilities: vec![0.4, 0.6] });
        Ok(())
    }

    #[test]
    fn the_order_of_the_clips_of_several_tracks_does_not_matter() -> Result<()> {
        let one = Probabilities::from_rows(2, [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])?;
        let other = Probabilities::from_rows(2, [[0.2, 0.8], [0.9, 0.1], [0.6, 0.4]])?;
        for rule in [Voting::Mean, Voting::Majority] {
            assert_eq!(rule.verdicts(&one, &[0, 1, 0], 2)?, rule.verdicts(&other, &[1, 0, 0], 2)?);
        }
        Ok(())
    }

    #[test]
    fn a_track_without_clips_is_refused() -> Result<()> {
        assert!(Voting::Mean.verdict(&Probabilities::new(2, vec![])?).is_err());
        assert!(Voting::Mean.verdicts(&clips()?, &[0, 0, 0, 0, 2], 3).is_err());
        assert!(Voting::Mean.verdicts(&clips()?, &[0, 0], 1).is_err());
        Ok(())
    }
}
