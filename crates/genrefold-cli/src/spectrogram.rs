//! `genrefold spectrogram`: a song as a picture.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use genrefold::features::{Clips, Extractor, FrontEnd, Input};
use genrefold::{Audio, Limits, audio, files};

use crate::args::SpectrogramArgs;
use crate::failure::Usage;
use crate::picture::{Colours, clip_picture, song_picture};
use crate::words::{counted, name};

/// Runs the command.
///
/// # Errors
/// [`Usage`] for a name that is no .png or a clip that the song does not have; those of reading and writing.
pub fn run(args: &SpectrogramArgs) -> Result<ExitCode> {
    [Some(&args.out), args.report_picture.as_ref()]
        .into_iter()
        .flatten()
        .try_for_each(|out| refuse_other(out))?;
    // The report's picture, whatever a model sees: its settings are the default ones.
    let front_end = FrontEnd { input: Input::Image, ..FrontEnd::default() };
    let sound = audio::read(args.song.as_path(), front_end.sample_rate_hz, &Limits::default())?;
    match (&args.report_picture, args.clip) {
        (Some(out), clip) => {
            draw_clip(&sound, &front_end, clip.unwrap_or(1), out)?;
            draw_song(&sound, &front_end, &args.song, &args.out)?;
        }
        (None, Some(clip)) => draw_clip(&sound, &front_end, clip, &args.out)?,
        (None, None) => draw_song(&sound, &front_end, &args.song, &args.out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_other(out: &Path) -> Result<()> {
    if out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Ok(());
    }
    Err(anyhow!(Usage(format!("{} is no .png; pictures are written as PNG only", out.display()))))
}

fn draw_song(sound: &Audio, front_end: &FrontEnd, song: &Path, out: &Path) -> Result<()> {
    let decibels = Extractor::new(front_end)?.track_decibels(&sound.samples);
    let title = name(song.file_name().unwrap_or(song.as_os_str()).as_ref());
    files::write_whole(out, &song_picture(&decibels, front_end, &title)?)?;
    eprintln!("{}: {title}, {:.1} s", out.display(), sound.seconds());
    Ok(())
}

/// Draws one clip; the first is number 1.
fn draw_clip(sound: &Audio, front_end: &FrontEnd, number: usize, out: &Path) -> Result<()> {
    let clips = Clips::cut(front_end, &sound.samples)?;
    let Some(clip) = clips.get(number - 1) else {
        let found = counted(clips.len(), "clip");
        return Err(anyhow!(Usage(format!("the song has {found}; there is no number {number}"))));
    };
    let picture = Extractor::new(front_end)?.picture(&clip.samples)?;
    files::write_whole(out, &clip_picture(&picture, front_end.input, Colours::Grey)?)?;
    eprintln!(
        "{}: clip {number} of {}, {:.1} s to {:.1} s",
        out.display(),
        clips.len(),
        clip.start_s,
        clip.end_s
    );
    Ok(())
}
