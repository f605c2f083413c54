//! The whole line from a file to an answer, with a network that nobody has trained.

use std::error::Error;
use std::path::PathBuf;

use genrefold::audio::Audio;
use genrefold::dataset::synthetic::{STYLES, song, write_wav};
use genrefold::evaluation::Voting;
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
