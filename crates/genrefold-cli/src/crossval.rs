//! `genrefold crossval`: a configuration and a folder of songs in, a study out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use genrefold::dataset::artists;
use genrefold::dataset::duplicates::Together;
use genrefold::dataset::synthetic::write_folder;
use genrefold::dataset::{Cache, Catalogue, Store};
use genrefold::model::Processor;
use genrefold::results::{Measure, Run};
use genrefold::training::{CrossValidation, PlannedRun, StudyPlan, Synthetic, crossval};

use crate::args::CrossvalArgs;
use crate::failure::{INTERRUPTED, Usage};
use crate::pages;
use crate::stop::{self, STOP};
use crate::watch::Watch;
use crate::words::{counted, percent};

/// Samples per second of synthesised songs: GTZAN's.
const SYNTHETIC_RATE_HZ: u32 = 22_050;

/// Runs the command.
///
/// # Errors
/// [`Usage`] for arguments that contradict each other; those of [`crossval()`].
pub fn run(args: &CrossvalArgs) -> Result<ExitCode> {
    let plan = StudyPlan::load(&args.config)?;
    let out = args.out.clone().unwrap_or_else(|| Path::new("runs").join(&plan.name));
    wanted(args, &plan)?;
    let processor = args.device.open_to_train()?;
    let artists = args.artists.as_deref().map(artists::read).transpose()?.unwrap_or_default();
    let songs = Songs::find(args, &plan, &out)?;
    stop::on_interrupt()?;
    let study =
        Study { args, plan: &plan, processor: &processor, out: &out, songs: &songs, artists: &artists };
    for run in wanted(args, &plan)? {
        match study.run(run)? {
            Some(finished) => say_result(&finished)?,
            None => {
                study.write_page_if_any()?;
                eprintln!("Stopped. The same command goes on from the last finished epoch.");
                return Ok(ExitCode::from(INTERRUPTED));
            }
        }
    }
    println!("The report is {}", study.write_page()?.display());
    Ok(ExitCode::SUCCESS)
}

/// The runs that are to be made.
fn wanted<'a>(args: &CrossvalArgs, plan: &'a StudyPlan) -> Result<Vec<&'a PlannedRun>> {
    let names: Vec<&str> = plan.runs.iter().map(|run| run.name.as_str()).collect();
    if let Some(unknown) = args.only.iter().find(|name| !names.contains(&name.as_str())) {
        let text =
            format!("there is no run {unknown:?} in {}; it has {}", args.config.display(), names.join(", "));
        return Err(anyhow!(Usage(text)));
    }
    let asked = |run: &&PlannedRun| args.only.is_empty() || args.only.contains(&run.name);
    Ok(plan.runs.iter().filter(asked).collect())
}

/// The songs of a study.
struct Songs {
    catalogue: Catalogue,
    title: String,
    cache: Option<Cache>,
}

impl Songs {
    fn find(args: &CrossvalArgs, plan: &StudyPlan, out: &Path) -> Result<Self> {
        match (&args.data, plan.synthetic) {
            (Some(folder), _) => {
                eprintln!("Looking through {} ...", folder.display());
                let catalogue = Catalogue::scan(folder)?;
                let name = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Ok(Songs {
                    catalogue,
                    title: args.title.clone().unwrap_or(name),
                    cache: crate::cache::of(&args.cache),
                })
            }
            (None, Some(songs)) => Self::synthesise(songs, &out.join("songs")),
            (None, None) => Err(anyhow!(Usage(format!(
                "no songs: {} synthesises none, so name a folder with one sub-folder for each genre: --data FOLDER",
                args.config.display()
            )))),
        }
    }

    /// The same songs every time; so short that nothing is gained by keeping their spectrograms.
    fn synthesise(songs: Synthetic, folder: &Path) -> Result<Self> {
        let Synthetic { genres, tracks, seconds } = songs;
        eprintln!(
            "Synthesising {} of {genres} genres into {} ...",
            counted(genres * tracks, "song"),
            folder.display()
        );
        write_folder(folder, genres, tracks as u64, seconds, SYNTHETIC_RATE_HZ)?;
        let title =
            format!("{} of {seconds} s that the program synthesised", counted(genres * tracks, "song"));
        Ok(Songs { catalogue: Catalogue::scan(folder)?, title, cache: None })
    }
}

/// The runs of one configuration over the same songs.
struct Study<'a> {
    args: &'a CrossvalArgs,
    plan: &'a StudyPlan,
    processor: &'a Processor,
    out: &'a Path,
    songs: &'a Songs,
    artists: &'a BTreeMap<String, String>,
}

impl Study<'_> {
    /// A single run lies in the output itself, several in folders below it.
    fn folder(&self, run: &PlannedRun) -> PathBuf {
        if self.plan.runs.len() == 1 { self.out.to_path_buf() } else { self.out.join(&run.name) }
    }

    fn run(&self, run: &PlannedRun) -> Result<Option<Run>> {
        let folder = self.folder(run);
        let (training, study) = (&run.experiment.training, &run.experiment.study);
        let log = self.args.log_dir.as_ref().map(|log| log.join(&run.name));
        let page = || self.write_page().map(drop);
        let several = self.plan.runs.len() > 1;
        let watch = Watch {
            label: if several { format!("{} ", run.name) } else { String::new() },
            tracks: self.songs.catalogue.tracks.len(),
            batch: training.batch,
            trainings: self
                .args
                .folds
                .as_ref()
                .map_or(study.protocol.folds(study.folds), |folds| folds.0.len()),
            log,
            page: &page,
        };
        let observer = watch.begin(&STOP);
        let outcome = crossval(
            &CrossValidation {
                name: &run.name,
                title: &self.songs.title,
                experiment: &run.experiment,
                foundation: None,
                processor: self.processor.clone(),
                catalogue: &self.songs.catalogue,
                cache: self.songs.cache.as_ref(),
                grouping: &|store| Ok(together(store, self.artists)),
                folder: &folder,
                folds: self.args.folds.as_ref().map(|folds| &folds.0[..]),
            },
            &observer,
        );
        observer.finish()?;
        outcome.with_context(|| format!("the run {}", run.name))
    }

    /// The page over the folds that are there so far.
    fn write_page(&self) -> Result<PathBuf> {
        pages::write(&self.plan.name, &self.begun(), self.out)
    }

    /// The same after an interruption, when there may be nothing to show yet.
    fn write_page_if_any(&self) -> Result<()> {
        for folder in self.begun() {
            if !Run::load(&folder)?.folds.is_empty() {
                return self.write_page().map(drop);
            }
        }
        Ok(())
    }

    fn begun(&self) -> Vec<PathBuf> {
        let folders = self.plan.runs.iter().map(|run| self.folder(run));
        folders.filter(|folder| Run::is_in(folder)).collect()
    }
}

/// Which songs stay together: copies, recordings that sound alike, and the songs of an artist.
pub fn together(store: &Store, artists: &BTreeMap<String, String>) -> Vec<usize> {
    let similar: Vec<_> = store.similar().into_iter().map(|pair| (pair.one, pair.other)).collect();
    Together::new(&store.catalogue).pairs(&similar).artists(artists).numbered()
}

fn say_result(run: &Run) -> Result<()> {
    let summary = run.summary()?;
    let level = &summary.levels[&run.manifest.level];
    let leaky = run.manifest.protocol.mark();
    // One fold has no deviation.
    let over = |measure: Measure| match summary.folds {
        1 => percent(measure.mean),
        _ => format!("{} ± {}", percent(measure.mean), percent(measure.deviation)),
    };
    println!(
        "{}: {} under {}{leaky}, {} of {} folds: accuracy {}, macro F1 {}",
        run.manifest.name,
        run.manifest.network,
        run.manifest.protocol,
        summary.folds,
        run.manifest.folds,
        over(level.accuracy),
        over(level.f1),
    );
    Ok(())
}
