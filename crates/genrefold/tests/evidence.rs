//! A model of all songs takes its promises from a cross-validation, and from no other run than one of its own kind.

use std::error::Error;
use std::path::Path;

use genrefold::dataset::synthetic::write_folder;
use genrefold::dataset::{Catalogue, Store, duplicates};
use genrefold::evaluation::{Judged, Protocol};
use genrefold::model::Processor;
use genrefold::results::Run;
use genrefold::training::{CrossValidation, Experiment, Outcome, Silent, SingleTraining, crossval, train};
use genrefold::{Classifier, Model};

type Tested = Result<(), Box<dyn Error>>;

/// A network of a few hundred weights on half-second clips, three folds.
const TINY: &str = r#"
seed = 3
[study]
folds = 3
[front_end]
bands = 16
clip_seconds = 0.5
[network]
channels = [6, 8, 8]
dense = [8]
[network.encoder]
kind = "transformer"
heads = 2
feed_forward = 16
[training]
epochs = 4
batch = 8
learning_rate = 3e-3
[augment]
random_windows = false
time_mask = 6
band_mask = 3
"#;

fn by_copies(store: &Store) -> genrefold::Result<Vec<usize>> {
    Ok(duplicates::groups(&store.catalogue))
}

fn run(
    catalogue: &Catalogue,
    experiment: &Experiment,
    folder: &Path,
    folds: Option<&[usize]>,
) -> genrefold::Result<Option<Run>> {
    let plan = CrossValidation {
        name: "tiny",
        title: "synthesised",
        experiment,
        foundation: None,
        processor: Processor::cpu(),
        catalogue,
        cache: None,
        grouping: &by_copies,
        folder,
        folds,
    };
    crossval(&plan, &Silent)
}

fn trained(
    catalogue: &Catalogue,
    experiment: &Experiment,
    evidence: &Run,
) -> genrefold::Result<Option<Model>> {
    let plan = SingleTraining {
        catalogue,
        experiment,
        foundation: None,
        processor: Processor::cpu(),
        cache: None,
        keeping: None,
        evidence: Some(evidence),
    };
    Ok(match train(&plan, &Silent)? {
        Outcome::Done(trained) => Some(trained.model),
        Outcome::Stopped => None,
    })
}

#[test]
fn a_model_of_all_songs_promises_what_its_twins_kept_and_answers_calibrated() -> Tested {
    let folder = tempfile::tempdir()?;
    write_folder(&folder.path().join("songs"), 3, 14, 1.5, 16_000)?;
    let catalogue = Catalogue::scan(&folder.path().join("songs"))?;
    let experiment: Experiment = toml::from_str(TINY)?;
    let run = run(&catalogue, &experiment, &folder.path().join("run"), None)?.ok_or("stopped")?;
    let model = trained(&catalogue, &experiment, &run)?.ok_or("stopped")?;
    let card = &model.card;
    let figures = card.training.figures.as_ref().ok_or("no figures")?;
    assert_eq!(figures.scores.count, 42, "every song was judged once");
    assert!(figures.judged.starts_with("3 twins"), "{}", figures.judged);
    assert_eq!(card.training.data.tracks.values().sum::<usize>(), 42, "every song was learned from");
    let calibration = card.calibration.as_ref().ok_or("no calibration")?;
    assert!(calibration.temperature > 0.0 && calibration.fitted_on.contains("validation"), "{calibration:?}");

    let song = catalogue.tracks[0].path.as_path();
    let honest = Classifier::new(model.clone()).classify(song)?;
    let mut plain = model.clone();
    plain.card.calibration = None;
    let plain = Classifier::new(plain).classify(song)?;
    assert!(!plain.unsure);
    let least = calibration.unsure_below.unwrap_or(0.0);
    assert_eq!(honest.unsure, f64::from(honest.probabilities[honest.genre]) < least);
    let (one, other) = (&honest.clips[0].probabilities, &plain.clips[0].probabilities);
    let (one, other) = (one.as_ref().ok_or("silent")?, other.as_ref().ok_or("silent")?);
    let softer = genrefold::evaluation::calibration::at_temperature(other, calibration.temperature);
    assert!(
        one.iter().zip(&softer).all(|(one, softer)| (one - softer).abs() < 1e-4),
        "{one:?} and {softer:?}"
    );
    Ok(())
}

#[test]
fn a_run_that_says_nothing_about_the_model_is_refused_with_the_reason() -> Tested {
    let folder = tempfile::tempdir()?;
    let songs = |name: &str, tracks: u64| -> genrefold::Result<Catalogue> {
        let songs = folder.path().join(name);
        write_folder(&songs, 2, tracks, 1.0, 16_000)?;
        Catalogue::scan(&songs)
    };
    let (catalogue, others) = (songs("songs", 4)?, songs("others", 5)?);
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.epochs = 1;
    let with = |change: &dyn Fn(&mut Experiment)| {
        let mut changed = experiment.clone();
        change(&mut changed);
        changed
    };
    let leaky = with(&|e| e.study.protocol = Protocol::Clip);
    let validated = with(&|e| e.study.judged = Judged::Validation);
    let hotter = with(&|e| e.training.learning_rate = 1e-3);
    let one_fold: Option<&[usize]> = Some(&[1]);
    let cases = [
        ("settings", &catalogue, &hotter, None, "other settings"),
        ("songs", &others, &experiment, None, "other songs"),
        ("unfinished", &catalogue, &experiment, one_fold, "1 of 3 folds"),
        ("leaky", &catalogue, &leaky, None, "knew"),
        ("validation", &catalogue, &validated, None, "knew"),
    ];
    for (name, songs, settings, folds, word) in cases {
        let run = run(songs, settings, &folder.path().join(name), folds)?.ok_or("stopped")?;
        let error = trained(&catalogue, &experiment, &run).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|said| said.contains(word)), "{name}: {error:?}");
    }
    Ok(())
}
