//! The whole line from a file to an answer, with a network that nobody has trained.

use std::error::Error;
use std::path::PathBuf;

use genrefold::audio::Audio;
use genrefold::classifier::{Examined, Heard, MAX_WINDOWS, Wishes, softmax};
use genrefold::dataset::synthetic::{STYLES, song, write_wav};
use genrefold::evaluation::Voting;
use genrefold::features::{Extractor, Picture};
use genrefold::{Classifier, Error as Fault, Model};

type Tested = Result<(), Box<dyn Error>>;

/// A small network of random weights that hears clips of half a second.
fn classifier() -> genrefold::Result<Classifier> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network_rgluformer.safetensors");
    Ok(Classifier::new(Model::load(&path)?))
}

fn music(seconds: f64, rate: u32) -> Audio {
    song(&STYLES[0], 1, seconds, rate)
}

#[test]
fn a_song_gets_a_probability_for_each_genre_and_a_timeline_over_its_whole_length() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("song.wav");
    write_wav(&path, &music(3.0, 22_050))?;
    let answer = classifier()?.classify(path.as_path())?;
    assert_eq!(answer.probabilities.len(), 3);
    assert!((answer.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert_eq!(answer.clips.len(), 11, "half-second clips every quarter second");
    assert_eq!(answer.clips.first().map(|clip| (clip.start, clip.end)), Some((0.0, 0.5)));
    assert!(answer.clips.last().is_some_and(|clip| clip.end >= 2.99));
    assert!((answer.seconds - 3.0).abs() < 0.01 && answer.faults == 0);
    assert_eq!(answer.ranking().first(), Some(&answer.genre));
    Ok(())
}

#[test]
fn the_mean_and_the_vote_come_from_the_same_clips() -> Tested {
    let samples = music(4.0, 16_000).samples;
    let mean = classifier()?.classify_samples(&samples)?;
    let vote = classifier()?.with_voting(Voting::Majority).classify_samples(&samples)?;
    assert_eq!(mean.clips, vote.clips);
    let share = |genre: usize| {
        let first = |clip: &Vec<f32>| {
            let best = clip.iter().copied().fold(f32::MIN, f32::max);
            clip.iter().position(|p| *p == best)
        };
        let votes = mean.clips.iter().filter_map(|clip| clip.probabilities.as_ref());
        votes.filter(|clip| first(clip) == Some(genre)).count() as f32 / mean.clips.len() as f32
    };
    for genre in 0..3 {
        assert!((vote.probabilities[genre] - share(genre)).abs() < 1e-6);
        let sum: f32 =
            mean.clips.iter().filter_map(|clip| clip.probabilities.as_ref()).map(|p| p[genre]).sum();
        assert!((mean.probabilities[genre] - sum / mean.clips.len() as f32).abs() < 1e-6);
    }
    Ok(())
}

#[test]
fn a_silent_stretch_has_no_say_and_silence_alone_is_an_error() -> Tested {
    let loud = music(2.0, 16_000).samples;
    let mut samples = loud.clone();
    samples.extend(vec![0.0; 16_000]);
    let (alone, padded) = (classifier()?.classify_samples(&loud)?, classifier()?.classify_samples(&samples)?);
    assert!(padded.clips.last().is_some_and(|clip| clip.probabilities.is_none()));
    assert!(padded.clips.len() > alone.clips.len());
    assert!(matches!(classifier()?.classify_samples(&[0.0; 32_000]), Err(Fault::Silent { .. })));
    assert!(matches!(classifier()?.classify_samples(&loud[..4_000]), Err(Fault::TooShort { .. })));
    Ok(())
}

#[test]
fn loudness_does_not_change_the_answer() -> Tested {
    let loud = music(2.0, 16_000).samples;
    let quiet: Vec<f32> = loud.iter().map(|sample| sample * 0.1).collect();
    let (loud, quiet) = (classifier()?.classify_samples(&loud)?, classifier()?.classify_samples(&quiet)?);
    for (one, other) in loud.probabilities.iter().zip(&quiet.probabilities) {
        assert!((one - other).abs() < 2e-3, "{one} and {other}");
    }
    Ok(())
}

#[test]
fn the_embedded_model_judges_the_shipped_song() -> Tested {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/example.wav");
    let classifier = Classifier::embedded()?;
    let answer = classifier.classify(path.as_path())?;
    assert_eq!(classifier.genres().len(), answer.probabilities.len());
    assert!(answer.clips.len() == 4 && answer.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
    Ok(())
}

const EVERYTHING: Wishes = Wishes { overview: true, explanation: true };

fn examined(samples: &[f32]) -> genrefold::Result<Examined> {
    classifier()?.examine_samples(samples, EVERYTHING)
}

#[test]
fn what_is_wished_for_beside_the_answer_does_not_change_it() -> Tested {
    let samples = music(4.0, 16_000).samples;
    let plain = classifier()?.examine_samples(&samples, Wishes::default())?;
    assert!(plain.overview.is_none() && plain.explanation.is_none());
    assert_eq!(examined(&samples)?.prediction, plain.prediction);
    assert_eq!(classifier()?.classify_samples(&samples)?, plain.prediction);
    Ok(())
}

#[test]
fn windows_follow_each_other_over_the_whole_song_and_are_never_too_many() -> Tested {
    for (seconds, count) in [(0.6, 1), (1.6, 2), (4.0, 4), (130.0, MAX_WINDOWS)] {
        let explanation = examined(&music(seconds, 16_000).samples)?.explanation.ok_or("no explanation")?;
        let windows = &explanation.windows;
        assert_eq!(windows.len(), count, "{seconds} s");
        assert!((explanation.window_seconds - seconds / count as f64).abs() < 1e-6);
        assert!(windows.iter().all(|window| (-1.0..=1.0).contains(&window.drop)));
        assert_eq!(windows[0].start, 0.0);
        assert!(windows.windows(2).all(|pair| (pair[0].end - pair[1].start).abs() < 1e-9));
        assert!((windows[count - 1].end - seconds).abs() < 1e-6);
    }
    Ok(())
}

/// A song of one window: then every picture is nothing but the training's mean.
#[test]
fn with_all_of_a_song_hidden_the_answer_is_that_of_nothing() -> Tested {
    let classifier = classifier()?;
    let Examined { prediction, explanation, .. } = examined(&music(0.6, 16_000).samples)?;
    let model = classifier.model();
    let (rows, columns) = model.card.front_end.picture_shape();
    let mean = &model.normalisation().mean;
    let values = mean.iter().flat_map(|mean| vec![*mean; columns]).collect();
    let nothing = &softmax(&model.logits(&[Picture { rows, columns, values }])?[0], 1.0);
    let expected =
        f64::from(prediction.probabilities[prediction.genre]) - f64::from(nothing[prediction.genre]);
    let windows = explanation.ok_or("no explanation")?.windows;
    assert_eq!(windows.len(), 1);
    assert_eq!(prediction.clips.len(), 1);
    assert!((windows[0].drop - expected).abs() < 1e-6, "{} instead of {expected}", windows[0].drop);
    assert!(expected.abs() > 1e-3, "a song that says nothing shows nothing");
    Ok(())
}

#[test]
fn hiding_seconds_changes_the_clips_that_hold_them_and_no_others() -> Tested {
    let mut samples = music(4.0, 16_000).samples;
    samples.resize(8 * 16_000, 0.0);
    let windows = examined(&samples)?.explanation.ok_or("no explanation")?.windows;
    let (music, silence) = windows.split_at(4);
    assert!(music.iter().all(|window| window.drop != 0.0), "{music:?}");
    // Clips of half a second that begin in the music reach into the first of these.
    assert!(silence[1..].iter().all(|window| window.drop == 0.0), "{silence:?}");
    Ok(())
}

/// Two halves of different sound, judged by hand: what one second loses is the mean over all clips of what its own lose.
#[test]
fn a_drop_is_the_mean_loss_of_the_clips_judged_again() -> Tested {
    let classifier = classifier()?;
    let model = classifier.model();
    let front_end = &model.card.front_end;
    let mut samples = music(2.0, 16_000).samples;
    samples.extend(song(&STYLES[2], 5, 2.0, 16_000).samples);
    let Examined { prediction, explanation, .. } = examined(&samples)?;
    let windows = explanation.ok_or("no explanation")?.windows;
    let mut extractor = Extractor::new(front_end)?;
    let mean = &model.normalisation().mean;
    for window in [&windows[0], &windows[3]] {
        let mut lost = 0.0;
        for clip in &prediction.clips {
            let start = (clip.start * 16_000.0).round() as usize;
            let mut picture = extractor.picture(&samples[start..start + front_end.clip_samples()])?;
            let step = front_end.clip_seconds / picture.columns as f64;
            for (row, mean) in picture.values.chunks_mut(picture.columns).zip(mean) {
                for (column, value) in row.iter_mut().enumerate() {
                    let middle = clip.start + (column as f64 + 0.5) * step;
                    *value = if (window.start..window.end).contains(&middle) { *mean } else { *value };
                }
            }
            let again = softmax(&model.logits(&[picture])?[0], 1.0);
            let before = clip.probabilities.as_ref().ok_or("a silent clip")?;
            lost += f64::from(before[prediction.genre]) - f64::from(again[prediction.genre]);
        }
        let expected = lost / prediction.clips.len() as f64;
        assert!((window.drop - expected).abs() < 1e-4, "{} instead of {expected}", window.drop);
        assert!(expected.abs() > 1e-4);
    }
    Ok(())
}

#[test]
fn progress_never_goes_back_and_knows_the_length_that_the_header_states() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("song.wav");
    write_wav(&path, &music(31.0, 22_050))?;
    let mut told: Vec<Heard> = Vec::new();
    let examined = classifier()?.examine(path.as_path(), Wishes::default(), |heard| told.push(heard))?;
    assert!(told.len() >= 4, "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0].seconds < pair[1].seconds && pair[0].clips <= pair[1].clips));
    assert!(told.iter().all(|heard| heard.seconds <= examined.prediction.seconds + 1e-9));
    assert!(told.iter().all(|heard| heard.total_seconds.is_some_and(|total| (total - 31.0).abs() < 1e-3)));
    Ok(())
}

#[test]
fn an_overview_shows_all_of_the_song() -> Tested {
    let overview = examined(&music(4.0, 16_000).samples)?.overview.ok_or("no overview")?;
    let front_end = classifier()?.model().card.front_end.clone();
    assert_eq!(overview.decibels.bands, front_end.bands);
    let shown = overview.decibels.frames as f64 * overview.column_seconds;
    assert!((shown - 4.0).abs() < 2.0 * overview.column_seconds);
    assert!(overview.decibels.values.iter().all(|value| (-overview.range_db..=0.0).contains(value)));
    assert!(overview.decibels.values.contains(&0.0));
    Ok(())
}

#[test]
fn a_song_longer_than_the_limit_is_refused_at_any_rate() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("song.wav");
    for rate in [8_000, 44_100] {
        write_wav(&path, &music(3.0, rate))?;
        let limits = |max_seconds| genrefold::Limits { max_seconds, ..genrefold::Limits::default() };
        assert!(classifier()?.with_limits(limits(3)).classify(path.as_path()).is_ok());
        let refused = classifier()?.with_limits(limits(2)).classify(path.as_path());
        assert!(matches!(refused, Err(Fault::AboveLimit { what: "length in seconds", .. })), "{refused:?}");
    }
    Ok(())
}
