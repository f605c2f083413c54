//! Music made from nothing: seeded songs in ten styles, so that tests and smoke runs need no data.
//!
//! A style differs from the others as genres do: tempo, drums, swing, chords, instruments, room. Within a style
//! the seed chooses tempo, key, chords, pattern and melody. The songs are caricatures: a model trained on them
//! knows nothing about real music, and the names of the styles are only names.
//!
//! All mathematics goes through plain arithmetic and `libm`, never the system's library, so that a song is the
//! same to the last bit on every machine.

mod instruments;
mod styles;

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::audio::Audio;
use crate::error::{Error, Result};
use instruments::{Note, Voice, brighten, play, reverberate};
use styles::{Chord, Lead, Part};
pub use styles::{STYLES, Style};

/// Steps of the grid in a bar: sixteenth notes of a 4/4 measure.
const STEPS: usize = 16;
/// The loudest sample of a song: a decibel or so below full scale, for lossy encoders overshoot.
const PEAK: f32 = 0.85;
/// The place in [`STYLES`] and the seed of the example song.
const EXAMPLE: (usize, u64) = (5, 0);
/// Seconds over which a song fades in and out, so that it does not click.
const FADE: f64 = 0.02;

/// A song of `seconds` seconds at `rate` Hz. Peak 0.85; silent only if it has no sample.
pub fn song(style: &'static Style, seed: u64, seconds: f64, rate: u32) -> Audio {
    let length = (seconds.max(0.0) * f64::from(rate)).round() as usize;
    let mut samples = vec![0.0; length];
    let mut dice = Dice::new(style, seed);
    let score = Score::draw(style, &mut dice);
    for bar in 0.. {
        if score.time(bar, 0) >= seconds {
            break;
        }
        score.play_bar(bar, &mut dice, &mut Mix { samples: &mut samples, rate: f64::from(rate) });
    }
    reverberate(&mut samples, style.room, f64::from(rate));
    brighten(&mut samples, &mut dice, f64::from(rate));
    finish(&mut samples, f64::from(rate));
    Audio { samples, rate }
}

/// The project's own example, kept as `assets/example.wav`: twelve seconds in the style "jazz", 22,050 Hz.
pub fn example() -> Audio {
    song(&STYLES[EXAMPLE.0], EXAMPLE.1, 12.0, 22_050)
}

/// Writes 16-bit mono WAV; samples outside [-1, 1] are clipped.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: audio.rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let write = || -> std::result::Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in &audio.samples {
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)?;
        }
        writer.finalize()
    };
    write().map_err(|error| {
        Error::io("write", path)(match error {
            hound::Error::IoError(error) => error,
            other => std::io::Error::other(other),
        })
    })
}

/// Writes `root/STYLE/STYLE-000.wav` and so on, `each` songs of each of the first `styles` styles: a folder to
/// train on. Folders are created, files of these names replaced.
///
/// # Errors
/// [`Error::Io`] when a folder or file cannot be written.
pub fn write_folder(root: &Path, styles: usize, each: u64, seconds: f64, rate: u32) -> Result<()> {
    for style in STYLES.iter().take(styles) {
        let folder = root.join(style.name);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        for seed in 0..each {
            let path = folder.join(format!("{}-{seed:03}.wav", style.name));
            write_wav(&path, &song(style, seed, seconds, rate))?;
        }
    }
    Ok(())
}

/// The seeded source of everything that varies.
struct Dice(ChaCha8Rng);

impl Dice {
    fn new(style: &Style, seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].iter_mut().zip(style.name.bytes()).for_each(|(slot, byte)| *slot = byte);
        Dice(ChaCha8Rng::from_seed(key))
    }

    /// A number in [0, 1).
    fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// A number in [low, high).
    fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number in 0..count.
    fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// The samples that instruments are added to.
struct Mix<'a> {
    samples: &'a mut [f32],
    /// Hz.
    rate: f64,
}

/// What the seed chose for one song.
struct Score {
    style: &'static Style,
    /// Seconds.
    beat: f64,
    /// MIDI pitch of the tonic in the bass octave.
    key: f64,
    chords: &'static [Chord],
    kick: &'static str,
    snare: &'static str,
    hat: &'static str,
    comp: &'static str,
    bass: &'static str,
    motifs: [Motif; 2],
}

/// A bar of melody: for each step perhaps a number of scale steps above the chord's root.
type Motif = [Option<i32>; STEPS];

impl Score {
    fn draw(style: &'static Style, dice: &mut Dice) -> Self {
        Score {
            style,
            beat: 60.0 / dice.within(style.tempo.0, style.tempo.1),
            key: 36.0 + dice.below(12) as f64 - 4.0,
            chords: dice.pick(style.progressions),
            kick: dice.pick(style.kick),
            snare: dice.pick(style.snare),
            hat: dice.pick(style.hat),
            comp: dice.pick(style.comp.patterns),
            bass: dice.pick(style.bass.patterns),
            motifs: [motif(&style.lead, dice), motif(&style.lead, dice)],
        }
    }

    /// When a step of a bar begins, in seconds. Swing lengthens the first half of each beat.
    fn time(&self, bar: usize, step: usize) -> f64 {
        let (beat, within) = (step / 4, (step % 4) as f64 / 4.0);
        let half = self.style.swing;
        let swung =
            if within < 0.5 { 2.0 * within * half } else { half + (2.0 * within - 1.0) * (1.0 - half) };
        ((bar * STEPS / 4 + beat) as f64 + swung) * self.beat
    }

    fn play_bar(&self, bar: usize, dice: &mut Dice, mix: &mut Mix) {
        let chord = self.chords[bar % self.chords.len()];
        self.play_drums(bar, dice, mix);
        self.play_bass(bar, chord, dice, mix);
        self.play_chords(bar, chord, dice, mix);
        self.play_lead(bar, chord, dice, mix);
    }

    fn play_drums(&self, bar: usize, dice: &mut Dice, mix: &mut Mix) {
        let drums = [
            (Voice::Kick, self.kick, 0.9),
            (Voice::Snare, self.snare, 0.9),
            (self.style.cymbal, self.hat, 0.5),
        ];
        for (voice, pattern, level) in drums {
            for (step, mark) in hits(pattern) {
                let accent = if mark == b'o' { 0.45 } else { 1.0 };
                self.strike(voice, (bar, step, 1), 0.0, level * accent * self.style.drums, dice, mix);
            }
        }
    }

    fn play_bass(&self, bar: usize, chord: Chord, dice: &mut Dice, mix: &mut Mix) {
        let Part { voice, level, .. } = self.style.bass;
        for (step, mark) in hits(self.bass) {
            let above = match mark {
                b'3' => chord.tones[1],
                b'5' => 7,
                b'6' => 9,
                b'8' => 12,
                _ => 0,
            };
            let pitch = self.key + f64::from(fold(chord.root, 7) + above);
            self.strike(voice, (bar, step, until_next(self.bass, step)), pitch, level, dice, mix);
        }
    }

    /// Whole chords at `x`, single chord tones going up and down at `a`.
    fn play_chords(&self, bar: usize, chord: Chord, dice: &mut Dice, mix: &mut Mix) {
        let Part { voice, level, octave, .. } = self.style.comp;
        let base = self.key + 12.0 * octave + f64::from(fold(chord.root, 5));
        let mut climb = 0;
        for (step, mark) in hits(self.comp) {
            let at = (bar, step, until_next(self.comp, step));
            if mark == b'a' {
                let ladder = chord.tones.len() * 2;
                let rung = if climb < ladder { climb } else { 2 * ladder - climb };
                climb = (climb + 1) % (2 * ladder);
                let octave = 12 * (rung / chord.tones.len()) as i32;
                let tone = chord.tones[rung % chord.tones.len()] + octave;
                self.strike(voice, at, base + f64::from(tone), level, dice, mix);
            } else {
                for &tone in chord.tones {
                    self.strike(voice, at, base + f64::from(tone), level, dice, mix);
                }
            }
        }
    }

    /// The motifs in the order A A B A, moved to the chord's root.
    fn play_lead(&self, bar: usize, chord: Chord, dice: &mut Dice, mix: &mut Mix) {
        let Lead { voice, level, octave, scale, .. } = self.style.lead;
        let motif = &self.motifs[usize::from(bar % 4 == 2)];
        let root = scale.iter().rposition(|&tone| tone <= chord.root).unwrap_or(0) as i32;
        let mut notes = (0..STEPS).filter_map(|step| Some((step, motif[step]?))).peekable();
        while let Some((step, degree)) = notes.next() {
            let end = notes.peek().map_or(STEPS, |next| next.0).min(step + 6);
            let degree = root + degree;
            let width = scale.len() as i32;
            let tone = scale[degree.rem_euclid(width) as usize] + 12 * degree.div_euclid(width);
            let pitch = self.key + 12.0 * octave + f64::from(tone);
            self.strike(voice, (bar, step, end - step), pitch, level, dice, mix);
        }
    }

    /// Plays one note of `steps` steps, a little early or late, a little loud or soft, as people do.
    fn strike(
        &self,
        voice: Voice,
        (bar, step, steps): (usize, usize, usize),
        pitch: f64,
        level: f64,
        dice: &mut Dice,
        mix: &mut Mix,
    ) {
        let start = self.time(bar, step);
        let length = (self.time(bar, step + steps) - start) * self.style.gate;
        let note = Note {
            start: (start + dice.within(-1.0, 1.0) * self.style.looseness).max(0.0),
            length,
            pitch,
            level: level * dice.within(0.85, 1.0),
        };
        play(voice, &note, dice, mix);
    }
}

/// A melody of one bar: a walk of small steps on the eighth notes, ending near where it began.
fn motif(lead: &Lead, dice: &mut Dice) -> Motif {
    let mut motif = [None; STEPS];
    let mut degree = dice.below(3) as i32 * 2;
    for step in (0..STEPS).step_by(2) {
        let strong = if step % 8 == 0 { 0.25 } else { 0.0 };
        if dice.unit() < lead.busy + strong * lead.busy.min(1.0) {
            motif[step] = Some(degree);
            degree = (degree + dice.below(5) as i32 - 2).clamp(-3, 7);
        }
    }
    motif
}

/// The steps of a pattern where something sounds, with their marks.
fn hits(pattern: &str) -> impl Iterator<Item = (usize, u8)> {
    pattern.bytes().enumerate().filter(|(_, mark)| *mark != b'.')
}

/// Steps from `step` to the next mark of the pattern, or to the end of the bar.
fn until_next(pattern: &str, step: usize) -> usize {
    hits(pattern).map(|(next, _)| next).find(|next| *next > step).unwrap_or(STEPS) - step
}

/// Brings a root down an octave if it lies above `most` semitones, so that parts stay in their register.
fn fold(root: i32, most: i32) -> i32 {
    if root > most { root - 12 } else { root }
}

/// Brings the peak to [`PEAK`] and fades both ends.
fn finish(samples: &mut [f32], rate: f64) {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let gain = if peak > 0.0 { PEAK / peak } else { 0.0 };
    let (count, fade) = (samples.len(), FADE * rate);
    for (index, sample) in samples.iter_mut().enumerate() {
        let edge = index.min(count - 1 - index) as f64;
        *sample *= gain * (edge / fade).min(1.0) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_sounds_and_stays_below_full_scale() {
        for style in &STYLES {
            let audio = song(style, 3, 3.0, 22_050);
            assert_eq!((audio.samples.len(), audio.rate), (66_150, 22_050));
            let peak = audio.samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let power: f32 = audio.samples.iter().map(|sample| sample * sample).sum();
            let rms = (power / 66_150.0).sqrt();
            assert!((0.5..=0.851).contains(&peak), "{}: peak {peak}", style.name);
            assert!((0.02..0.5).contains(&rms), "{}: rms {rms}", style.name);
        }
    }

    #[test]
    fn a_seed_gives_one_song_and_another_seed_another() {
        for style in &STYLES {
            let one = song(style, 5, 1.0, 16_000);
            assert_eq!(one, song(style, 5, 1.0, 16_000), "{}", style.name);
            assert_ne!(one, song(style, 6, 1.0, 16_000), "{}", style.name);
        }
    }

    #[test]
    fn odd_lengths_and_rates_do_no_harm() {
        for (seconds, rate) in [(0.0, 16_000), (-1.0, 16_000), (0.01, 8_000), (0.3, 192_000), (1.0, 1)] {
            assert_eq!(song(&STYLES[0], 1, seconds, rate).rate, rate);
        }
    }

    #[test]
    fn every_pattern_has_the_steps_of_a_bar() {
        for style in &STYLES {
            let drums = [style.kick, style.snare, style.hat];
            let parts = [style.comp.patterns, style.bass.patterns];
            for pattern in drums.iter().chain(&parts).copied().flatten() {
                assert_eq!(pattern.len(), STEPS, "{}: {pattern}", style.name);
            }
        }
    }

    #[test]
    fn swing_delays_the_second_half_of_a_beat() {
        let blues = &STYLES[0];
        let score = Score::draw(blues, &mut Dice::new(blues, 0));
        assert!((score.time(0, 2) / score.beat - blues.swing).abs() < 1e-12);
        assert!((score.time(2, 4) / score.beat - 9.0).abs() < 1e-12);
    }
}
