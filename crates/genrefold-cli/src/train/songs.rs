//! The songs of a folder, as far as they can be known before they are decoded, and what is odd about them.

use std::fmt::Write as _;

use anyhow::Result;
use genrefold::dataset::{Catalogue, Track};
use genrefold::training::require_songs;

use super::TrainArgs;
use crate::words::{counted, one_line};

/// Longer lists are cut here.
const SHOWN: usize = 5;
/// A genre of fewer songs gets a model that nobody can judge: one or two songs are held out of it.
const FEW: usize = 10;
/// From this many times as many songs on, a genre dwarfs another.
const DWARFS: usize = 10;

/// A folder of songs.
pub struct Songs {
    /// Those that can be opened.
    pub readable: Catalogue,
    /// The others: where they are, and what is wrong.
    unreadable: Vec<(String, String)>,
}

impl Songs {
    /// Looks for the songs and opens each of them.
    ///
    /// # Errors
    /// Those of [`Catalogue::scan`]; [`Data`](genrefold::Error::Data) where a genre has too few songs that can be read.
    pub fn find(args: &TrainArgs) -> Result<Self> {
        let all = Catalogue::scan(&args.data)?;
        require_songs(&all)?;
        let failed = all.unreadable();
        let unreadable = failed.iter().map(|(track, error)| (all.relative(track), error.to_string()));
        let left_out: Vec<&Track> = failed.iter().map(|(track, _)| *track).collect();
        let songs = Songs { readable: all.without(&left_out), unreadable: unreadable.collect() };
        // Which songs these are is the reason, if what is left is not enough.
        require_songs(&songs.readable).inspect_err(|_| eprint!("{}", songs.list_unreadable()))?;
        Ok(songs)
    }

    /// How many songs cannot be opened.
    pub fn unreadable(&self) -> usize {
        self.unreadable.len()
    }

    /// Songs by genre, what is passed over or left out, and what to beware of.
    pub fn page(&self) -> String {
        let mut text = self.table();
        if self.readable.ignored > 0 {
            let files = counted(self.readable.ignored, "file");
            let _ = writeln!(text, "Passing over {files}, not audio by name.");
        }
        if !self.unreadable.is_empty() {
            text += &self.list_unreadable();
        }
        text + &self.warnings()
    }

    fn table(&self) -> String {
        let Catalogue { genres, tracks, .. } = &self.readable;
        let mut text = format!("{} of {}:\n", counted(tracks.len(), "song"), counted(genres.len(), "genre"));
        let names: Vec<String> = genres.names().iter().map(|name| one_line(name)).collect();
        let width = names.iter().map(|name| console::measure_text_width(name)).max().unwrap_or(0);
        for (name, count) in names.iter().zip(self.readable.counts()) {
            let name = console::pad_str(name, width, console::Alignment::Left, None);
            let _ = writeln!(text, "  {name}  {count:>6}");
        }
        text
    }

    fn list_unreadable(&self) -> String {
        let mut text =
            format!("Leaving out {} that cannot be read:\n", counted(self.unreadable.len(), "song"));
        let told = self.unreadable.iter().map(|(path, why)| format!("{path}: {why}"));
        list(&mut text, told);
        text
    }

    /// What can be learned from, but badly.
    fn warnings(&self) -> String {
        let mut text = String::new();
        let counts = self.readable.counts();
        let named: Vec<(&String, usize)> = self.readable.genres.names().iter().zip(counts).collect();
        let few: Vec<String> =
            named.iter().filter(|(_, count)| *count < FEW).map(|(name, _)| one_line(name)).collect();
        if !few.is_empty() {
            let _ = writeln!(
                text,
                "Beware: fewer than {FEW} songs of {}; expect little of the model there, and its figures to say \
                 little about it.",
                few.join(", ")
            );
        }
        let most = named.iter().max_by_key(|(_, count)| *count);
        let least = named.iter().min_by_key(|(_, count)| *count);
        if let (Some((large, most)), Some((small, least))) = (most, least)
            && *most >= DWARFS * least
        {
            let _ = writeln!(
                text,
                "Beware: {most} songs of {}, but {least} of {}. All genres are drawn equally often, so those few are \
                 heard again and again, and learned by heart; more of them would help.",
                one_line(large),
                one_line(small)
            );
        }
        text + &self.torn()
    }

    /// One file in several genres.
    fn torn(&self) -> String {
        let torn = self.readable.identical().into_iter();
        let torn: Vec<String> = torn
            .filter(|same| same.iter().any(|track| track.genre != same[0].genre))
            .map(|same| same.into_iter().map(|track| self.readable.relative(track)).collect::<Vec<_>>())
            .map(|paths| paths.join(" = "))
            .collect();
        if torn.is_empty() {
            return String::new();
        }
        let mut text = format!(
            "Beware: {} in several genres; the network cannot learn both. Leave each song in the better one:\n",
            if torn.len() == 1 { "the same song is".into() } else { format!("{} songs are", torn.len()) }
        );
        list(&mut text, torn.into_iter());
        text
    }
}

/// A few lines of a list, and how many more there are.
fn list(text: &mut String, lines: impl ExactSizeIterator<Item = String>) {
    let more = lines.len().saturating_sub(SHOWN);
    lines.take(SHOWN).for_each(|line| *text += &format!("  {}\n", one_line(&line)));
    if more > 0 {
        *text += &format!("  and {more} more\n");
    }
}
