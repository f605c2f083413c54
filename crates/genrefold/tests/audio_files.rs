//! Every format, and everything that is no sound or damaged (`fixtures/audio/make.sh` makes the files).

use std::error::Error;
use std::path::PathBuf;

use genrefold::Error as Failure;
use genrefold::audio::{Audio, Limits, MonoStream, read};

type Outcome = Result<(), Box<dyn Error>>;

/// Rate at which the files are compared, Hz.
const RATE: u32 = 16_000;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio").join(name)
}

fn decode(name: &str) -> genrefold::Result<Audio> {
    read(fixture(name), RATE, &Limits::default())
}

fn open_bytes(bytes: Vec<u8>) -> genrefold::Result<Audio> {
    read(bytes, RATE, &Limits::default())
}

/// Largest normalised correlation of two sounds over shifts of up to 0.15 s (encoders add a delay).
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let energy = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>().sqrt();
    let scale = energy(a) * energy(b);
    let at =
        |shift: usize, a: &[f32], b: &[f32]| a.iter().skip(shift).zip(b).map(|(a, b)| a * b).sum::<f32>();
    (0..2400).map(|shift| at(shift, a, b).max(at(shift, b, a)) / scale).fold(0f32, f32::max)
}

fn check_like(names: &[&str], at_least: f32) -> Outcome {
    let tone = decode("tone.wav")?;
    for name in names {
        let audio = decode(name).map_err(|error| format!("{name}: {error}"))?;
        let found = likeness(&audio.samples, &tone.samples);
        assert!(found >= at_least, "{name} is {found} like tone.wav; expected {at_least}");
        assert!((0.45..0.7).contains(&audio.seconds()), "{name} lasts {} s", audio.seconds());
    }
    Ok(())
}

#[test]
fn lossless_formats_hold_the_same_sound() -> Outcome {
    let tone = decode("tone.wav")?;
    assert_eq!(tone.samples.len(), 8000);
    assert_eq!(decode("tone.flac")?, tone);
    check_like(&["tone.aiff", "tone.caf", "alac.m4a", "tone.mka"], 0.999)
}

#[test]
fn lossy_formats_hold_nearly_the_same_sound() -> Outcome {
    check_like(&["tone.ogg", "tone.webm", "tone.mp3", "headerless.mp3", "tone.aac", "tone.m4a"], 0.95)
}

#[cfg(feature = "opus")]
#[test]
fn opus_is_decoded_in_all_its_modes() -> Outcome {
    check_like(&["voip.opus", "audio.opus", "lowdelay.opus", "opus.webm", "surround.opus"], 0.9)
}

#[test]
fn every_encoding_of_sun_au_holds_the_same_sound() -> Outcome {
    let reference = decode("f64be.au")?;
    assert_eq!(reference.samples.len(), 1600);
    for (name, tolerance) in [
        ("f32be.au", 1e-6),
        ("s32be.au", 1e-6),
        ("s24be.au", 1e-6),
        ("s16be.au", 1e-4),
        ("mulaw.au", 2e-2),
        ("alaw.au", 2e-2),
        ("s8.au", 2e-2),
    ] {
        let audio = decode(name)?;
        assert_eq!(audio.samples.len(), reference.samples.len(), "{name}");
        let pairs = audio.samples.iter().zip(&reference.samples);
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(worst <= tolerance, "{name}: {worst} off");
    }
    Ok(())
}

#[test]
fn the_name_of_a_file_does_not_matter() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("song.mp3");
    std::fs::copy(fixture("tone.flac"), &path)?;
    let stream = MonoStream::open(path, &Limits::default())?;
    assert_eq!((stream.format(), stream.rate()), ("flac", 44_100));
    Ok(())
}

#[test]
fn what_is_no_sound_is_refused_as_such() {
    let text = "To be, or not to be, that is the question. ".repeat(500).into_bytes();
    for bytes in [Vec::new(), vec![0], b"RIFF".to_vec(), vec![0; 100_000], text] {
        let found = open_bytes(bytes);
        assert!(matches!(found, Err(Failure::UnknownFormat { .. } | Failure::Damaged { .. })), "{found:?}");
    }
}

#[test]
fn a_film_without_sound_is_refused() {
    let found = decode("silent_film.mkv");
    assert!(
        matches!(&found, Err(Failure::UnknownFormat { found, .. }) if found.contains("no sound")),
        "{found:?}"
    );
}

#[test]
fn a_folder_is_refused() {
    let found = decode("");
    assert!(
        matches!(&found, Err(Failure::UnknownFormat { found, .. }) if found.contains("folder")),
        "{found:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pipe.wav");
    if !std::process::Command::new("mkfifo").arg(&path).status()?.success() {
        return Ok(());
    }
    assert!(matches!(read(path, RATE, &Limits::default()), Err(Failure::UnknownFormat { .. })));
    Ok(())
}

#[test]
fn a_missing_file_is_the_systems_error() {
    assert!(matches!(decode("nowhere.wav"), Err(Failure::Io { .. })));
}

#[test]
fn a_header_without_sound_is_damaged() -> Outcome {
    for (name, length) in [("tone.wav", 44), ("s16be.au", 24), ("tone.flac", 42)] {
        let found = open_bytes(std::fs::read(fixture(name))?[..length].to_vec());
        assert!(
            matches!(found, Err(Failure::Damaged { .. } | Failure::UnknownFormat { .. })),
            "{name}: {found:?}"
        );
    }
    Ok(())
}

#[test]
fn a_truncated_file_gives_the_sound_that_is_left() -> Outcome {
    for name in ["tone.wav", "tone.mp3", "tone.flac", "s16be.au", "tone.aac"] {
        let bytes = std::fs::read(fixture(name))?;
        let whole = decode(name)?;
        let half =
            open_bytes(bytes[..bytes.len() * 3 / 4].to_vec()).map_err(|error| format!("{name}: {error}"))?;
        assert!(half.samples.len() < whole.samples.len(), "{name}");
    }
    Ok(())
}

#[test]
fn each_limit_says_what_was_found_and_what_is_allowed() -> Outcome {
    let open = |limits: Limits| read(fixture("tone.wav"), RATE, &limits);
    let cases = [
        (
            Limits { max_bytes: 1000, ..Limits::default() },
            std::fs::metadata(fixture("tone.wav"))?.len(),
            1000,
        ),
        (Limits { max_channels: 1, ..Limits::default() }, 2, 1),
        (Limits { max_rate_hz: 22_050, ..Limits::default() }, 44_100, 22_050),
    ];
    for (limits, was, limit) in cases {
        let result = open(limits);
        assert!(
            matches!(result, Err(Failure::AboveLimit { found, allowed, .. }) if (found, allowed) == (was, limit)),
            "{result:?}"
        );
    }
    let long = open(Limits { max_samples: 22_049, ..Limits::default() });
    assert!(matches!(long, Err(Failure::AboveLimit { allowed: 22_049, .. })), "{long:?}");
    Ok(())
}

/// A header of forty bytes must not make anybody ask for sixteen gigabytes.
#[test]
fn packets_longer_than_any_are_refused_before_there_is_room_made_for_them() -> Outcome {
    let mut bytes = std::fs::read(fixture("tone.caf"))?;
    bytes[0x28..0x2c].copy_from_slice(&u32::MAX.to_be_bytes()); // samples of a packet
    let found = open_bytes(bytes);
    assert!(
        matches!(&found, Err(Failure::Damaged { found }) if found.contains("4294967295 samples")),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn a_header_that_points_outside_its_file_is_not_taken_for_a_failing_disk() -> Outcome {
    let (folder, bytes) = (tempfile::tempdir()?, std::fs::read(fixture("tone.caf"))?);
    let path = folder.path().join("odd.caf");
    let data = bytes.windows(4).position(|name| name == b"data").ok_or("no sound")? + 4;
    let odd = [&bytes[..data], &(-1i64).to_be_bytes(), &bytes[data + 8..]].concat();
    std::fs::write(&path, &odd)?;
    let (file, memory) = (read(path, RATE, &Limits::default()), open_bytes(odd));
    assert!(matches!(file, Err(Failure::UnknownFormat { .. } | Failure::Damaged { .. })), "{file:?}");
    assert_eq!(file.err().map(|error| error.to_string()), memory.err().map(|error| error.to_string()));
    Ok(())
}

/// A Sun AU file of 32-bit floats.
fn float_au(rate: u32, samples: &[f32]) -> Vec<u8> {
    let header = [24, u32::MAX, 6, rate, 1];
    let mut bytes = b".snd".to_vec();
    bytes.extend(header.iter().flat_map(|word| word.to_be_bytes()));
    bytes.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    bytes
}

#[test]
fn samples_that_are_not_finite_become_silence_and_a_fault() -> Outcome {
    let mut stream = MonoStream::open(float_au(RATE, &[0.5, f32::NAN, f32::INFINITY]), &Limits::default())?;
    assert_eq!(stream.next_block()?, Some(&[0.5, 0.0, 0.0][..]));
    assert_eq!((stream.faults(), stream.next_block()?), (1, None));
    Ok(())
}

#[test]
fn broken_headers_of_sun_au_are_refused() {
    let mut early = float_au(RATE, &[0.5]);
    early[7] = 8; // data inside the header
    let mut strange = float_au(RATE, &[0.5]);
    strange[15] = 23; // an encoding that nobody uses
    let mut silent = float_au(RATE, &[0.5]);
    silent[23] = 0; // no channels
    for bytes in [early, strange, silent, float_au(0, &[0.5])] {
        assert!(matches!(open_bytes(bytes), Err(Failure::Damaged { .. } | Failure::UnknownFormat { .. })));
    }
}

#[test]
fn damaged_files_never_panic() -> Outcome {
    std::panic::set_hook(Box::new(|_| {})); // panics of decoders are caught; their messages would only confuse
    let mut seed = 1u32;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed as usize
    };
    for name in ["tone.mp3", "tone.m4a", "tone.ogg", "tone.webm", "s16be.au", "tone.aac", "audio.opus"] {
        let intact = std::fs::read(fixture(name))?;
        for _ in 0..12 {
            let mut bytes = intact.clone();
            for _ in 0..8 {
                let at = random() % bytes.len();
                bytes[at] = random() as u8;
            }
            let _either = open_bytes(bytes); // an answer or an error
        }
    }
    let _default = std::panic::take_hook();
    Ok(())
}
