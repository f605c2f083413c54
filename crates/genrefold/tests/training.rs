//! Training on synthesised songs, in seconds: the same seed gives the same model, whatever interrupts it.

#[path = "common/interrupt.rs"]
mod interrupt;

use std::error::Error;
use std::path::Path;
use std::sync::Mutex;

use genrefold::dataset::{Catalogue, Listener, Reading, Track, synthetic::write_folder};
use genrefold::features::Input;
use genrefold::model::config::{EncoderConfig, LstmConfig, NormKind, Tokens, TransformerConfig};
use genrefold::model::{Precision, Processor};
use genrefold::training::{
    EpochRecord, Experiment, Keeping, Observer, Outcome, Pass, Silent, SingleTraining, epochs_so_far, train,
};

use interrupt::Interrupt;

type Tested = Result<(), Box<dyn Error>>;

/// A network of a few hundred weights on half-second clips.
const TINY: &str = r#"
seed = 3
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
validation = 0.34
epochs = 3
batch = 8
learning_rate = 3e-3
[augment]
time_mask = 6
band_mask = 3
"#;

fn songs(folder: &Path) -> genrefold::Result<Catalogue> {
    write_folder(folder, 3, 3, 1.5, 16_000)?;
    Catalogue::scan(folder)
}

fn plan<'a>(
    catalogue: &'a Catalogue,
    experiment: &'a Experiment,
    keeping: Option<&'a Keeping>,
) -> SingleTraining<'a> {
    let processor = Processor::cpu();
    SingleTraining {
        catalogue,
        experiment,
        foundation: None,
        processor,
        cache: None,
        keeping,
        evidence: None,
    }
}

fn finished(outcome: Outcome) -> Result<(Vec<u8>, Vec<EpochRecord>), Box<dyn Error>> {
    match outcome {
        Outcome::Done(trained) => Ok((trained.model.to_bytes(Precision::F32)?, trained.history)),
        Outcome::Stopped => Err("the training stopped".into()),
    }
}

#[test]
fn a_training_that_is_interrupted_and_resumed_gives_the_same_bytes() -> Tested {
    let folder = tempfile::tempdir()?;
    let catalogue = songs(&folder.path().join("songs"))?;
    for (refit, norm) in [(false, NormKind::None), (true, NormKind::None), (false, NormKind::Batch)] {
        let mut experiment: Experiment = toml::from_str(TINY)?;
        experiment.training.refit = refit;
        experiment.network.norm = norm;
        let (whole, history) = finished(train(&plan(&catalogue, &experiment, None), &Silent)?)?;
        assert_eq!(history.len(), 3);
        let checkpoint = folder.path().join(format!("checkpoint-{refit}-{norm:?}"));
        let mut rounds = 0;
        let pieces = loop {
            let keeping = Keeping { checkpoint: checkpoint.clone(), resume: true };
            let observer = Interrupt::after(7);
            match train(&plan(&catalogue, &experiment, Some(&keeping)), &observer)? {
                Outcome::Stopped => {
                    rounds += 1;
                    if !refit && checkpoint.exists() {
                        let (fold, epochs) = epochs_so_far(&checkpoint)?;
                        assert!(
                            fold == 0 && !epochs.is_empty() && history.starts_with(&epochs),
                            "{epochs:?}"
                        );
                    }
                }
                done => break finished(done)?.0,
            }
            assert!(rounds < 60, "the training does not get on");
        };
        assert!(rounds > 0, "nothing was interrupted");
        assert!(whole == pieces, "refit {refit}, norm {norm:?}: another model after {rounds} interruptions");
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads_and_another_seed_others() -> Tested {
    let folder = tempfile::tempdir()?;
    let catalogue = songs(folder.path())?;
    let model = |threads: usize, seed: u64| -> Result<Vec<u8>, Box<dyn Error>> {
        let mut experiment: Experiment = toml::from_str(TINY)?;
        experiment.seed = seed;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(finished(pool.install(|| train(&plan(&catalogue, &experiment, None), &Silent))?)?.0)
    };
    let first = model(1, 3)?;
    for threads in [1, 2, 3] {
        assert!(model(threads, 3)? == first, "another model on {threads} threads");
    }
    assert!(model(1, 4)? != first, "the seed changes nothing");
    Ok(())
}

/// The loss of a training's last epoch: what the front end, the network, its gradients and the optimiser come to.
fn last_loss(
    catalogue: &Catalogue,
    input: Input,
    norm: NormKind,
    encoder: EncoderConfig,
) -> Result<f64, Box<dyn Error>> {
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.front_end.input = input;
    experiment.network.norm = norm;
    experiment.network.encoder = encoder;
    let (_, history) = finished(train(&plan(catalogue, &experiment, None), &Silent)?)?;
    Ok(history.last().ok_or("no epoch")?.training_loss)
}

/// Whether the processor has what the sums below are of; without it they are others in their last digits.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

/// To the last bit. No other implementation gives these digits; they are here to be noticed when they move, since every
/// fold of `results/` and the embedded model move with them.
#[test]
fn the_sums_of_a_training_are_those_that_the_committed_results_were_made_with() -> Tested {
    if !has_avx2() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let catalogue = songs(folder.path())?;
    let transformer = |tokens| {
        EncoderConfig::Transformer(TransformerConfig {
            heads: 2,
            feed_forward: 16,
            tokens,
            ..Default::default()
        })
    };
    let lstm = |bidirectional| EncoderConfig::Lstm(LstmConfig { hidden: 8, bidirectional });
    let found = [
        last_loss(&catalogue, Input::LogMel, NormKind::Layer, transformer(Tokens::Time))?,
        last_loss(&catalogue, Input::FixedImage, NormKind::None, transformer(Tokens::Time))?,
        last_loss(&catalogue, Input::LogMel, NormKind::Batch, transformer(Tokens::Channel))?,
        last_loss(&catalogue, Input::LogMel, NormKind::Layer, lstm(false))?,
        last_loss(&catalogue, Input::Image, NormKind::None, lstm(true))?,
    ];
    let known =
        [1.0858128125081008, 1.0320376017363773, 1.1276002952787278, 1.094297921708358, 1.0863929153451033];
    assert!(
        found == known,
        "{found:?}: a training's sums have moved; bench/first_epochs.py names the folds to be trained again"
    );
    Ok(())
}

#[test]
fn a_checkpoint_of_other_settings_is_refused() -> Tested {
    let folder = tempfile::tempdir()?;
    let catalogue = songs(&folder.path().join("songs"))?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.epochs = 1;
    let keeping = Keeping { checkpoint: folder.path().join("checkpoint"), resume: true };
    train(&plan(&catalogue, &experiment, Some(&keeping)), &Silent)?;
    experiment.training.batch = 9;
    let error =
        train(&plan(&catalogue, &experiment, Some(&keeping)), &Silent).err().map(|error| error.to_string());
    assert!(error.as_ref().is_some_and(|text| text.contains("other settings")), "{error:?}");
    Ok(())
}

/// Notes what it is told.
#[derive(Default)]
struct Notes {
    failed: Mutex<Vec<String>>,
    epochs: Mutex<Vec<(Pass, usize)>>,
}

impl Listener for Notes {
    fn track_read(&self, track: &Track, reading: Reading) {
        if let (Reading::LeftOut(failure), Ok(mut failed)) = (reading, self.failed.lock()) {
            failed.push(format!("{}: {failure}", track.name));
        }
    }
}

impl Observer for Notes {
    fn epoch_ends(&self, pass: Pass, record: &EpochRecord) {
        if let Ok(mut epochs) = self.epochs.lock() {
            epochs.push((pass, record.epoch));
        }
    }
}

#[test]
fn an_unreadable_song_is_named_and_left_out_and_the_card_counts_the_others() -> Tested {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("songs");
    songs(&root)?;
    let genre = std::fs::read_dir(&root)?.next().ok_or("no genre")??.path();
    std::fs::write(genre.join("broken.mp3"), "this is no music")?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.refit = true;
    let notes = Notes::default();
    let Outcome::Done(trained) = train(&plan(&Catalogue::scan(&root)?, &experiment, None), &notes)? else {
        return Err("stopped".into());
    };
    let failed = notes.failed.lock().map_err(|_| "poisoned")?;
    assert!(failed.len() == 1 && failed[0].starts_with("broken: "), "{failed:?}");
    let summary = &trained.model.card.training;
    assert_eq!(summary.data.tracks.values().sum::<usize>(), 9);
    let figures = summary.figures.as_ref().ok_or("no figures")?;
    assert!(figures.scores.count == 3 && figures.judged.contains("twin"), "{figures:?}");
    let epochs = notes.epochs.lock().map_err(|_| "poisoned")?;
    assert!(epochs.contains(&(Pass::HeldOut, 3)) && epochs.iter().any(|(pass, _)| *pass == Pass::Everything));
    Ok(())
}

#[test]
fn a_genre_of_two_songs_is_refused_before_anything_is_decoded() -> Tested {
    let folder = tempfile::tempdir()?;
    write_folder(folder.path(), 2, 2, 1.0, 16_000)?;
    let error = train(&plan(&Catalogue::scan(folder.path())?, &toml::from_str(TINY)?, None), &Silent).err();
    assert!(matches!(error, Some(genrefold::Error::Data { .. })), "{error:?}");
    Ok(())
}

#[test]
fn a_network_learns_to_tell_three_kinds_of_synthesised_music_apart() -> Tested {
    let folder = tempfile::tempdir()?;
    write_folder(folder.path(), 3, 8, 2.0, 16_000)?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.epochs = 25;
    let Outcome::Done(trained) = train(&plan(&Catalogue::scan(folder.path())?, &experiment, None), &Silent)?
    else {
        return Err("stopped".into());
    };
    let figures = trained.model.card.training.figures.ok_or("no figures")?;
    assert!(figures.scores.recall >= 0.6, "macro recall {}", figures.scores.recall);
    assert!(trained.history[24].training_loss < trained.history[0].training_loss);
    Ok(())
}
