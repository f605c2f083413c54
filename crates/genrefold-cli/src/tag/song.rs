//! A sound file opened for its tags.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use lofty::config::{ParseOptions, WriteOptions};
use lofty::file::FileType;
use lofty::flac::FlacFile;
use lofty::id3::v2::{Id3v2Tag, Id3v2Version};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::Mp4File;
use lofty::mpeg::MpegFile;
use lofty::ogg::{OggPictureStorage, OpusFile, VorbisFile};
use lofty::prelude::{AudioFile, TagExt};
use lofty::probe::Probe;
use lofty::tag::TagType;

use super::genre_tag::{GenreTag, Note};
use super::unfolding;

/// A file's tags, in the form that its format has.
pub enum Song {
    Mpeg(MpegFile),
    Aiff(AiffFile),
    Wav(WavFile),
    Flac(FlacFile),
    Vorbis(VorbisFile),
    Opus(OpusFile),
    Mp4(Mp4File),
}

/// What a file says of its genre.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Genre {
    /// As stored, in their order.
    pub genres: Vec<String>,
    /// Program, model and probability, where this program has written the genre.
    #[serde(default)]
    pub notes: [Option<String>; 3],
}

impl Song {
    /// Reads the tags of the file at `path`; its kind is told by its content.
    ///
    /// # Errors
    /// The file cannot be read, or is of a kind whose tags cannot be written.
    pub fn read(path: &Path) -> Result<Self> {
        unfolding::refuse(path)?;
        let probe = Probe::open(path)?.guess_file_type()?;
        let mut options = ParseOptions::new();
        options.read_properties(false).implicit_conversions(false);
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(match probe.file_type() {
            Some(FileType::Mpeg) => Song::Mpeg(MpegFile::read_from(&mut file, options)?),
            Some(FileType::Aiff) => Song::Aiff(AiffFile::read_from(&mut file, options)?),
            Some(FileType::Wav) => Song::Wav(WavFile::read_from(&mut file, options)?),
            Some(FileType::Flac) => Song::Flac(FlacFile::read_from(&mut file, options)?),
            Some(FileType::Vorbis) => Song::Vorbis(VorbisFile::read_from(&mut file, options)?),
            Some(FileType::Opus) => Song::Opus(OpusFile::read_from(&mut file, options)?),
            Some(FileType::Mp4) => Song::Mp4(Mp4File::read_from(&mut file, options)?),
            _ => bail!("tags are written into mp3, flac, ogg, opus, m4a, aiff and wav only"),
        })
    }

    /// What the file says of its genre.
    pub fn genre(&self) -> Genre {
        let of =
            |tag: &dyn GenreTag| Genre { genres: tag.genres(), notes: Note::ALL.map(|note| tag.note(note)) };
        self.tag().map(of).unwrap_or_default()
    }

    /// All tags but the genre and its notes, as texts that show every value; sorted, for their order is nobody's.
    pub fn others(&self) -> Vec<String> {
        let mut others = self.tag().map(GenreTag::others).unwrap_or_default();
        match self {
            Song::Mpeg(song) => others.push(format!("{:?} {:?}", song.id3v1(), song.ape())),
            Song::Aiff(song) => others.push(format!("{:?}", song.text_chunks())),
            Song::Wav(song) => others.push(format!("{:?}", song.riff_info())),
            Song::Flac(song) => others.push(format!("{:?} {:?}", song.pictures(), song.id3v2())),
            Song::Vorbis(_) | Song::Opus(_) | Song::Mp4(_) => {}
        }
        others.sort();
        others
    }

    /// Says another genre from now on; [`Song::save`] brings it into the file.
    pub fn set_genre(&mut self, genre: &Genre) {
        // There is one from here on.
        let Some(tag) = self.tag_to_write() else { return };
        tag.set_genres(&genre.genres);
        Note::ALL.into_iter().zip(&genre.notes).for_each(|(note, value)| tag.set_note(note, value.clone()));
    }

    /// Writes the tag into the file at `path`, where this song was read from or a copy of it.
    ///
    /// # Errors
    /// The file cannot be written; what is in it then is unknown.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let options = WriteOptions::new().lossy_text_encoding(false).respect_read_only(false);
        match self {
            Song::Mpeg(song) => save_id3v2(song.id3v2(), &mut file, options),
            Song::Aiff(song) => save_id3v2(song.id3v2(), &mut file, options),
            Song::Wav(song) => save_id3v2(song.id3v2(), &mut file, options),
            // Pictures lie beside the comments, and are written with them.
            Song::Flac(song) => song.save_to(&mut file, options).map_err(Into::into),
            Song::Vorbis(song) => song.save_to(&mut file, options).map_err(Into::into),
            Song::Opus(song) => song.save_to(&mut file, options).map_err(Into::into),
            Song::Mp4(song) => match song.ilst() {
                Some(tag) if !tag.is_bare() => tag.save_to(&mut file, options).map_err(Into::into),
                _ => TagType::Mp4Ilst.remove_from(&mut file, options).map_err(Into::into),
            },
        }
    }

    fn tag(&self) -> Option<&dyn GenreTag> {
        fn some<T: GenreTag>(tag: &T) -> &dyn GenreTag {
            tag
        }
        match self {
            Song::Mpeg(song) => song.id3v2().map(some),
            Song::Aiff(song) => song.id3v2().map(some),
            Song::Wav(song) => song.id3v2().map(some),
            Song::Flac(song) => song.vorbis_comments().map(some),
            Song::Vorbis(song) => Some(song.vorbis_comments()),
            Song::Opus(song) => Some(song.vorbis_comments()),
            Song::Mp4(song) => song.ilst().map(some),
        }
    }

    /// The tag, made if there is none.
    fn tag_to_write(&mut self) -> Option<&mut dyn GenreTag> {
        macro_rules! or_new {
            ($song:ident, $get:ident, $set:ident, $has:ident) => {{
                if $song.$has().is_none() {
                    $song.$set(Default::default());
                }
                $song.$get().map(|tag| tag as &mut dyn GenreTag)
            }};
        }
        match self {
            Song::Mpeg(song) => or_new!(song, id3v2_mut, set_id3v2, id3v2),
            Song::Aiff(song) => or_new!(song, id3v2_mut, set_id3v2, id3v2),
            Song::Wav(song) => or_new!(song, id3v2_mut, set_id3v2, id3v2),
            Song::Flac(song) => or_new!(song, vorbis_comments_mut, set_vorbis_comments, vorbis_comments),
            Song::Vorbis(song) => Some(song.vorbis_comments_mut()),
            Song::Opus(song) => Some(song.vorbis_comments_mut()),
            Song::Mp4(song) => or_new!(song, ilst_mut, set_ilst, ilst),
        }
    }
}

/// In the version that the tag had.
fn save_id3v2(tag: Option<&Id3v2Tag>, file: &mut File, mut options: WriteOptions) -> Result<()> {
    match tag {
        Some(tag) if !tag.is_bare() => {
            options.use_id3v23(tag.original_version() == Id3v2Version::V3);
            tag.save_to(file, options).context("the tag cannot be written")
        }
        _ => TagType::Id3v2.remove_from(file, options).context("the tag cannot be removed"),
    }
}
