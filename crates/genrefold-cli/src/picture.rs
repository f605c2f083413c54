//! Pictures of sound: the mel spectrogram of a song with its axes, and what the network sees of a clip.

mod canvas;

use anyhow::ensure;
use genrefold::features::{FrontEnd, Input, Picture, Spectrogram, hz_to_mel};

use canvas::{Canvas, Colour, Letters};

/// The plot without its margins, in pixels.
const PLOT: (usize, usize) = (1600, 512);
/// Space around the plot in pixels: for the frequencies, the title, the colour bar, the seconds.
const LEFT: usize = 128;
const TOP: usize = 92;
const RIGHT: usize = 172;
const BOTTOM: usize = 106;
/// The colour bar's distance from the plot and its width, in pixels.
const BAR: (usize, usize) = (32, 28);
/// Heights of letters in pixels.
const TITLE_SIZE: f32 = 42.0;
const LABEL_SIZE: f32 = 30.0;
const TICK_SIZE: f32 = 28.0;
/// Length and thickness of a tick's mark in pixels.
const MARK: (usize, usize) = (10, 2);

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [34, 34, 40];

/// Frequencies that are marked, in Hz: octaves, and the top of 16 kHz sound.
const MARKED_HZ: [f64; 7] = [128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8000.0];
/// Steps between marked times, in seconds: the first is taken that gives at most [`MOST_TIMES`] marks.
const STEPS_S: [f64; 15] =
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
const MOST_TIMES: f64 = 12.0;
/// Decibels between the marks of the colour bar.
const STEP_DB: usize = 20;

/// Nine evenly spaced colours of matplotlib's perceptually uniform map "magma" (CC0), from quiet to loud.
const MAGMA: [Colour; 9] = [
    [0, 0, 4],
    [28, 16, 68],
    [79, 18, 123],
    [129, 37, 129],
    [181, 54, 122],
    [229, 89, 100],
    [251, 135, 97],
    [254, 194, 135],
    [252, 253, 191],
];

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// From black to white, as the network sees it.
    Grey,
    /// From black over violet and orange to a light yellow; evenly spaced for the eye.
    Magma,
}

impl Colours {
    /// The colour of a value in `[0, 1]`.
    fn of(self, value: f32) -> Colour {
        let value = value.clamp(0.0, 1.0);
        if self == Colours::Grey {
            return [(value * 255.0).round() as u8; 3];
        }
        let place = value * (MAGMA.len() - 1) as f32;
        let below = (place as usize).min(MAGMA.len() - 2);
        let mix = |one: u8, other: u8| {
            f32::from(one) + (f32::from(other) - f32::from(one)) * (place - below as f32)
        };
        std::array::from_fn(|part| mix(MAGMA[below][part], MAGMA[below + 1][part]).round() as u8)
    }
}

/// The mel spectrogram of a whole song as the bytes of a PNG of 1900 x 710 pixels.
///
/// `decibels` comes from `Extractor::track_decibels`, the title is the song's name. Colours run from the
/// song's loudest value to `top_db` below it. Where several frames share a column, it shows their mean in dB.
pub fn song_picture(decibels: &Spectrogram, front_end: &FrontEnd, title: &str) -> anyhow::Result<Vec<u8>> {
    let cells = decibels.bands * decibels.frames;
    ensure!(cells > 0 && decibels.values.len() == cells, "there is no sound to draw");
    let letters = Letters::new()?;
    let mut canvas = Canvas::new(LEFT + PLOT.0 + RIGHT, TOP + PLOT.1 + BOTTOM, PAPER);
    draw_sound(&mut canvas, decibels, front_end.top_db);
    draw_title(&mut canvas, &letters, title);
    draw_times(&mut canvas, &letters, decibels.frames, front_end);
    draw_frequencies(&mut canvas, &letters, front_end);
    draw_bar(&mut canvas, &letters, front_end.top_db);
    canvas.png()
}

/// What the network sees of a clip, pixel by pixel and high notes above, as the bytes of a PNG.
pub fn clip_picture(picture: &Picture, input: Input, colours: Colours) -> anyhow::Result<Vec<u8>> {
    let cells = picture.rows * picture.columns;
    ensure!(cells > 0 && picture.values.len() == cells, "there is no clip to draw");
    let mut canvas = Canvas::new(picture.columns, picture.rows, PAPER);
    for (row, values) in picture.values.chunks(picture.columns).enumerate() {
        let y = if input.is_drawn() { row } else { picture.rows - 1 - row };
        values.iter().enumerate().for_each(|(x, &value)| canvas.set(x, y, colours.of(value)));
    }
    canvas.png()
}

/// The plot itself: time to the right, bands upwards and smoothly blended.
fn draw_sound(canvas: &mut Canvas, decibels: &Spectrogram, top_db: f32) {
    let loudest = decibels.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bands: Vec<Vec<f32>> =
        decibels.values.chunks(decibels.frames).map(|band| resampled(band, PLOT.0)).collect();
    for y in 0..PLOT.1 {
        let height = (PLOT.1 as f32 - y as f32 - 0.5) * bands.len() as f32 / PLOT.1 as f32 - 0.5;
        let height = height.clamp(0.0, (bands.len() - 1) as f32);
        let (below, above) = (height as usize, height.ceil() as usize);
        for (x, (low, high)) in bands[below].iter().zip(&bands[above]).enumerate() {
            let value = low + (high - low) * (height - below as f32);
            canvas.set(LEFT + x, TOP + y, Colours::Magma.of(1.0 + (value - loudest) / top_db));
        }
    }
}

/// Means over equal stretches of the values, with the share of those on a border: any length to any other.
fn resampled(values: &[f32], length: usize) -> Vec<f32> {
    let step = values.len() as f64 / length as f64;
    let mean = |column: usize| {
        let (start, end) = (column as f64 * step, (column + 1) as f64 * step);
        let covered = start as usize..(end.ceil() as usize).min(values.len());
        let share = |index: usize| end.min((index + 1) as f64) - start.max(index as f64);
        let sum: f64 = covered.clone().map(|index| share(index) * f64::from(values[index])).sum();
        (sum / covered.map(share).sum::<f64>()) as f32
    };
    (0..length).map(mean).collect()
}

fn draw_title(canvas: &mut Canvas, letters: &Letters, title: &str) {
    let text = letters.line(title, TITLE_SIZE, PLOT.0);
    canvas.write(&text, LEFT as i64, (TOP - text.height) as i64 / 2, INK);
}

/// The axis of seconds, or of minutes and seconds from two minutes on.
fn draw_times(canvas: &mut Canvas, letters: &Letters, frames: usize, front_end: &FrontEnd) {
    let frame_s = front_end.hop as f64 / f64::from(front_end.sample_rate_hz);
    let end_s = frames as f64 * frame_s;
    let step = STEPS_S.into_iter().find(|step| end_s / step <= MOST_TIMES);
    let step = step.unwrap_or_else(|| (end_s / MOST_TIMES / 3600.0).ceil() * 3600.0);
    let bottom = TOP + PLOT.1;
    let mut mark = 0.0;
    while mark * step < end_s {
        // A frame is drawn as wide as its hop, around its centre.
        let x = LEFT + ((mark * step + frame_s / 2.0) / end_s * PLOT.0 as f64) as usize;
        canvas.fill(x, bottom, MARK.1, MARK.0, INK);
        let text = letters.line(&time_label(mark * step, end_s, step), TICK_SIZE, LEFT);
        canvas.write(&text, (x + 1) as i64 - text.width as i64 / 2, (bottom + MARK.0 + 2) as i64, INK);
        mark += 1.0;
    }
    let name = if end_s < 120.0 { "time (s)" } else { "time (min:s)" };
    let text = letters.line(name, LABEL_SIZE, PLOT.0);
    let y = (bottom + BOTTOM - text.height - 8) as i64;
    canvas.write(&text, (LEFT + PLOT.0 / 2) as i64 - text.width as i64 / 2, y, INK);
}

/// A marked time, as short as the length of the song and the step allow.
fn time_label(time_s: f64, end_s: f64, step_s: f64) -> String {
    let whole = time_s.round() as u64;
    match (end_s < 120.0, step_s < 1.0) {
        (true, true) => format!("{time_s:.1}"),
        (true, false) => whole.to_string(),
        _ => format!("{}:{:02}", whole / 60, whole % 60),
    }
}

/// The axis of frequencies: evenly spaced in mel, marked in Hz.
fn draw_frequencies(canvas: &mut Canvas, letters: &Letters, front_end: &FrontEnd) {
    let top_hz = f64::from(front_end.sample_rate_hz) / 2.0;
    for hz in MARKED_HZ.into_iter().filter(|&hz| hz <= top_hz) {
        // Band b (from 0) is centred on corner b + 1 of bands + 2, and drawn around (b + 1/2) / bands.
        let corner = hz_to_mel(hz) / hz_to_mel(top_hz) * (front_end.bands + 1) as f64;
        let height = ((corner - 0.5) / front_end.bands as f64).clamp(0.0, 1.0);
        let y = TOP + ((1.0 - height) * PLOT.1 as f64) as usize;
        canvas.fill(LEFT - MARK.0, y, MARK.0, MARK.1, INK);
        let text = letters.line(&hz.to_string(), TICK_SIZE, LEFT);
        let x = LEFT as i64 - (MARK.0 + 6) as i64 - text.width as i64;
        canvas.write(&text, x, (y + 1) as i64 - text.height as i64 / 2, INK);
    }
    let text = letters.line("frequency (Hz)", LABEL_SIZE, PLOT.1).turned();
    canvas.write(&text, 2, (TOP + PLOT.1 / 2) as i64 - text.height as i64 / 2, INK);
}

/// The bar that says how loud a colour is, in dB below the loudest.
fn draw_bar(canvas: &mut Canvas, letters: &Letters, top_db: f32) {
    let left = LEFT + PLOT.0 + BAR.0;
    for y in 0..PLOT.1 {
        let colour = Colours::Magma.of(1.0 - (y as f32 + 0.5) / PLOT.1 as f32);
        canvas.fill(left, TOP + y, BAR.1, 1, colour);
    }
    for below in (0..=top_db as usize).step_by(STEP_DB) {
        let y = TOP + ((below as f32 / top_db * PLOT.1 as f32) as usize).min(PLOT.1 - 1);
        canvas.fill(left + BAR.1, y, MARK.0, MARK.1, INK);
        let label = if below == 0 { "0".to_owned() } else { format!("\u{2212}{below}") };
        let text = letters.line(&label, TICK_SIZE, RIGHT);
        let x = (left + BAR.1 + MARK.0 + 6) as i64;
        canvas.write(&text, x, (y + 1) as i64 - text.height as i64 / 2, INK);
    }
    let text = letters.line("dB", LABEL_SIZE, RIGHT);
    canvas.write(&text, left as i64, (TOP - text.height - 10) as i64, INK);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_same_colours() {
        let page = include_str!("../page/colours.js");
        let map = page.split_once("const MAGMA = [").and_then(|(_, rest)| rest.split_once("];"));
        let numbers = map.map_or("", |(map, _)| map).split(|letter: char| !letter.is_ascii_digit());
        let found: Vec<u8> = numbers.filter_map(|number| number.parse().ok()).collect();
        assert_eq!(found, MAGMA.concat());
    }

    /// Width, height and pixels of a PNG.
    fn opened(bytes: &[u8]) -> anyhow::Result<(u32, u32, Vec<u8>)> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let info = reader.next_frame(&mut pixels)?;
        Ok((info.width, info.height, pixels))
    }

    fn sound(frames: usize) -> Spectrogram {
        let values = (0..128 * frames).map(|cell| -((cell % 97) as f32)).collect();
        Spectrogram { bands: 128, frames, values }
    }

    #[test]
    fn songs_of_every_length_and_name_give_a_picture_of_one_size() -> anyhow::Result<()> {
        let front_end = FrontEnd::default();
        for (frames, title) in
            [(1, ""), (313, "Übermut – Größe.flac"), (4_000, "夜に駆ける.mp3"), (60_000, "\u{7}한\n")]
        {
            let (width, height, _) = opened(&song_picture(&sound(frames), &front_end, title)?)?;
            assert_eq!((width, height), (1900, 710), "{title}");
        }
        assert!(song_picture(&Spectrogram::default(), &front_end, "nothing").is_err());
        Ok(())
    }

    #[test]
    fn a_clip_is_drawn_pixel_by_pixel_with_high_notes_above() -> anyhow::Result<()> {
        let picture = Picture { rows: 2, columns: 3, values: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0] };
        let (width, height, pixels) = opened(&clip_picture(&picture, Input::Image, Colours::Grey)?)?;
        assert_eq!((width, height), (3, 2));
        let grey: Vec<u8> = pixels.iter().copied().step_by(3).collect();
        assert_eq!(grey, [0, 51, 102, 153, 204, 255]);
        let (_, _, pixels) = opened(&clip_picture(&picture, Input::LogMel, Colours::Grey)?)?;
        assert_eq!(pixels.iter().copied().step_by(3).collect::<Vec<_>>(), [153, 204, 255, 0, 51, 102]);
        Ok(())
    }

    #[test]
    fn the_colours_grow_lighter_from_end_to_end() {
        let light = |value: f32| {
            let [red, green, blue] = Colours::Magma.of(value).map(f32::from);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        assert!((1..=100).all(|step| light(step as f32 / 100.0) > light((step - 1) as f32 / 100.0)));
        assert_eq!((Colours::Magma.of(0.0), Colours::Magma.of(1.0)), ([0, 0, 4], [252, 253, 191]));
        assert_eq!(Colours::Grey.of(f32::NAN), [0; 3]);
    }

    #[test]
    fn columns_are_means_of_the_frames_they_cover_and_long_titles_are_cut() -> anyhow::Result<()> {
        assert_eq!(resampled(&[1.0, 3.0, 5.0, 7.0], 2), [2.0, 6.0]);
        assert_eq!(resampled(&[1.0, 4.0], 4), [1.0, 1.0, 4.0, 4.0]);
        assert_eq!(resampled(&[0.0, 3.0, 6.0], 2), [1.0, 5.0]);
        let letters = Letters::new()?;
        assert!(letters.line(&"Töne ".repeat(100), 30.0, 400).width <= 402);
        let decomposed = letters.line("u\u{308}", 30.0, 400);
        assert_eq!(decomposed.width, letters.line("ü", 30.0, 400).width);
        Ok(())
    }

    #[test]
    fn times_are_seconds_for_short_songs_and_minutes_for_long_ones() {
        assert_eq!(time_label(0.5, 3.0, 0.5), "0.5");
        assert_eq!(time_label(25.0, 30.0, 5.0), "25");
        assert_eq!(time_label(90.0, 240.0, 30.0), "1:30");
        assert_eq!(time_label(7200.0, 9000.0, 1800.0), "120:00");
    }
}
