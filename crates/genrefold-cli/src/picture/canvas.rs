//! Pixels and letters: just enough to draw a figure.

use ab_glyph::{Font, FontRef, OutlinedGlyph, PxScale, ScaleFont, point};
use anyhow::Context;
use unicode_normalization::UnicodeNormalization;

/// M PLUS 1 for Latin, kana and the kanji of JIS level 1; DejaVu Sans for Greek, Cyrillic and musical signs.
/// Their licences and the script that cut them down lie beside them.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../../fonts/MPLUS1-Regular-subset.otf"),
    include_bytes!("../../fonts/DejaVuSans-subset.ttf"),
];

/// Red, green, blue.
pub type Colour = [u8; 3];

/// A picture in the making, row-major from the top left.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, pixels: vec![colour; width * height] }
    }

    /// Sets a pixel; outside the canvas nothing happens.
    pub fn set(&mut self, x: usize, y: usize, colour: Colour) {
        self.blend(x as i64, y as i64, colour, 1.0);
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Colour) {
        for row in y..y + height {
            (x..x + width).for_each(|column| self.set(column, row, colour));
        }
    }

    /// Draws letters with their top left corner at a place.
    pub fn write(&mut self, text: &Text, x: i64, y: i64, colour: Colour) {
        for (place, &cover) in text.cover.iter().enumerate() {
            let (column, row) = (place % text.width, place / text.width);
            self.blend(x + column as i64, y + row as i64, colour, cover);
        }
    }

    /// Covers a share of a pixel, from 0 to 1.
    fn blend(&mut self, x: i64, y: i64, colour: Colour, cover: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let pixel = &mut self.pixels[y * self.width + x];
        for (old, new) in pixel.iter_mut().zip(colour) {
            *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * cover).round() as u8;
        }
    }

    /// The canvas as the bytes of a PNG file.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder =
            png::Encoder::new(&mut bytes, u32::try_from(self.width)?, u32::try_from(self.height)?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().context("cannot write the picture")?;
        writer.write_image_data(self.pixels.as_flattened()).context("cannot write the picture")?;
        writer.finish().context("cannot write the picture")?;
        Ok(bytes)
    }
}

/// A line of letters, ready to be drawn.
pub struct Text {
    /// In pixels.
    pub width: usize,
    /// In pixels: a line's height, the same for all texts of a size.
    pub height: usize,
    cover: Vec<f32>,
}

impl Text {
    /// The same, turned to be read from below.
    pub fn turned(&self) -> Self {
        let cover = (0..self.width * self.height)
            .map(|place| (place % self.height, place / self.height))
            .map(|(column, row)| self.cover[column * self.width + self.width - 1 - row])
            .collect();
        Self { width: self.height, height: self.width, cover }
    }

    /// Adds a letter where its outline says.
    fn add(&mut self, letter: &OutlinedGlyph) {
        let corner = letter.px_bounds().min;
        letter.draw(|x, y, share| {
            let (x, y) = (corner.x as i64 + i64::from(x), corner.y as i64 + i64::from(y));
            if (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y) {
                let cell = &mut self.cover[y as usize * self.width + x as usize];
                *cell = (*cell + share).min(1.0);
            }
        });
    }
}

/// The embedded fonts; the first that has a letter draws it.
pub struct Letters([FontRef<'static>; 2]);

impl Letters {
    /// Reads the fonts.
    pub fn new() -> anyhow::Result<Self> {
        let read = |font| FontRef::try_from_slice(font).context("an embedded font is damaged");
        Ok(Self([read(FONTS[0])?, read(FONTS[1])?]))
    }

    /// Sets a line in letters of `size` pixels, cut with an ellipsis where it would exceed `room` pixels.
    ///
    /// The text is composed first (file names from a Mac come as "u" and a separate umlaut); what the
    /// fonts lack is drawn as a box.
    pub fn line(&self, text: &str, size: f32, room: usize) -> Text {
        let composed: Vec<char> = text.nfc().filter(|letter| !letter.is_control()).collect();
        let mut kept = composed.len();
        let mut line: String = composed.iter().collect();
        while kept > 0 && self.width(&line, size) > room as f32 {
            kept -= 1;
            line = composed[..kept].iter().collect::<String>().trim_end().to_owned() + "…";
        }
        self.draw(&line, size)
    }

    /// A letter's font and its scale there: the first font that has it, else the first one's box.
    ///
    /// `PxScale` is a line's height, which is another share of the em in each font.
    fn font(&self, letter: char, size: f32) -> (&FontRef<'static>, PxScale) {
        let [first, second] = &self.0;
        let has = |font: &FontRef| font.glyph_id(letter).0 != 0;
        let lines = |font: &FontRef| font.height_unscaled() / font.units_per_em().unwrap_or(1000.0);
        match !has(first) && has(second) {
            true => (second, PxScale::from(size * lines(second) / lines(first))),
            false => (first, PxScale::from(size)),
        }
    }

    fn advance(&self, letter: char, size: f32) -> f32 {
        let (font, scale) = self.font(letter, size);
        font.as_scaled(scale).h_advance(font.glyph_id(letter))
    }

    fn width(&self, line: &str, size: f32) -> f32 {
        line.chars().map(|letter| self.advance(letter, size)).sum()
    }

    fn draw(&self, line: &str, size: f32) -> Text {
        let metrics = self.0[0].as_scaled(PxScale::from(size));
        let (width, height) = (self.width(line, size).ceil() as usize + 1, metrics.height().ceil() as usize);
        let mut text = Text { width, height, cover: vec![0.0; width * height] };
        let mut pen = 0.0;
        for letter in line.chars() {
            let (font, scale) = self.font(letter, size);
            let place = point(pen, metrics.ascent());
            pen += self.advance(letter, size);
            let glyph = font.glyph_id(letter).with_scale_and_position(scale, place);
            if let Some(outline) = font.outline_glyph(glyph) {
                text.add(&outline);
            }
        }
        text
    }
}
