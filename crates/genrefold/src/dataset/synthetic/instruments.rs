//! The instruments: each turns a note into samples.

use std::f64::consts::TAU;

use super::{Dice, Mix};

/// Who plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// A plucked steel string.
    Steel,
    /// A plucked nylon string.
    Nylon,
    /// A struck string with partials that decay one by one.
    Piano,
    /// Drawbars: sines at the octaves and fifths.
    Organ,
    /// Bowed strings: three detuned saws, slow attack.
    Strings,
    /// A distorted guitar: root, fifth and octave through a saturating amplifier.
    Power,
    /// A synthetic bass: a dark saw.
    Bass,
    /// A plucked double bass: a dark string.
    Upright,
    /// A wind instrument: a saw with vibrato.
    Reed,
    /// A bright synthetic lead.
    Synth,
    /// A bass drum.
    Kick,
    /// A snare drum.
    Snare,
    /// A closed hi-hat.
    Hat,
    /// A ride cymbal.
    Ride,
}

/// What to play.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// Seconds from the song's beginning.
    pub start: f64,
    /// Seconds until it is let go.
    pub length: f64,
    /// MIDI pitch: 69 is 440 Hz. Without meaning for drums.
    pub pitch: f64,
    /// Amplitude.
    pub level: f64,
}

/// The course of a note's loudness.
struct Envelope {
    /// Seconds to full level.
    attack: f64,
    /// Seconds in which the held note falls to 1/e.
    decay: f64,
    /// Seconds in which it dies after it is let go.
    release: f64,
}

type Source = Box<dyn FnMut() -> f64>;

/// Adds one note to the mix; what lies beyond its end is cut off.
pub fn play(voice: Voice, note: &Note, dice: &mut Dice, mix: &mut Mix) {
    let rate = mix.rate;
    let hz = 440.0 * libm::exp2((note.pitch - 69.0) / 12.0);
    let (envelope, mut source) = instrument(voice, hz, dice, rate);
    let fall = libm::exp(-1.0 / (envelope.decay * rate));
    let end = note.length + envelope.release;
    let mut level = note.level;
    let first = ((note.start * rate) as usize).min(mix.samples.len());
    for (index, sample) in mix.samples[first..].iter_mut().take((end * rate) as usize).enumerate() {
        let time = index as f64 / rate;
        let edges = (time / envelope.attack).min((end - time) / envelope.release).min(1.0);
        *sample += (source() * level * edges) as f32;
        level *= fall;
    }
}

fn instrument(voice: Voice, hz: f64, dice: &mut Dice, rate: f64) -> (Envelope, Source) {
    let (attack, decay, release, source): (f64, f64, f64, Source) = match voice {
        Voice::Steel => (0.001, 3.0, 0.08, pluck(hz, 5_000.0, 0.9965, dice, rate)),
        Voice::Nylon => (0.001, 2.0, 0.15, pluck(hz, 2_200.0, 0.995, dice, rate)),
        Voice::Upright => (0.003, 0.9, 0.06, pluck(hz, 900.0, 0.993, dice, rate)),
        Voice::Piano => (0.002, 9.0, 0.25, piano(hz, rate)),
        Voice::Organ => (0.01, 60.0, 0.05, organ(hz, rate)),
        Voice::Strings => (0.09, 60.0, 0.25, saws(hz, &[0.997, 1.0, 1.004], 2_400.0, 0.003, rate)),
        Voice::Power => (0.002, 4.0, 0.04, power(hz, rate)),
        Voice::Bass => (0.004, 1.2, 0.03, saws(hz, &[1.0], 500.0, 0.0, rate)),
        Voice::Reed => (0.03, 6.0, 0.08, saws(hz, &[1.0], 1_900.0, 0.006, rate)),
        Voice::Synth => (0.004, 1.5, 0.06, saws(hz, &[0.996, 1.005], 5_500.0, 0.002, rate)),
        Voice::Kick => (0.001, 0.12, 0.25, kick(rate)),
        Voice::Snare => (0.001, 0.07, 0.2, snare(dice, rate)),
        Voice::Hat => (0.001, 0.03, 0.06, noise(6_500.0, dice, rate)),
        Voice::Ride => (0.001, 0.25, 0.4, noise(5_000.0, dice, rate)),
    };
    (Envelope { attack, decay, release }, source)
}

/// A string after Karplus and Strong (1983): a burst of noise in a loop one period long with a mild low-pass.
/// `bright` Hz shapes the burst, `keep` is what a round leaves of the string's energy at low pitch.
fn pluck(hz: f64, bright: f64, keep: f64, dice: &mut Dice, rate: f64) -> Source {
    // The loop's two-point mean delays half a sample; the rest is split into whole samples and an all-pass.
    let period = (rate / hz - 0.5).max(2.0);
    let whole = (period - 0.1) as usize;
    let part = period - whole as f64;
    let allpass = (1.0 - part) / (1.0 + part);
    let mut filter = LowPass::new(bright, rate);
    let mut string: Vec<f64> = (0..whole.max(1)).map(|_| 3.0 * filter.pass(dice.within(-1.0, 1.0))).collect();
    // A constant would never leave the loop: the string would pull to one side.
    let mean = string.iter().sum::<f64>() / string.len() as f64;
    string.iter_mut().for_each(|sample| *sample -= mean);
    let (mut at, mut last, mut before, mut after) = (0, 0.0, 0.0, 0.0);
    Box::new(move || {
        let now = string[at];
        let damped = keep * 0.5 * (now + last);
        last = now;
        after = allpass * (damped - after) + before;
        before = damped;
        string[at] = after;
        at = (at + 1) % string.len();
        now
    })
}

/// Eight partials, stretched a little as stiff strings do, the higher the shorter.
fn piano(hz: f64, rate: f64) -> Source {
    let partial = |n: u32| {
        let n = f64::from(n);
        let stretched = hz * n * (1.0 + 0.0002 * n * n);
        let seconds = 1.6 * libm::sqrt(262.0 / hz) / (1.0 + 0.35 * (n - 1.0));
        Rotor::new(stretched, 0.5 / libm::pow(n, 1.25), seconds, rate)
    };
    ring((1..=8).map(partial).collect())
}

fn organ(hz: f64, rate: f64) -> Source {
    let drawbars = [(0.5, 0.5), (1.0, 0.6), (1.5, 0.35), (2.0, 0.4), (3.0, 0.2), (4.0, 0.2), (6.0, 0.08)];
    ring(drawbars.map(|(ratio, level)| Rotor::new(hz * ratio, level * 0.6, f64::INFINITY, rate)).into())
}

fn ring(mut rotors: Vec<Rotor>) -> Source {
    Box::new(move || rotors.iter_mut().map(Rotor::next).sum())
}

/// Detuned saws with vibrato through two low-passes at `dark` Hz.
fn saws(hz: f64, detune: &[f64], dark: f64, vibrato: f64, rate: f64) -> Source {
    let mut saws: Vec<Saw> = detune.iter().map(|ratio| Saw::new(hz * ratio, rate)).collect();
    let gain = 1.0 / libm::sqrt(saws.len() as f64);
    let mut filters = [LowPass::new(dark, rate), LowPass::new(dark, rate)];
    let mut wobble = Rotor::new(5.4, vibrato, f64::INFINITY, rate);
    Box::new(move || {
        let bend = 1.0 + wobble.next();
        let sum: f64 = saws.iter_mut().map(|saw| saw.next(bend)).sum();
        filters.iter_mut().fold(sum * gain, |x, filter| filter.pass(x))
    })
}

fn power(hz: f64, rate: f64) -> Source {
    let mut saws = [0.998, 1.002, 1.4983, 2.0].map(|ratio| Saw::new(hz * ratio, rate));
    let mut cabinet = [LowPass::new(4_500.0, rate), LowPass::new(4_500.0, rate)];
    Box::new(move || {
        let sum: f64 = saws.iter_mut().map(|saw| saw.next(1.0)).sum();
        cabinet.iter_mut().fold(saturate(4.0 * sum) * 0.6, |x, filter| filter.pass(x))
    })
}

/// A sine that falls from 160 to 45 Hz.
fn kick(rate: f64) -> Source {
    let (mut phase, mut above) = (0.0, 115.0);
    let fall = libm::exp(-1.0 / (0.03 * rate));
    Box::new(move || {
        phase += TAU * (45.0 + above) / rate;
        above *= fall;
        libm::sin(phase)
    })
}

fn snare(dice: &mut Dice, rate: f64) -> Source {
    let mut wires = noise(1_500.0, dice, rate);
    let mut skin = Rotor::new(185.0, 0.7, 0.06, rate);
    Box::new(move || 0.7 * wires() + skin.next())
}

/// White noise above `low` Hz, from a generator of its own seeded by the dice.
fn noise(low: f64, dice: &mut Dice, rate: f64) -> Source {
    // Marsaglia's xorshift: noise needs speed, not quality. Its state must not be zero.
    let mut state = (dice.unit() * 4_294_967_295.0) as u32 | 1;
    let mut filters = [LowPass::new(low, rate), LowPass::new(low, rate)];
    Box::new(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let white = f64::from(state) / 2_147_483_648.0 - 1.0;
        filters.iter_mut().fold(white, |x, filter| x - filter.pass(x))
    })
}

/// A soft limit at ±1: the Padé approximant of the hyperbolic tangent.
fn saturate(x: f64) -> f64 {
    let x = x.clamp(-3.0, 3.0);
    x * (27.0 + x * x) / (27.0 + 9.0 * x * x)
}

/// A decaying sine by rotation of a point: four products a sample, no sine.
struct Rotor {
    point: (f64, f64),
    turn: (f64, f64),
}

impl Rotor {
    /// Silent when the pitch is too high for the rate. `decay` is in seconds to 1/e.
    fn new(hz: f64, level: f64, decay: f64, rate: f64) -> Self {
        let level = if hz < 0.45 * rate { level } else { 0.0 };
        let (sin, cos) = libm::sincos(TAU * hz / rate);
        let keep = libm::exp(-1.0 / (decay * rate));
        Rotor { point: (level, 0.0), turn: (keep * cos, keep * sin) }
    }

    fn next(&mut self) -> f64 {
        let ((re, im), (cos, sin)) = (self.point, self.turn);
        self.point = (re * cos - im * sin, re * sin + im * cos);
        self.point.1
    }
}

/// A sawtooth whose jump is rounded by polyBLEP (Välimäki and Huovilainen 2007) against aliasing.
struct Saw {
    phase: f64,
    step: f64,
}

impl Saw {
    fn new(hz: f64, rate: f64) -> Self {
        Saw { phase: 0.5, step: (hz / rate).min(0.45) }
    }

    fn next(&mut self, bend: f64) -> f64 {
        let step = self.step * bend;
        self.phase += step;
        self.phase -= libm::floor(self.phase);
        let (before, after) = ((self.phase - 1.0) / step, self.phase / step);
        let round = if after < 1.0 {
            2.0 * after - after * after - 1.0
        } else if before > -1.0 {
            before * before + 2.0 * before + 1.0
        } else {
            0.0
        };
        2.0 * self.phase - 1.0 - round
    }
}

/// One pole, -6 dB an octave above `hz`.
struct LowPass {
    share: f64,
    state: f64,
}

impl LowPass {
    fn new(hz: f64, rate: f64) -> Self {
        LowPass { share: 1.0 - libm::exp(-TAU * hz / rate), state: 0.0 }
    }

    fn pass(&mut self, x: f64) -> f64 {
        self.state += self.share * (x - self.state);
        self.state
    }
}

/// A room after Schroeder (1962): four combs side by side, two all-passes behind. `share` in [0, 1] is how much
/// of it is mixed in.
pub fn reverberate(samples: &mut [f32], share: f64, rate: f64) {
    let line = |seconds: f64| vec![0.0; ((seconds * rate) as usize).max(1)];
    let mut combs =
        [0.0297, 0.0371, 0.0411, 0.0437].map(|seconds| (line(seconds), LowPass::new(3_500.0, rate)));
    let mut allpasses = [0.005, 0.0017].map(line);
    for (index, sample) in samples.iter_mut().enumerate() {
        let dry = f64::from(*sample);
        let mut wet = 0.0;
        for (delay, damp) in &mut combs {
            let at = index % delay.len();
            let echo = delay[at];
            delay[at] = dry + 0.8 * damp.pass(echo);
            wet += 0.25 * echo;
        }
        for delay in &mut allpasses {
            let at = index % delay.len();
            let echo = delay[at];
            delay[at] = wet + 0.7 * echo;
            wet = echo - 0.7 * delay[at];
        }
        *sample = ((1.0 - share) * dry + share * wet) as f32;
    }
}

/// What recording and mastering add: a shelf that lifts what lies above 1.5 kHz by up to 8 dB, and a faint hiss,
/// without which the top of the spectrum would be emptier than any recording's.
pub fn brighten(samples: &mut [f32], dice: &mut Dice, rate: f64) {
    let mut low = LowPass::new(1_500.0, rate);
    let mut hiss = noise(500.0, dice, rate);
    for sample in samples {
        let plain = f64::from(*sample);
        *sample = (plain + 1.5 * (plain - low.pass(plain)) + 0.001 * hiss()) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the signal rises through zero in a second: the pitch of a plain tone.
    fn pitch(mut source: Source, rate: usize) -> usize {
        let samples: Vec<f64> = (0..rate).map(|_| source()).collect();
        samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn oscillators_keep_their_pitch() {
        assert!(
            pitch(ring(vec![Rotor::new(440.0, 1.0, f64::INFINITY, 22_050.0)]), 22_050).abs_diff(440) <= 1
        );
        assert!(pitch(saws(220.0, &[1.0], 4_000.0, 0.0, 22_050.0), 22_050).abs_diff(220) <= 1);
    }

    #[test]
    fn a_plucked_string_is_in_tune() {
        let mut dice = Dice::new(&super::super::STYLES[0], 1);
        let rate = 22_050.0;
        let mut string = pluck(330.0, 800.0, 0.999, &mut dice, rate);
        // After some rounds only the fundamental is left: compare it with sines a little beside.
        let tail: Vec<f64> = (0..44_100).map(|_| string()).skip(11_025).collect();
        let strength = |hz: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (index, sample) in tail.iter().enumerate() {
                let (sin, cos) = libm::sincos(TAU * hz * index as f64 / rate);
                re += sample * cos;
                im += sample * sin;
            }
            libm::hypot(re, im)
        };
        assert!(strength(330.0) > strength(328.0) && strength(330.0) > strength(332.0));
    }

    #[test]
    fn the_room_rings_on_and_dies_away() {
        let mut samples = vec![0.0_f32; 66_150];
        samples[0] = 1.0;
        reverberate(&mut samples, 0.3, 22_050.0);
        let power = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>();
        assert!(power(&samples[2_205..22_050]) > 1e-4);
        assert!(power(&samples[44_100..]) < 1e-3 * power(&samples[2_205..22_050]));
    }
}
