//! What a page says, before it is HTML or Markdown. Both renderers walk over the same document, so that neither
//! can say what the other does not.

use super::plots::Drawing;

/// A page: sections one after the other.
#[derive(Debug)]
pub(super) struct Document {
    /// The title of the page.
    pub title: String,
    /// The sections in order.
    pub sections: Vec<Section>,
}

/// A heading and what stands below it.
#[derive(Debug)]
pub(super) struct Section {
    /// The heading.
    pub title: Line,
    /// Its depth: 2 for a section, 3 for a part of the section before it.
    pub depth: u8,
    /// What stands below it.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug)]
pub(super) enum Block {
    /// A paragraph.
    Text(Line),
    /// Short points.
    List(Vec<Line>),
    /// A table.
    Table(Table),
    /// A figure.
    Figure(Figure),
    /// Text to be kept as it stands, such as settings, with what it is.
    Code(Line, String),
}

/// A line of text: words, some of them marked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line(pub Vec<Span>);

/// A part of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Span {
    /// Words as they are.
    Plain(String),
    /// Words that matter.
    Strong(String),
    /// A word of the program: a protocol, a hash.
    Code(String),
    /// The mark of a figure from a leaky protocol.
    Leaky,
    /// A link: what is read, and where it leads.
    Link(String, String),
}

/// A table. The first cell of each row is the row's heading.
#[derive(Debug)]
pub(super) struct Table {
    /// What it shows.
    pub caption: Line,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as there are columns.
    pub rows: Vec<Vec<Line>>,
    /// Whether the last row sums up the others.
    pub total: bool,
    /// Whether a page may show it only on demand.
    pub folded: bool,
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    /// Its heading.
    pub name: Line,
    /// Whether it holds numbers, which stand below each other to the right.
    pub numeric: bool,
}

/// A figure with its number.
#[derive(Debug)]
pub(super) struct Figure {
    /// Its number on the page.
    pub number: usize,
    /// What it shows, for those who see it.
    pub caption: Line,
    /// What it shows, for those who do not.
    pub label: String,
    /// The picture.
    pub drawing: Drawing,
}

impl Line {
    /// Adds words.
    pub fn plain(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Plain(words.into()));
        self
    }

    /// Adds words that matter.
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Strong(words.into()));
        self
    }

    /// Adds a word of the program.
    pub fn code(mut self, word: impl Into<String>) -> Self {
        self.0.push(Span::Code(word.into()));
        self
    }

    /// Adds a link.
    pub fn link(mut self, words: impl Into<String>, target: impl Into<String>) -> Self {
        self.0.push(Span::Link(words.into(), target.into()));
        self
    }

    /// Adds the mark of a leaky protocol, where it is one.
    pub fn leaky(mut self, leaky: bool) -> Self {
        if leaky {
            self.0.extend([Span::Plain(" ".into()), Span::Leaky]);
        }
        self
    }

    /// Adds another line's words.
    pub fn and(mut self, other: Line) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl<Words: Into<String>> From<Words> for Line {
    fn from(words: Words) -> Self {
        Line::default().plain(words)
    }
}

impl Column {
    /// A column of words.
    pub fn words(name: impl Into<Line>) -> Self {
        Column { name: name.into(), numeric: false }
    }

    /// A column of numbers.
    pub fn numbers(name: impl Into<Line>) -> Self {
        Column { name: name.into(), numeric: true }
    }
}

impl Table {
    /// A table that is shown whole and whose rows are all of a kind.
    pub fn new(caption: impl Into<Line>, columns: Vec<Column>, rows: Vec<Vec<Line>>) -> Self {
        Table { caption: caption.into(), columns, rows, total: false, folded: false }
    }
}

impl Section {
    /// A section.
    pub fn new(title: impl Into<Line>, blocks: Vec<Block>) -> Self {
        Section { title: title.into(), depth: 2, blocks }
    }

    /// A part of the section before it.
    pub fn part(title: impl Into<Line>, blocks: Vec<Block>) -> Self {
        Section { title: title.into(), depth: 3, blocks }
    }
}

impl Figure {
    /// Where the picture lies beside the page.
    pub fn file(&self) -> String {
        format!("figures/fig-{}.svg", self.number)
    }

    /// The picture with its description.
    pub fn svg(&self) -> String {
        self.drawing.svg(&self.label)
    }
}
