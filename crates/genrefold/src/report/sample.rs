//! Runs made up for tests: no music, no network, the same every time.

use crate::error::Result;
use crate::evaluation::Protocol;
use crate::label::Genres;
use crate::results::manifest::FORMAT;
use crate::results::{
    DataTable, EpochRecord, FoldResult, LeftOut, Level, LevelScores, Manifest, Run, SideCounts, TrackResult,
    Validation,
};

/// What a made-up run looks like.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub network: &'static str,
    pub protocol: Protocol,
    pub genres: Vec<String>,
    /// The folds that are finished.
    pub finished: Vec<usize>,
    pub folds: usize,
    /// Tracks of each genre in each fold.
    pub tracks: usize,
    /// How often, of a hundred clips, the right genre is likeliest.
    pub skill: usize,
    pub epochs: usize,
}

impl Sample {
    pub fn new(network: &'static str, protocol: Protocol, genres: &[&str]) -> Self {
        let genres = genres.iter().map(|name| name.to_string()).collect();
        Sample { network, protocol, genres, finished: vec![1, 2], folds: 2, tracks: 2, skill: 70, epochs: 4 }
    }

    pub fn run(&self) -> Result<Run> {
        let folds = self.finished.iter().map(|&fold| self.fold(fold)).collect::<Result<_>>()?;
        Ok(Run { manifest: self.manifest()?, folds })
    }

    fn manifest(&self) -> Result<Manifest> {
        let level = if self.protocol.is_leaky() { Level::Clip } else { Level::Vote };
        Ok(Manifest {
            format: FORMAT,
            program: "genrefold 0.1.0".into(),
            name: format!("{}-{}", self.network.to_lowercase(), self.protocol),
            network: self.network.into(),
            protocol: self.protocol,
            level,
            folds: self.folds,
            genres: Genres::in_order(self.genres.clone())?,
            data: self.data(),
            split: "5e".repeat(32),
            fine_tuned_from: None,
            settings: serde_json::json!({ "training": { "epochs": 500, "patience": 80 } }),
        })
    }

    fn data(&self) -> DataTable {
        let tracks = self.tracks * self.folds;
        DataTable {
            title: "made-up songs".into(),
            fingerprint: "da".repeat(32),
            tracks: vec![tracks; self.genres.len()],
            clips: vec![tracks * CLIPS; self.genres.len()],
            left_out: vec![LeftOut { path: self.path(0, 99, 0), reason: "damaged audio".into() }],
            together: vec![vec![self.path(0, 1, 0), self.path(0, 1, 1)]],
        }
    }

    fn path(&self, genre: usize, fold: usize, track: usize) -> String {
        format!("{}/song {fold}-{track}.wav", self.genres[genre])
    }

    fn fold(&self, fold: usize) -> Result<FoldResult> {
        let places =
            (0..self.genres.len()).flat_map(|genre| (0..self.tracks).map(move |track| (genre, track)));
        let tracks: Vec<TrackResult> = places.map(|(genre, track)| self.track(genre, fold, track)).collect();
        let side =
            |parts: usize| SideCounts { tracks: tracks.len() * parts, clips: tracks.len() * parts * CLIPS };
        Ok(FoldResult {
            fold,
            split: "5e".repeat(32),
            training: side(8),
            validation: side(1),
            test: side(1),
            best_epoch: (self.epochs * 2 / 3 + fold % 3).clamp(1, self.epochs.max(1)),
            history: (1..=self.epochs).map(|epoch| self.epoch(epoch, fold)).collect(),
            scores: LevelScores::new(self.genres.len(), &tracks)?,
            tracks,
            validation_tracks: Vec::new(),
            graphics_card: None,
        })
    }

    fn track(&self, genre: usize, fold: usize, track: usize) -> TrackResult {
        let row = |clip: usize| self.row(genre, scatter(&[genre, fold, track, clip]));
        TrackResult {
            path: self.path(genre, fold, track),
            genre,
            clips: (0..CLIPS).collect(),
            probabilities: (0..CLIPS).map(row).collect(),
        }
    }

    /// One clip's probabilities: the likeliest genre is the right one or, less often, one of its neighbours.
    fn row(&self, genre: usize, chance: usize) -> Vec<f32> {
        let genres = self.genres.len();
        let hit = chance % 100 < self.skill;
        let said = if hit { genre } else { (genre + 1 + chance / 100 % 3) % genres };
        let top = 0.55 + (chance / 1000 % 40) as f32 / 100.0;
        let rest = (1.0 - top) / (genres - 1) as f32;
        (0..genres).map(|index| if index == said { top } else { rest }).collect()
    }

    fn epoch(&self, epoch: usize, fold: usize) -> EpochRecord {
        let (time, shift) = (epoch as f64, fold as f64);
        let noise = (scatter(&[epoch, fold]) % 100) as f64 / 1000.0;
        let validation = Validation {
            loss: 0.7 + 1.6 / (1.0 + 0.3 * time) + 0.004 * time + noise,
            accuracy: 0.8 - 0.6 / (1.0 + 0.3 * time) + noise / 2.0 - 0.005 * shift,
            macro_recall: 0.7,
        };
        let training_loss = 0.15 + 2.0 / (1.0 + 0.25 * time) + 0.01 * shift;
        EpochRecord { epoch, training_loss, validation: Some(validation), learning_rate: 1e-3 }
    }
}

/// Clips of each track.
const CLIPS: usize = 5;

/// A number that looks like chance and is none (FNV-1a, then mixed once more).
fn scatter(parts: &[usize]) -> usize {
    let mix = |hash: u64, part: &usize| (hash ^ *part as u64).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = parts.iter().fold(0xcbf2_9ce4_8422_2325, mix);
    ((hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 34) as usize
}
