//! The runs made ready for the page: their figures computed once, and found by what they are.

use super::document::Line;
use super::words;
use crate::error::{Error, Result};
use crate::evaluation::{Judged as Songs, Protocol};
use crate::results::summary::LevelSummary;
use crate::results::{DataTable, Level, Manifest, Run, RunSummary, TrackResult};

/// All runs of a page.
pub(super) struct Study<'a> {
    /// Those with at least one finished fold.
    pub runs: Vec<Judged<'a>>,
    /// Those without.
    pub waiting: Vec<&'a Run>,
}

/// A run with its figures.
pub(super) struct Judged<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its figures.
    pub summary: RunSummary,
    /// Its test tracks of all folds, by path.
    pub tracks: Vec<TrackResult>,
}

impl<'a> Study<'a> {
    /// Computes all figures.
    pub fn new(runs: &'a [Run]) -> Result<Self> {
        if runs.is_empty() {
            let (found, expected) = ("none".into(), "at least one run; train one first".into());
            return Err(Error::Setting { key: "report.runs".into(), found, expected });
        }
        let (ready, waiting): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|run| !run.folds.is_empty());
        let judged = |run: &'a Run| Ok(Judged { run, summary: run.summary()?, tracks: run.test_tracks() });
        Ok(Study { runs: ready.into_iter().map(judged).collect::<Result<_>>()?, waiting })
    }

    /// The manifests of all runs, those without a fold last.
    pub fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.runs.iter().map(|judged| judged.run).chain(self.waiting.iter().copied()).map(|run| &run.manifest)
    }

    /// The different sets of songs, each with one of the manifests that name it: one that keeps songs together,
    /// if there is one, for where clips are divided that says nothing.
    pub fn data(&self) -> Vec<(&Manifest, &DataTable)> {
        let mut found: Vec<&Manifest> = Vec::new();
        for manifest in self.manifests() {
            match found.iter_mut().find(|known| same_songs(known, manifest)) {
                None => found.push(manifest),
                Some(known) if known.protocol.is_leaky() && !manifest.protocol.is_leaky() => {
                    *known = manifest
                }
                Some(_) => {}
            }
        }
        found.into_iter().map(|manifest| (manifest, &manifest.data)).collect()
    }

    /// The first run of a network under a protocol.
    pub fn find(&self, network: &str, protocol: Protocol) -> Option<&Judged<'a>> {
        self.runs.iter().find(|judged| judged.is(network, protocol))
    }

    /// The first run of a network under a protocol that judged test songs, as the report did: one that judged the songs
    /// that it was stopped by cannot be held against the report's figures.
    pub fn like_the_reports(&self, network: &str, protocol: Protocol) -> Option<&Judged<'a>> {
        let tested = |judged: &&Judged| judged.manifest().judged() == Songs::Test;
        self.runs.iter().filter(tested).find(|judged| judged.is(network, protocol))
    }

    /// The networks in the order in which they first occur.
    pub fn networks(&self) -> Vec<&str> {
        let mut networks: Vec<&str> = Vec::new();
        for judged in &self.runs {
            let network = judged.manifest().network.as_str();
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        networks
    }

    /// For each network that has both on the same songs: a run that divided clips and one that held out whole
    /// songs.
    pub fn pairs(&self) -> Vec<(&Judged<'a>, &Judged<'a>)> {
        self.networks().into_iter().filter_map(|network| self.pair(network)).collect()
    }

    fn pair(&self, network: &str) -> Option<(&Judged<'a>, &Judged<'a>)> {
        let clips = self.find(network, Protocol::Clip)?;
        let songs =
            [Protocol::Track, Protocol::Holdout, Protocol::Filtered].into_iter().find_map(|protocol| {
                let fits = |other: &&Judged| other.is(network, protocol) && other.same_songs(clips);
                self.runs.iter().find(fits)
            })?;
        Some((clips, songs))
    }
}

/// Whether two runs are of the same songs, whatever they kept together.
fn same_songs(one: &Manifest, other: &Manifest) -> bool {
    let songs = |manifest: &Manifest| DataTable { together: Vec::new(), ..manifest.data.clone() };
    one.genres == other.genres && songs(one) == songs(other)
}

impl Judged<'_> {
    /// What was run.
    pub fn manifest(&self) -> &Manifest {
        &self.run.manifest
    }

    /// Whether its figures come from songs that were also learned from.
    pub fn leaky(&self) -> bool {
        self.manifest().protocol.is_leaky()
    }

    /// How many folds are finished.
    pub fn folds(&self) -> usize {
        self.run.folds.len()
    }

    /// Means and deviations on a level.
    pub fn measures(&self, level: Level) -> LevelSummary {
        // A summary always holds all levels.
        self.summary.levels[&level]
    }

    /// The level of the figures that suppose independent rows: tracks, whatever the run's own level is.
    pub fn track_level(&self) -> Level {
        if self.manifest().level == Level::Mean { Level::Mean } else { Level::Vote }
    }

    /// The run's name with its mark.
    pub fn name(&self) -> Line {
        Line::from(words::shown(&self.manifest().name)).leaky(self.leaky())
    }

    /// How many of its folds are finished, in words.
    pub fn progress(&self) -> String {
        progress(self.run)
    }

    /// The names of its genres as they can be shown.
    pub fn genres(&self) -> Vec<String> {
        genres(self.manifest())
    }

    fn is(&self, network: &str, protocol: Protocol) -> bool {
        self.manifest().network == network && self.manifest().protocol == protocol
    }

    fn same_songs(&self, other: &Judged) -> bool {
        self.manifest().data.fingerprint == other.manifest().data.fingerprint
    }
}

/// How many folds of a run are finished, in words.
pub(super) fn progress(run: &Run) -> String {
    format!("{} of {}", run.folds.len(), words::counted(run.manifest.folds, "fold"))
}

/// The names of a manifest's genres as they can be shown.
pub(super) fn genres(manifest: &Manifest) -> Vec<String> {
    manifest.genres.names().iter().map(|name| words::shown(name)).collect()
}
