//! One training for each fold of a split, each judged once on songs that it has not heard (report §4 and §5.3).
//!
//! The run's folder holds `split.json`, `run.json` and a file for each finished fold; while a fold is trained,
//! its checkpoint lies beside them. A run that is interrupted anywhere goes on when it is started again, and comes
//! to the same bytes.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::batch::clip_seed;
use super::checkpoint::{Checkpoint, Identity};
use super::experiment::Experiment;
use super::fit::{Fit, Progress, Sides, judge_clips};
use super::foundation::Foundation;
use super::observer::{Observer, Pass};
use super::shared::{blank_card, normalisation};
use crate::dataset::folds::{Folds, Songs, require_tracks};
use crate::dataset::store::by_track;
use crate::dataset::{Cache, Catalogue, ClipAt, Role, Store};
use crate::error::{Error, Result};
use crate::evaluation::Judged;
use crate::model::config::EncoderConfig;
use crate::model::{Model, Processor};
use crate::results::manifest::FORMAT;
use crate::results::{DataTable, FoldResult, LeftOut, LevelScores, Manifest, Run, SideCounts, TrackResult};

/// Folds draw from streams of their own, away from those of single trainings.
const FIRST_STREAM: usize = 1000;
/// Probabilities are kept to so many parts of one: six decimals, finer than they are repeatable elsewhere.
const KEPT_PARTS: f64 = 1e6;

/// A run to make or to go on with.
pub struct CrossValidation<'a> {
    /// The run's name.
    pub name: &'a str,
    /// What the songs are, in words.
    pub title: &'a str,
    /// All settings.
    pub experiment: &'a Experiment,
    /// The model that every fold begins with; none draws their weights. Its settings are
    /// [`Foundation::settings`].
    pub foundation: Option<&'a Foundation>,
    /// What learns and judges.
    pub processor: Processor,
    /// The songs.
    pub catalogue: &'a Catalogue,
    /// Spectrograms made earlier.
    pub cache: Option<&'a Cache>,
    /// Finds the songs that must stay together: a group number for each of the store's tracks.
    pub grouping: &'a dyn Fn(&Store) -> Result<Vec<usize>>,
    /// The run's folder.
    pub folder: &'a Path,
    /// Which folds to train, counted from 1; all that are missing if none are named.
    pub folds: Option<&'a [usize]>,
}

/// Trains and judges the folds that are not there yet. None if the observer asked to stop; what is finished stays.
///
/// # Errors
/// Before hours are spent: [`Error::Setting`], [`Error::Data`] for songs that cannot be divided so, [`Error::Run`]
/// for a folder that holds another run or that another process works in, [`Error::Io`] for one that cannot be
/// written. Later only [`Error::Io`].
pub fn crossval(plan: &CrossValidation, observer: &dyn Observer) -> Result<Option<Run>> {
    plan.experiment.validate()?;
    plan.experiment.refuse_windows_in_test_clips()?;
    fs::create_dir_all(plan.folder).map_err(Error::io("create", plan.folder))?;
    let _alone = lock(plan.folder)?;
    let study = &plan.experiment.study;
    require_tracks(plan.catalogue, study.protocol, study.folds)?;
    let front_end = &plan.experiment.front_end;
    let Some(store) = Store::read(plan.catalogue, front_end, plan.cache, observer)? else {
        return Ok(None);
    };
    let split = plan.split(&store)?;
    let mut run = Run { manifest: plan.manifest(&store, &split), folds: Vec::new() };
    match plan.begun()? {
        Some(begun) => run = plan.same(begun, run)?,
        None => run.save_manifest(plan.folder)?,
    }
    for fold in plan.wanted(&split)? {
        if run.folds.iter().any(|finished| finished.fold == fold) {
            plan.remove_checkpoint(fold)?;
            continue;
        }
        observer.fold_begins(fold);
        let Some(result) = Training { plan, store: &store, split: &split, fold }.run(observer)? else {
            return Ok(None);
        };
        run.save_fold(plan.folder, &result)?;
        plan.remove_checkpoint(fold)?;
        observer.fold_ends(&result);
        run.folds.push(result);
    }
    run.folds.sort_by_key(|fold| fold.fold);
    Ok(Some(run))
}

/// Keeps other processes out of the folder as long as the file is held.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Run {
            path: folder.into(),
            found: "another process that trains into this folder".into(),
            remedy: "wait for it, or give another folder and merge them afterwards".into(),
        }),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
    }
}

impl CrossValidation<'_> {
    /// The folder's split, or a new one.
    fn split(&self, store: &Store) -> Result<Folds> {
        let path = self.folder.join("split.json");
        let clips = store.clip_counts();
        let study = &self.experiment.study;
        if !path.exists() {
            // Looking for songs that sound alike takes a while: only where a split is drawn.
            let groups = (self.grouping)(store)?;
            let songs = Songs { catalogue: &store.catalogue, clips: &clips, groups: &groups };
            let split = Folds::draw(songs, study.protocol, study.folds, self.experiment.seed)?;
            split.save(&path)?;
            return Ok(split);
        }
        let split = Folds::load(&path)?;
        split.check(&store.catalogue, &clips)?;
        if split.protocol != study.protocol || split.parts != study.folds {
            let found = format!("a split into {} parts by {}", split.parts, split.protocol);
            return Err(self.another(found, "the settings of this run"));
        }
        Ok(split)
    }

    fn another(&self, found: String, differing: &str) -> Error {
        Error::Run {
            path: self.folder.into(),
            found: format!("{found}, which does not fit {differing}"),
            remedy: "give another folder, or restore what was changed".into(),
        }
    }

    /// The run that the folder holds already.
    fn begun(&self) -> Result<Option<Run>> {
        Run::is_in(self.folder).then(|| Run::load(self.folder)).transpose()
    }

    /// The begun run, unless it is of other settings or songs than the new one.
    fn same(&self, begun: Run, new: Run) -> Result<Run> {
        // As settings, not as text: one that this version has added has its default in an older run.
        let settings = serde_json::from_value::<Experiment>(begun.manifest.settings.clone());
        if settings.ok().as_ref() != Some(self.experiment) {
            return Err(self.another("a run of other settings".into(), "this configuration"));
        }
        let (old, new) = (&begun.manifest, &new.manifest);
        if old.fine_tuned_from != new.fine_tuned_from {
            let found = "a run that began with another model, or with drawn weights".into();
            return Err(self.another(found, "the model to begin with"));
        }
        if old.data.fingerprint != new.data.fingerprint || old.split != new.split {
            return Err(self.another("a run of other songs, or of another split".into(), "these songs"));
        }
        Ok(begun)
    }

    fn manifest(&self, store: &Store, split: &Folds) -> Manifest {
        let catalogue = &store.catalogue;
        let left_out = store.left_out.iter();
        let left_out = left_out
            .map(|(track, error)| LeftOut { path: catalogue.relative(track), reason: error.to_string() });
        let study = &self.experiment.study;
        Manifest {
            format: FORMAT,
            program: concat!("genrefold ", env!("CARGO_PKG_VERSION")).into(),
            name: self.name.into(),
            network: match self.experiment.network.encoder {
                EncoderConfig::Transformer(_) => "RGLUformer".into(),
                EncoderConfig::Lstm(_) => "RGLU-LSTM".into(),
            },
            protocol: study.protocol,
            level: study.level,
            folds: split.count(),
            genres: catalogue.genres.clone(),
            data: DataTable {
                title: self.title.into(),
                fingerprint: catalogue.fingerprint().into(),
                tracks: catalogue.counts(),
                clips: store.genre_clips(),
                left_out: left_out.collect(),
                together: split.together.clone(),
            },
            split: split.hash().into(),
            fine_tuned_from: self.fine_tuned_from(),
            settings: serde_json::to_value(self.experiment).unwrap_or_default(),
        }
    }

    fn fine_tuned_from(&self) -> Option<String> {
        self.foundation.map(|foundation| foundation.fingerprint().to_owned())
    }

    /// The folds to train, in order.
    fn wanted(&self, split: &Folds) -> Result<Vec<usize>> {
        let all = 1..=split.count();
        let Some(named) = self.folds else { return Ok(all.collect()) };
        match named.iter().find(|fold| !all.contains(fold)) {
            Some(fold) => Err(Error::Setting {
                key: "folds".into(),
                found: fold.to_string(),
                expected: format!("1 to {}, the folds of this split", split.count()),
            }),
            None => Ok(all.filter(|fold| named.contains(fold)).collect()),
        }
    }

    fn checkpoint(&self, fold: usize) -> PathBuf {
        self.folder.join(format!("fold-{fold:02}.checkpoint"))
    }

    fn remove_checkpoint(&self, fold: usize) -> Result<()> {
        let path = self.checkpoint(fold);
        if path.exists() { fs::remove_file(&path).map_err(Error::io("remove", &path)) } else { Ok(()) }
    }
}

/// The training of one fold.
struct Training<'a> {
    plan: &'a CrossValidation<'a>,
    store: &'a Store,
    split: &'a Folds,
    fold: usize,
}

impl Training<'_> {
    fn run(&self, observer: &dyn Observer) -> Result<Option<FoldResult>> {
        let experiment = self.plan.experiment;
        let [training, validation, test] =
            [Role::Training, Role::Validation, Role::Test].map(|r| self.clips(r));
        let counts = [&training, &validation, &test].map(|clips| counts(clips));
        let stopped_by = validation.clone();
        let normalisation = normalisation(experiment, self.plan.foundation, self.store, &training)?;
        let card = blank_card(experiment, self.plan.foundation, &self.store.catalogue, self.split.hash());
        let fit = Fit {
            experiment,
            foundation: self.plan.foundation,
            card: &card,
            store: self.store,
            sides: &Sides { training, validation },
            normalisation: &normalisation,
            processor: &self.plan.processor,
            epochs: experiment.training.epochs,
            pass: Pass::HeldOut,
            seed: clip_seed(experiment.seed, FIRST_STREAM + self.fold),
        };
        let Some(progress) = self.fit(&fit, observer)? else { return Ok(None) };
        let model = fit.model(&progress.best)?;
        let validated = self.judge(&model, &stopped_by)?;
        let (tracks, validation_tracks) = match experiment.study.judged {
            Judged::Test => (self.judge(&model, &test)?, validated),
            Judged::Validation => (validated, Vec::new()),
        };
        Ok(Some(FoldResult {
            fold: self.fold,
            split: self.split.hash().into(),
            training: counts[0],
            validation: counts[1],
            test: counts[2],
            best_epoch: progress.best_epoch,
            history: progress.history,
            scores: LevelScores::new(self.store.catalogue.genres.len(), &tracks)?,
            tracks,
            validation_tracks,
            graphics_card: self.plan.processor.graphics_card(),
        }))
    }

    /// Trains to the end, from the checkpoint if there is one; none if the observer asked to stop.
    fn fit(&self, fit: &Fit, observer: &dyn Observer) -> Result<Option<Progress>> {
        let path = self.plan.checkpoint(self.fold);
        let identity = Identity {
            experiment: self.plan.experiment.clone(),
            songs: self.store.catalogue.fingerprint().into(),
            split: self.split.hash().into(),
            fold: self.fold,
            foundation: self.plan.fine_tuned_from(),
        };
        let save = |progress: &Progress| {
            let (identity, progress) = (identity.clone(), progress.clone());
            Checkpoint { identity, pass: Pass::HeldOut, judged: None, progress }.save(&path)
        };
        let begun = Checkpoint::load(&path, &identity)?.map(|checkpoint| checkpoint.progress);
        fit.run(begun, observer, &mut |progress| save(progress))
    }

    /// The clips of a role, in the store's order.
    fn clips(&self, role: Role) -> Vec<ClipAt> {
        let catalogue = &self.store.catalogue;
        let tracks = catalogue.tracks.iter().zip(self.store.clip_counts()).enumerate();
        let of_track = |(track, (song, clips)): (usize, (&crate::dataset::Track, usize))| {
            let roles = self.split.roles(self.fold, &catalogue.relative(song), clips).unwrap_or_default();
            let clips = roles.into_iter().enumerate().filter(|(_, found)| *found == role);
            clips.map(|(clip, _)| ClipAt { track, clip }).collect::<Vec<_>>()
        };
        tracks.flat_map(of_track).collect()
    }

    /// What the model says of these clips, track by track.
    fn judge(&self, model: &Model, clips: &[ClipAt]) -> Result<Vec<TrackResult>> {
        let probabilities = judge_clips(model, self.store, clips)?;
        let mut rows = probabilities.rows();
        let result = |clips: &[ClipAt]| {
            let track = &self.store.catalogue.tracks[clips[0].track];
            TrackResult {
                path: self.store.catalogue.relative(track),
                genre: track.genre,
                clips: clips.iter().map(|at| at.clip).collect(),
                probabilities: rows.by_ref().take(clips.len()).map(rounded).collect(),
            }
        };
        Ok(by_track(clips).map(result).collect())
    }
}

fn rounded(row: &[f32]) -> Vec<f32> {
    row.iter().map(|value| ((f64::from(*value) * KEPT_PARTS).round() / KEPT_PARTS) as f32).collect()
}

fn counts(clips: &[ClipAt]) -> SideCounts {
    SideCounts { tracks: by_track(clips).count(), clips: clips.len() }
}
