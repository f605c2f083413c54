//! Runs for tests.

use super::{DataTable, FoldResult, Level, LevelScores, Manifest, Run, SideCounts, TrackResult};
use crate::error::Result;
use crate::evaluation::Protocol;
use crate::label::Genres;

/// A run on the genres blues, jazz and rock, without a fold.
pub fn run(name: &str, folds: usize) -> Result<Run> {
    let genres = Genres::new(["blues", "jazz", "rock"].map(str::to_owned).to_vec())?;
    let data = DataTable {
        title: "made up".into(),
        fingerprint: "f0".into(),
        tracks: vec![4; 3],
        clips: vec![8; 3],
        left_out: vec![],
        together: vec![],
    };
    let manifest = Manifest {
        format: super::manifest::FORMAT,
        program: "genrefold 0.0.0".into(),
        name: name.into(),
        network: "RGLU-LSTM".into(),
        protocol: Protocol::Track,
        level: Level::Mean,
        folds,
        genres,
        data,
        split: "5711".into(),
        fine_tuned_from: None,
        settings: serde_json::json!({ "training": { "epochs": 3, "rates": [0.1, 0.3] } }),
    };
    Ok(Run { manifest, folds: vec![] })
}

/// A track that is judged `said` by both of its clips.
pub fn track(path: &str, genre: usize, said: usize) -> TrackResult {
    let row: Vec<f32> = (0..3).map(|index| if index == said { 0.6 } else { 0.2 }).collect();
    TrackResult { path: path.into(), genre, clips: vec![0, 1], probabilities: vec![row; 2] }
}

/// A fold of these tracks.
pub fn fold(number: usize, tracks: Vec<TrackResult>) -> Result<FoldResult> {
    let counts = SideCounts { tracks: tracks.len(), clips: 2 * tracks.len() };
    Ok(FoldResult {
        fold: number,
        split: "5711".into(),
        training: SideCounts { tracks: 9 * counts.tracks, clips: 9 * counts.clips },
        validation: SideCounts::default(),
        test: counts,
        best_epoch: 1,
        history: vec![],
        scores: LevelScores::new(3, &tracks)?,
        tracks,
        validation_tracks: vec![],
        graphics_card: None,
    })
}
