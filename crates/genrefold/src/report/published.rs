//! The report's own numbers, to stand beside ours.
//!
//! **Source**: Targhini, Vargu and De Luca, "Music genre classification based on res-gated CNN and attention
//! mechanism", Politecnico di Milano 2023-2024, Tables 1 to 4; all of GTZAN but one damaged track.

/// The genres of the report's Table 1, lower case and letters only, with their clips.
const CLIPS: [(&str, usize); 10] = [
    ("blues", 1100),
    ("classical", 1100),
    ("country", 1100),
    ("disco", 1100),
    ("hiphop", 1100),
    ("jazz", 1089),
    ("metal", 1100),
    ("pop", 1100),
    ("reggae", 1100),
    ("rock", 1100),
];

/// Mean figures over the report's ten folds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    /// Share judged right.
    pub accuracy: f64,
    /// Precision.
    pub precision: f64,
    /// Recall.
    pub recall: f64,
    /// F1.
    pub f1: f64,
}

/// Table 2: RGLUformer, clips divided, single clips.
pub(super) const TABLE_2: Figures =
    Figures { accuracy: 0.8870, precision: 0.8876, recall: 0.8870, f1: 0.8864 };

/// Table 3: RGLU-LSTM, clips divided, single clips. Its caption says RGLUformer, its section RGLU-LSTM.
pub(super) const TABLE_3: Figures =
    Figures { accuracy: 0.9037, precision: 0.9048, recall: 0.9037, f1: 0.9035 };

/// Table 4: RGLUformer, whole tracks held out, majority vote.
pub(super) const TABLE_4: Figures =
    Figures { accuracy: 0.7918, precision: 0.8077, recall: 0.7918, f1: 0.7912 };

/// The clips of a genre in Table 1, where it is one of the ten: "hiphop", "Hip Hop" and "hip-hop" are one.
pub(super) fn clips(genre: &str) -> Option<usize> {
    let letters: String = genre.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    CLIPS.iter().find(|(name, _)| *name == letters).map(|(_, clips)| *clips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_genres_of_table_1_add_up_to_its_total() {
        assert_eq!(CLIPS.iter().map(|(_, clips)| clips).sum::<usize>(), 10_989);
    }

    #[test]
    fn a_genre_is_found_however_it_is_written() {
        assert_eq!(["Hip Hop", "hip-hop", "jazz"].map(clips), [Some(1100), Some(1100), Some(1089)]);
        assert_eq!(clips("pop/rock"), None);
    }
}
