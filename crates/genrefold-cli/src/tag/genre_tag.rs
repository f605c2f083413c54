//! Genres in the three kinds of tags that sound files have: ID3v2, Vorbis comments, and the atoms of MPEG-4.

use std::borrow::Cow;

use lofty::TextEncoding;
use lofty::id3::v2::{Frame, FrameId, Id3v2Tag, TextInformationFrame};
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst};
use lofty::ogg::OggPictureStorage;
use lofty::ogg::tag::VorbisComments;
use lofty::tag::TagExt;

/// What stands beside a genre that this program has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The program and its version.
    Program,
    /// The model's short fingerprint.
    Model,
    /// The genre's probability.
    Probability,
}

impl Note {
    pub const ALL: [Note; 3] = [Note::Program, Note::Model, Note::Probability];

    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            Note::Program => "GENREFOLD_PROGRAM",
            Note::Model => "GENREFOLD_MODEL",
            Note::Probability => "GENREFOLD_PROBABILITY",
        }
    }
}

/// A tag that can hold genres and notes about them.
pub trait GenreTag {
    /// The genres as they are stored, in their order.
    fn genres(&self) -> Vec<String>;
    /// Stores these genres and no others.
    fn set_genres(&mut self, genres: &[String]);
    /// A note that is there.
    fn note(&self, note: Note) -> Option<String>;
    /// Stores a note, or removes it.
    fn set_note(&mut self, note: Note, value: Option<String>);
    /// All else that it holds, as texts that show every value.
    fn others(&self) -> Vec<String>;
    /// Whether the tag holds nothing at all.
    fn is_bare(&self) -> bool;
}

/// The genres' frame.
const TCON: FrameId<'static> = FrameId::Valid(Cow::Borrowed("TCON"));

impl GenreTag for Id3v2Tag {
    fn genres(&self) -> Vec<String> {
        let texts = self.get_texts(&TCON).into_iter().flatten();
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// Values are separated by U+0000 (ID3v2.4.0, 4.2).
    fn set_genres(&mut self, genres: &[String]) {
        if genres.is_empty() {
            self.remove(&TCON).for_each(drop);
        } else {
            let text = genres.join("\0");
            self.insert(Frame::Text(TextInformationFrame::new(TCON, encoding(&text), text)));
        }
    }

    fn note(&self, note: Note) -> Option<String> {
        self.get_user_text(note.name()).map(str::to_owned)
    }

    fn set_note(&mut self, note: Note, value: Option<String>) {
        match value {
            Some(value) => drop(self.insert_user_text(note.name().into(), value)),
            None => drop(self.remove_user_text(note.name())),
        }
    }

    fn others(&self) -> Vec<String> {
        let ours = |frame: &&Frame| match frame {
            Frame::UserText(text) => Note::ALL.iter().any(|note| note.name() == text.description),
            frame => *frame.id() == TCON,
        };
        self.into_iter().filter(|frame| !ours(frame)).map(|frame| format!("{frame:?}")).collect()
    }

    fn is_bare(&self) -> bool {
        TagExt::is_empty(self)
    }
}

/// Latin-1 where it is enough: every version and every player reads it.
fn encoding(text: &str) -> TextEncoding {
    if text.chars().all(|letter| u32::from(letter) < 0x100) {
        TextEncoding::Latin1
    } else {
        TextEncoding::UTF16
    }
}

/// The genres' field.
const GENRE: &str = "GENRE";

impl GenreTag for VorbisComments {
    fn genres(&self) -> Vec<String> {
        self.get_all(GENRE).map(str::to_owned).collect()
    }

    /// A field for each (Xiph's comment specification: the same name may stand several times).
    fn set_genres(&mut self, genres: &[String]) {
        replace(self, GENRE, genres);
    }

    fn note(&self, note: Note) -> Option<String> {
        self.get(note.name()).map(str::to_owned)
    }

    fn set_note(&mut self, note: Note, value: Option<String>) {
        replace(self, note.name(), value.as_slice());
    }

    fn others(&self) -> Vec<String> {
        let ours = |key: &str| {
            let note = Note::ALL.iter().any(|note| key.eq_ignore_ascii_case(note.name()));
            note || key.eq_ignore_ascii_case(GENRE)
        };
        let others = self.items().filter(|(key, _)| !ours(key)).map(|(key, value)| format!("{key}={value}"));
        others.chain(self.pictures().iter().map(|picture| format!("{picture:?}"))).collect()
    }

    fn is_bare(&self) -> bool {
        // A file of this kind has its comments, however few.
        false
    }
}

/// Other values of a field, where its old ones stood; all other fields keep their order.
fn replace(tag: &mut VorbisComments, name: &str, values: &[String]) {
    let items: Vec<(String, String)> = tag.take_items().collect();
    let is_it = |(key, _): &(String, String)| key.eq_ignore_ascii_case(name);
    let place = items.iter().position(is_it).unwrap_or(items.len());
    let kept =
        |items: &[(String, String)]| items.iter().filter(|item| !is_it(item)).cloned().collect::<Vec<_>>();
    let new = values.iter().map(|value| (name.to_owned(), value.clone()));
    let all = kept(&items[..place]).into_iter().chain(new).chain(kept(&items[place..]));
    all.for_each(|(key, value)| tag.push(key, value));
}

/// The genres' atom.
const GEN: AtomIdent<'static> = AtomIdent::Fourcc(*b"\xa9gen");

fn freeform(note: Note) -> AtomIdent<'static> {
    AtomIdent::Freeform { mean: Cow::Borrowed("com.apple.iTunes"), name: Cow::Borrowed(note.name()) }
}

fn texts(tag: &Ilst, ident: &AtomIdent<'_>) -> Vec<String> {
    let data = tag.get(ident).into_iter().flat_map(Atom::data);
    data.filter_map(|data| match data {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text.clone()),
        _ => None,
    })
    .collect()
}

impl GenreTag for Ilst {
    fn genres(&self) -> Vec<String> {
        texts(self, &GEN)
    }

    /// One atom with a value for each.
    fn set_genres(&mut self, genres: &[String]) {
        self.remove(&GEN).for_each(drop);
        let values = genres.iter().cloned().map(AtomData::UTF8).collect();
        if let Some(atom) = Atom::from_collection(GEN, values) {
            self.insert(atom);
        }
    }

    fn note(&self, note: Note) -> Option<String> {
        texts(self, &freeform(note)).into_iter().next()
    }

    fn set_note(&mut self, note: Note, value: Option<String>) {
        self.remove(&freeform(note)).for_each(drop);
        if let Some(value) = value {
            self.insert(Atom::new(freeform(note), AtomData::UTF8(value)));
        }
    }

    fn others(&self) -> Vec<String> {
        let ours = |atom: &&Atom| {
            *atom.ident() == GEN || Note::ALL.iter().any(|note| *atom.ident() == freeform(*note))
        };
        self.into_iter().filter(|atom| !ours(atom)).map(|atom| format!("{atom:?}")).collect()
    }

    fn is_bare(&self) -> bool {
        TagExt::is_empty(self)
    }
}
