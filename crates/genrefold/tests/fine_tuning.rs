//! A training that begins with another model's weights.

#[path = "common/interrupt.rs"]
mod interrupt;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use genrefold::dataset::duplicates::groups;
use genrefold::dataset::{Catalogue, Listener, synthetic::write_folder};
use genrefold::model::{Precision, Processor, SCORES};
use genrefold::training::experiment::Balance;
use genrefold::training::{
    CrossValidation, Evidence, Experiment, Foundation, Keeping, Observer, Outcome, Pass, Silent,
    SingleTraining, crossval, epochs_so_far, train,
};
use genrefold::{Genres, Model};

use interrupt::Interrupt;

type Tested<T = ()> = Result<T, Box<dyn Error>>;

/// A network of a few hundred weights on half-second clips.
const TINY: &str = r#"
seed = 3
[front_end]
bands = 16
clip_seconds = 0.5
[network]
channels = [6, 8, 8]
dense = [8]
encoder = { kind = "transformer", heads = 2, feed_forward = 16 }
[study]
folds = 3
[training]
validation = 0.34
epochs = 2
least_clips = 0
batch = 8
learning_rate = 3e-3
[augment]
time_mask = 6
band_mask = 3
"#;

/// Songs of three genres, and a model that knows two of them.
struct Studio {
    folder: tempfile::TempDir,
    catalogue: Catalogue,
    model: Model,
}

impl Studio {
    fn new() -> Tested<Self> {
        let folder = tempfile::tempdir()?;
        write_folder(&folder.path().join("two"), 2, 3, 1.5, 16_000)?;
        write_folder(&folder.path().join("three"), 3, 3, 1.2, 16_000)?;
        let two = Catalogue::scan(&folder.path().join("two"))?;
        let catalogue = Catalogue::scan(&folder.path().join("three"))?;
        let model = finished(train(&plan(&two, &toml::from_str(TINY)?, None, None), &Silent)?)?;
        Ok(Studio { folder, catalogue, model })
    }

    fn config(&self, text: &str) -> Tested<std::path::PathBuf> {
        let path = self.folder.path().join("settings.toml");
        fs::write(&path, text)?;
        Ok(path)
    }

    /// The settings of a fine-tuning that trains as the model was trained.
    fn settings(&self, foundation: &Foundation) -> Tested<Experiment> {
        Ok(foundation.settings(Some(&self.config(TINY)?))?)
    }
}

fn plan<'a>(
    catalogue: &'a Catalogue,
    experiment: &'a Experiment,
    foundation: Option<&'a Foundation>,
    keeping: Option<&'a Keeping>,
) -> SingleTraining<'a> {
    let processor = Processor::cpu();
    SingleTraining { catalogue, experiment, foundation, processor, cache: None, keeping, evidence: None }
}

fn finished(outcome: Outcome) -> Tested<Model> {
    match outcome {
        Outcome::Done(trained) => Ok(trained.model),
        Outcome::Stopped => Err("the training stopped".into()),
    }
}

#[test]
fn a_fine_tuned_model_keeps_what_its_weights_need_and_says_where_it_comes_from() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    let mut experiment = studio.settings(&foundation)?;
    experiment.fine_tuning.old_layers = 0.0;
    let tuned = finished(train(&plan(&studio.catalogue, &experiment, Some(&foundation), None), &Silent)?)?;
    assert_eq!((tuned.card.genres.len(), studio.model.card.genres.len()), (3, 2));
    assert_eq!(tuned.normalisation(), studio.model.normalisation());
    assert_eq!(tuned.card.front_end, studio.model.card.front_end);
    assert_eq!(tuned.card.training.fine_tuned_from, Some(studio.model.fingerprint()?));
    for (name, array) in studio.model.weights() {
        let kept = tuned.weights().get(name) == Some(array);
        assert_eq!(kept, !name.starts_with(SCORES), "{name}");
    }
    let read = Model::from_bytes(&tuned.to_bytes(Precision::F32)?, Path::new("read back"))?;
    assert_eq!(read.card, tuned.card);
    Ok(())
}

#[test]
fn the_same_genres_in_another_order_keep_their_scores() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    let names = studio.model.card.genres.names();
    let turned = Genres::in_order(vec![names[1].clone(), names[0].clone()])?;
    let own = studio.model.weights();
    let found = foundation.weights(own.clone(), &turned);
    assert_eq!(found["scores.bias"].values, [own["scores.bias"].values[1], own["scores.bias"].values[0]]);
    let columns = |values: &[f32]| values.chunks_exact(2).map(|row| (row[0], row[1])).collect::<Vec<_>>();
    let (before, after) = (columns(&own["scores.weight"].values), columns(&found["scores.weight"].values));
    assert!(before.iter().zip(&after).all(|(before, after)| (before.1, before.0) == *after));
    assert_eq!(foundation.weights(own.clone(), &studio.model.card.genres), *own);
    Ok(())
}

#[test]
fn an_interrupted_fine_tuning_gives_the_same_bytes_and_is_not_resumed_from_another_beginning() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    let experiment = studio.settings(&foundation)?;
    let whole = finished(train(&plan(&studio.catalogue, &experiment, Some(&foundation), None), &Silent)?)?;
    let keeping = Keeping { checkpoint: studio.folder.path().join("checkpoint"), resume: true };
    let training = plan(&studio.catalogue, &experiment, Some(&foundation), Some(&keeping));
    let mut rounds = 0;
    let pieces = loop {
        match train(&training, &Interrupt::after(4))? {
            Outcome::Stopped => rounds += 1,
            done => break finished(done)?,
        }
        assert!(rounds < 60, "the training does not get on");
    };
    assert!(rounds > 0 && whole.to_bytes(Precision::F32)? == pieces.to_bytes(Precision::F32)?);
    let error = train(&plan(&studio.catalogue, &experiment, None, Some(&keeping)), &Silent).err();
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("another model to begin with"), "{text}");
    Ok(())
}

#[test]
fn settings_that_contradict_the_model_are_named_and_others_are_taken_over() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    // The usual masks are wider than these clips.
    let settings = |text: &str| {
        let text = format!("{text}\n[augment]\ntime_mask = 6\nband_mask = 3");
        foundation.settings(Some(&studio.config(&text).unwrap_or_default()))
    };
    let usual = settings("")?;
    assert_eq!((&usual.network, usual.front_end.bands), (&studio.model.card.network, 16));
    assert_eq!(usual.training.epochs, usual.fine_tuning.epochs);
    let stated = settings("[training]\nepochs = 7\nlearning_rate = 1e-5\n[fine_tuning]\nepochs = 4")?;
    assert_eq!((stated.training.epochs, stated.training.learning_rate), (4, 1e-5));
    for (text, key) in [
        ("[network]\nchannels = [6, 8, 9]", "network.channels"),
        ("[network.encoder]\nkind = \"lstm\"\nhidden = 8", "network.encoder."),
        ("[network]\nnorm = \"layer\"", "network.norm: found \"layer\"; expected none"),
        ("[front_end]\nbands = 32", "front_end.bands"),
        ("[fine_tuning]\nepoch = 3", "epoch"),
        ("[fine_tuning]\nold_layers = 2.0", "fine_tuning.old_layers"),
    ] {
        let said = settings(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(key), "{text}: {said:?} does not name {key}");
    }
    Ok(())
}

/// Notes how many steps each epoch has.
#[derive(Default)]
struct Steps(Mutex<Vec<usize>>);

impl Listener for Steps {}
impl Observer for Steps {
    fn epoch_begins(&self, _: Pass, _: usize, _: usize, steps: usize) {
        if let Ok(mut noted) = self.0.lock() {
            noted.push(steps);
        }
    }
}

#[test]
fn few_songs_are_heard_as_often_as_an_epoch_needs_and_the_last_epoch_is_kept() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    let mut experiment = studio.settings(&foundation)?;
    (experiment.training.epochs, experiment.training.least_clips) = (4, 1000);
    let steps = Steps::default();
    let model = finished(train(&plan(&studio.catalogue, &experiment, Some(&foundation), None), &steps)?)?;
    // 1000 clips in batches of 8, though the songs hold some twenty.
    assert_eq!(steps.0.into_inner().map_err(|_| "poisoned")?, [125; 4]);
    assert_eq!(model.card.training.epochs, 4);
    for balance in [Balance::None, Balance::Weights] {
        (experiment.training.balance, experiment.training.epochs) = (balance, 1);
        let steps = Steps::default();
        train(&plan(&studio.catalogue, &experiment, Some(&foundation), None), &steps)?;
        assert_eq!(steps.0.into_inner().map_err(|_| "poisoned")?, [125]);
    }
    Ok(())
}

#[test]
fn folds_that_begin_with_a_model_are_evidence_of_it_alone() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    let experiment = studio.settings(&foundation)?;
    let folder = studio.folder.path().join("run");
    let run = |foundation: Option<&Foundation>| {
        let plan = CrossValidation {
            name: "tuned",
            title: "synthesised",
            experiment: &experiment,
            foundation,
            processor: Processor::cpu(),
            catalogue: &studio.catalogue,
            cache: None,
            grouping: &|store| Ok(groups(&store.catalogue)),
            folder: &folder,
            folds: None,
        };
        crossval(&plan, &Silent)
    };
    let finished = run(Some(&foundation))?.ok_or("stopped")?;
    assert_eq!(finished.manifest.fine_tuned_from.as_deref(), Some(foundation.fingerprint()));
    assert!(run(None).is_err_and(|error| error.to_string().contains("began with another model")));
    assert!(Evidence::of_run(&finished, &experiment, Some(&foundation), &studio.catalogue).is_ok());
    let other = Evidence::of_run(&finished, &experiment, None, &studio.catalogue);
    assert!(other.is_err_and(|error| error.to_string().contains("began otherwise")));
    Ok(())
}

#[test]
fn a_model_that_has_heard_the_songs_is_known_by_them() -> Tested {
    let studio = Studio::new()?;
    let foundation = Foundation::new(&studio.model)?;
    assert!(foundation.has_heard(&Catalogue::scan(&studio.folder.path().join("two"))?));
    assert!(!foundation.has_heard(&studio.catalogue));
    let mut of_gtzan = studio.catalogue.clone();
    of_gtzan.tracks[0].name = "blues.00042".into();
    assert_eq!(foundation.has_heard(&of_gtzan), foundation.card().genres.index("blues").is_some());
    Ok(())
}

#[test]
fn a_training_that_diverges_ends_with_what_to_change_and_keeps_nothing() -> Tested {
    let studio = Studio::new()?;
    let mut enormous = studio.model.weights().clone();
    enormous.values_mut().flat_map(|array| &mut array.values).for_each(|value| *value *= 1e30);
    let model = Model::new(studio.model.card.clone(), studio.model.normalisation().clone(), &enormous)?;
    let foundation = Foundation::new(&model)?;
    let experiment = studio.settings(&foundation)?;
    let keeping = Keeping { checkpoint: studio.folder.path().join("checkpoint"), resume: true };
    // The second attempt finds the state before the first epoch, and comes to the same end.
    for _ in 0..2 {
        let plan = plan(&studio.catalogue, &experiment, Some(&foundation), Some(&keeping));
        let error = train(&plan, &Silent).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("no numbers in epoch 1") && error.contains("warm_up"), "{error}");
        assert!(epochs_so_far(&keeping.checkpoint)?.1.is_empty());
    }
    Ok(())
}
