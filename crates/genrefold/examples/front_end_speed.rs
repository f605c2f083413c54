//! How long the way from a file to the pictures of its clips takes, stage by stage and as a whole.
//!
//! ```sh
//! cargo run --release --example front_end_speed -- REPEATS FILE...
//! ```
//!
//! One line of JSON per file on standard output, times in milliseconds of one thread:
//!
//! ```json
//! {"file":"song.mp3","format":"mp3","rate_hz":44100,"seconds":30.0,"clips":11,
//!  "decode_ms":{"min":1.0,"median":1.0,"max":1.0},"resample_ms":{},"features_ms":{},"chain_ms":{}}
//! ```
//!
//! `decode`: file to mono at the file's rate. `resample`: those samples to the front end's rate. `features`: the
//! clips' pictures from those samples. `chain`: all of it block by block, as the classifier does it. Every stage
//! makes its tables anew, as for a single file, except for what the library itself keeps from file to file.
//! The first round is not counted: it fills those caches.

use std::path::{Path, PathBuf};
use std::time::Instant;

use genrefold::audio::{Audio, Limits, MonoStream, Resampler};
use genrefold::features::{Clip, Clips, Extractor, FrontEnd};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let repeats: usize = arguments.next().ok_or("usage: front_end_speed REPEATS FILE...")?.parse()?;
    for file in arguments.map(PathBuf::from) {
        println!("{}", report(&file, repeats.max(1))?);
    }
    Ok(())
}

/// All stages of one file, each `repeats` times, by turns.
fn report(file: &Path, repeats: usize) -> Outcome<Value> {
    let front_end = FrontEnd::default();
    let format = MonoStream::open(file, &Limits::default())?.format().to_owned();
    let mut times = [const { Vec::new() }; 4];
    let (mut clips, mut rate_hz, mut seconds) = (0, 0, 0.0);
    for round in 0..=repeats {
        let (decode_ms, sound) = timed(|| decode(file))?;
        let (resample_ms, samples) = timed(|| resample(&sound, front_end.sample_rate_hz))?;
        let (features_ms, _) = timed(|| pictures(&front_end, &samples))?;
        let (chain_ms, count) = timed(|| chain(file, &front_end))?;
        (clips, rate_hz, seconds) = (count, sound.rate, sound.seconds());
        if round > 0 {
            let round = [decode_ms, resample_ms, features_ms, chain_ms];
            times.iter_mut().zip(round).for_each(|(times, time)| times.push(time));
        }
    }
    let [decode_ms, resample_ms, features_ms, chain_ms] = times.map(spread);
    Ok(json!({
        "file": file, "format": format, "rate_hz": rate_hz, "seconds": seconds, "clips": clips,
        "decode_ms": decode_ms, "resample_ms": resample_ms, "features_ms": features_ms, "chain_ms": chain_ms,
    }))
}

/// Milliseconds that the work took, and what it gave.
fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(f64, T)> {
    let start = Instant::now();
    let result = work()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, result))
}

/// The smallest, the middle and the largest of some times.
fn spread(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    json!({ "min": times.first(), "median": times.get(times.len() / 2), "max": times.last() })
}

fn decode(file: &Path) -> Outcome<Audio> {
    let mut stream = MonoStream::open(file, &Limits::default())?;
    let mut samples = Vec::new();
    while let Some(block) = stream.next_block()? {
        samples.extend_from_slice(block);
    }
    Ok(Audio { samples, rate: stream.rate() })
}

/// In blocks of an MP3 frame, the smallest that a decoder gives.
fn resample(sound: &Audio, rate_hz: u32) -> Outcome<Vec<f32>> {
    let mut resampler = Resampler::new(sound.rate, rate_hz)?;
    let mut samples = Vec::new();
    sound.samples.chunks(1152).for_each(|block| resampler.process(block, &mut samples));
    resampler.finish(&mut samples);
    Ok(samples)
}

fn pictures(front_end: &FrontEnd, samples: &[f32]) -> Outcome<usize> {
    let mut extractor = Extractor::new(front_end)?;
    draw(&mut extractor, &Clips::cut(front_end, samples)?)
}

fn draw(extractor: &mut Extractor, clips: &[Clip]) -> Outcome<usize> {
    for clip in clips {
        std::hint::black_box(extractor.picture(&clip.samples)?);
    }
    Ok(clips.len())
}

fn chain(file: &Path, front_end: &FrontEnd) -> Outcome<usize> {
    let mut stream = MonoStream::open(file, &Limits::default())?.at_rate(front_end.sample_rate_hz)?;
    let (mut cutter, mut extractor) = (Clips::new(front_end)?, Extractor::new(front_end)?);
    let mut count = 0;
    while let Some(block) = stream.next_block()? {
        count += draw(&mut extractor, &cutter.push(block))?;
    }
    let last = cutter.finish()?;
    Ok(count + draw(&mut extractor, last.as_slice())?)
}
