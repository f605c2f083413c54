//! The ten styles as a table: what tells one from another stands side by side.
//!
//! A pattern is one bar of sixteen sixteenth notes. In drums `x` is a stroke and `o` a soft one; in chords `x` is
//! the whole chord and `a` its next tone; in the bass `r`, `3`, `5`, `6` and `8` are tones above the chord's root.

use super::instruments::Voice;

/// What makes a style.
#[derive(Debug)]
pub struct Style {
    /// The style's name, which is also the name of its folder.
    pub name: &'static str,
    /// Slowest and fastest, beats a minute.
    pub(super) tempo: (f64, f64),
    /// The first half's share of a beat: 0.5 is straight, 0.667 a triplet feel.
    pub(super) swing: f64,
    /// How long notes are held, as a share of their written length.
    pub(super) gate: f64,
    /// Seconds by which players stray from the beat.
    pub(super) looseness: f64,
    /// Share of the room in the sound, in [0, 1].
    pub(super) room: f64,
    pub(super) drums: f64,
    pub(super) kick: &'static [&'static str],
    pub(super) snare: &'static [&'static str],
    pub(super) hat: &'static [&'static str],
    pub(super) cymbal: Voice,
    pub(super) progressions: &'static [&'static [Chord]],
    pub(super) bass: Part,
    pub(super) comp: Part,
    pub(super) lead: Lead,
}

/// A bar's harmony: a root in semitones above the tonic and tones in semitones above the root.
#[derive(Debug, Clone, Copy)]
pub struct Chord {
    pub root: i32,
    pub tones: &'static [i32],
}

/// Who accompanies, and how.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub voice: Voice,
    pub level: f64,
    /// Octaves above the bass.
    pub octave: f64,
    pub patterns: &'static [&'static str],
}

/// Who plays the melody.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    pub voice: Voice,
    pub level: f64,
    /// Octaves above the bass.
    pub octave: f64,
    /// How likely an eighth note begins a tone; 0 for no melody.
    pub busy: f64,
    /// Semitones above the tonic within an octave.
    pub scale: &'static [i32],
}

impl Style {
    /// The style of a name, if there is one.
    pub fn named(name: &str) -> Option<&'static Style> {
        STYLES.iter().find(|style| style.name == name)
    }
}

const MAJOR: &[i32] = &[0, 2, 4, 5, 7, 9, 11];
const MINOR: &[i32] = &[0, 2, 3, 5, 7, 8, 10];
const DORIAN: &[i32] = &[0, 2, 3, 5, 7, 9, 10];
const BLUES: &[i32] = &[0, 3, 5, 6, 7, 10];
const PENTATONIC: &[i32] = &[0, 2, 4, 7, 9];

const fn major(root: i32) -> Chord {
    Chord { root, tones: &[0, 4, 7] }
}
const fn minor(root: i32) -> Chord {
    Chord { root, tones: &[0, 3, 7] }
}
const fn dominant(root: i32) -> Chord {
    Chord { root, tones: &[0, 4, 7, 10] }
}
const fn major7(root: i32) -> Chord {
    Chord { root, tones: &[0, 4, 7, 11] }
}
const fn minor7(root: i32) -> Chord {
    Chord { root, tones: &[0, 3, 7, 10] }
}
/// The root alone: a distorted guitar adds the fifth by itself.
const fn bare(root: i32) -> Chord {
    Chord { root, tones: &[0, 12] }
}

const fn part(voice: Voice, level: f64, octave: f64, patterns: &'static [&'static str]) -> Part {
    Part { voice, level, octave, patterns }
}

const fn lead(voice: Voice, level: f64, octave: f64, busy: f64, scale: &'static [i32]) -> Lead {
    Lead { voice, level, octave, busy, scale }
}

const NOTHING: &[&str] = &["................"];

/// All styles, in the order of their names.
pub static STYLES: [Style; 10] = [
    Style {
        name: "blues",
        tempo: (78.0, 116.0),
        swing: 0.66,
        gate: 0.9,
        looseness: 0.008,
        room: 0.15,
        drums: 0.6,
        kick: &["x.......x.......", "x.....o.x......."],
        snare: &["....x.......x..."],
        hat: &["x.x.x.x.x.x.x.x.", "x...x.x.x...x.x."],
        cymbal: Voice::Hat,
        progressions: &[
            &[
                dominant(0),
                dominant(5),
                dominant(0),
                dominant(0),
                dominant(5),
                dominant(5),
                dominant(0),
                dominant(0),
                dominant(7),
                dominant(5),
                dominant(0),
                dominant(7),
            ],
            &[dominant(0), dominant(0), dominant(5), dominant(0), dominant(7), dominant(0)],
        ],
        bass: part(Voice::Upright, 0.7, 0.0, &["r...3...5...6...", "r.r.3.3.5.5.6.6."]),
        comp: part(Voice::Steel, 0.25, 1.0, &["x...x...x...x...", "..x...x...x...x."]),
        lead: lead(Voice::Steel, 0.6, 2.0, 0.6, BLUES),
    },
    Style {
        name: "classical",
        tempo: (66.0, 96.0),
        swing: 0.5,
        gate: 1.0,
        looseness: 0.012,
        room: 0.35,
        drums: 0.0,
        kick: NOTHING,
        snare: NOTHING,
        hat: NOTHING,
        cymbal: Voice::Ride,
        progressions: &[
            &[major(0), minor(9), major(5), major(7), major(0), major(5), major(7), major(0)],
            &[minor(0), minor(5), major(7), minor(0), major(8), minor(5), major(7), minor(0)],
            &[major(0), major(7), minor(9), minor(4), major(5), major(0), major(5), major(7)],
        ],
        bass: part(Voice::Piano, 0.25, 0.0, &["r...............", "r.......5......."]),
        comp: part(Voice::Piano, 0.35, 1.0, &["a.a.a.a.a.a.a.a.", "aaaaaaaaaaaaaaaa"]),
        lead: lead(Voice::Strings, 0.4, 3.0, 0.35, MAJOR),
    },
    Style {
        name: "country",
        tempo: (96.0, 132.0),
        swing: 0.54,
        gate: 0.85,
        looseness: 0.006,
        room: 0.1,
        drums: 0.45,
        kick: &["x.......x......."],
        snare: &["....x.......x...", "..o.x.o...o.x.o."],
        hat: &["x.x.x.x.x.x.x.x."],
        cymbal: Voice::Hat,
        progressions: &[
            &[major(0), major(0), major(5), major(0), major(0), major(7), major(0), major(7)],
            &[major(0), major(5), major(0), major(7)],
        ],
        bass: part(Voice::Upright, 0.8, 0.0, &["r.......5......."]),
        comp: part(Voice::Steel, 0.3, 1.0, &["....x.......x...", "..a.x.a...a.x.a.", "a.aaa.aaa.aaa.aa"]),
        lead: lead(Voice::Steel, 0.55, 2.0, 0.65, PENTATONIC),
    },
    Style {
        name: "disco",
        tempo: (112.0, 126.0),
        swing: 0.5,
        gate: 0.6,
        looseness: 0.002,
        room: 0.12,
        drums: 1.0,
        kick: &["x...x...x...x..."],
        snare: &["....x.......x..."],
        hat: &["..x...x...x...x.", "o.xoo.xoo.xoo.xo"],
        cymbal: Voice::Hat,
        progressions: &[
            &[minor7(9), minor7(2), dominant(7), major7(0)],
            &[minor7(0), minor7(0), major(8), major(10)],
        ],
        bass: part(Voice::Bass, 0.8, 0.0, &["r.8.r.8.r.8.r.8."]),
        comp: part(Voice::Steel, 0.2, 1.0, &["..x.x...x..x..x."]),
        lead: lead(Voice::Strings, 0.35, 2.0, 0.45, DORIAN),
    },
    Style {
        name: "hiphop",
        tempo: (82.0, 98.0),
        swing: 0.57,
        gate: 0.8,
        looseness: 0.004,
        room: 0.05,
        drums: 1.3,
        kick: &["x..x....x.x.....", "x.....x..xx.....", "x.x....x..x....."],
        snare: &["....x.......x...", "....x..o....x..o"],
        hat: &["x.x.x.x.x.x.x.x.", "xxx.xxx.xxx.xxxx"],
        cymbal: Voice::Hat,
        progressions: &[&[minor7(0)], &[minor7(0), minor7(0), major7(8), minor7(5)]],
        bass: part(Voice::Bass, 1.2, 0.0, &["r..r....r.r.....", "r.....r..rr....."]),
        comp: part(Voice::Nylon, 0.35, 2.0, &["x...............", "x.....x........."]),
        lead: lead(Voice::Synth, 0.15, 2.0, 0.2, MINOR),
    },
    Style {
        name: "jazz",
        tempo: (120.0, 190.0),
        swing: 0.64,
        gate: 0.9,
        looseness: 0.01,
        room: 0.2,
        drums: 0.45,
        kick: &["o...o...o...o...", "................"],
        snare: &["......o.........", "..........o.....", "...............o"],
        hat: &["x...x.x.x...x.x."],
        cymbal: Voice::Ride,
        progressions: &[
            &[minor7(2), dominant(7), major7(0), dominant(9)],
            &[major7(0), minor7(9), minor7(2), dominant(7)],
        ],
        bass: part(Voice::Upright, 0.9, 0.0, &["r...3...5...6...", "r...5...8...5..."]),
        comp: part(Voice::Piano, 0.18, 1.0, &["x.....x.........", "..x.......x.....", "......x.......x."]),
        lead: lead(Voice::Reed, 0.5, 2.0, 0.7, DORIAN),
    },
    Style {
        name: "metal",
        tempo: (140.0, 200.0),
        swing: 0.5,
        gate: 0.8,
        looseness: 0.002,
        room: 0.06,
        drums: 1.0,
        kick: &["x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx"],
        snare: &["....x.......x...", "..x...x...x...x."],
        hat: &["x...x...x...x..."],
        cymbal: Voice::Ride,
        progressions: &[&[bare(0), bare(0), bare(1), bare(3)], &[bare(0), bare(8), bare(10), bare(1)]],
        bass: part(Voice::Bass, 0.5, 0.0, &["r.r.r.r.r.r.r.r."]),
        comp: part(Voice::Power, 0.35, 0.0, &["x.xxx.xxx.xxx.xx", "xxxxxxxxxxxxxxxx", "x..x..x.x..x..x."]),
        lead: lead(Voice::Power, 0.25, 2.0, 0.3, MINOR),
    },
    Style {
        name: "pop",
        tempo: (100.0, 128.0),
        swing: 0.5,
        gate: 0.9,
        looseness: 0.002,
        room: 0.15,
        drums: 0.9,
        kick: &["x.......x.x.....", "x...x...x...x..."],
        snare: &["....x.......x..."],
        hat: &["x.x.x.x.x.x.x.x."],
        cymbal: Voice::Hat,
        progressions: &[&[major(0), major(7), minor(9), major(5)], &[minor(9), major(5), major(0), major(7)]],
        bass: part(Voice::Bass, 0.8, 0.0, &["r.r.r.r.r.r.r.r.", "r.......r.r....."]),
        comp: part(Voice::Synth, 0.2, 2.0, &["x...............", "x..x..x..x..x.x."]),
        lead: lead(Voice::Synth, 0.35, 2.0, 0.55, PENTATONIC),
    },
    Style {
        name: "reggae",
        tempo: (68.0, 86.0),
        swing: 0.56,
        gate: 0.5,
        looseness: 0.006,
        room: 0.2,
        drums: 0.8,
        kick: &["........x.......", "x.......x......."],
        snare: &["........x.......", "........x....o.o"],
        hat: &["x.x.x.x.x.x.x.x.", "o.o.x.o.o.o.x.o."],
        cymbal: Voice::Hat,
        progressions: &[
            &[major(0), major(5)],
            &[minor(9), minor(2)],
            &[major(0), minor(9), major(5), major(7)],
        ],
        bass: part(Voice::Bass, 0.9, 0.0, &["r..r..5...r.3...", "....r.r.3.5....."]),
        comp: part(Voice::Organ, 0.3, 2.0, &["..x...x...x...x.", "..x...xx..x...xx"]),
        lead: lead(Voice::Reed, 0.3, 2.0, 0.3, PENTATONIC),
    },
    Style {
        name: "rock",
        tempo: (104.0, 144.0),
        swing: 0.5,
        gate: 0.95,
        looseness: 0.005,
        room: 0.12,
        drums: 1.0,
        kick: &["x.......x.x.....", "x.x.....x.x....."],
        snare: &["....x.......x..."],
        hat: &["x.x.x.x.x.x.x.x."],
        cymbal: Voice::Ride,
        progressions: &[
            &[major(0), major(10), major(5), major(0)],
            &[major(0), major(5), major(7), major(5)],
            &[minor(9), major(5), major(0), major(7)],
        ],
        bass: part(Voice::Bass, 0.7, 0.0, &["r.r.r.r.r.r.r.r."]),
        comp: part(Voice::Steel, 0.35, 1.0, &["x...x.x...x.x.x.", "x.x.x.x.x.x.x.x."]),
        lead: lead(Voice::Power, 0.22, 1.0, 0.4, PENTATONIC),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_found_by_name_and_sorted_by_it() {
        assert!(STYLES.is_sorted_by_key(|style| style.name));
        assert_eq!(Style::named("jazz").map(|style| style.name), Some("jazz"));
        assert!(Style::named("polka").is_none());
    }
}
