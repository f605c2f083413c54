//! A document as Markdown with tables (GitHub's), and the figures as files beside it.

use super::document::{Block, Column, Document, Figure, Line, Section, Span, Table};

/// The page.
pub(super) fn page(document: &Document) -> String {
    let sections = document.sections.iter().map(section);
    let mut text: Vec<String> = vec![format!("# {}", escaped(&document.title))];
    text.extend(sections);
    text.join("\n\n") + "\n"
}

fn section(section: &Section) -> String {
    let heading = format!("{} {}", "#".repeat(usize::from(section.depth)), line(&section.title));
    let blocks = section.blocks.iter().map(block);
    std::iter::once(heading).chain(blocks).collect::<Vec<_>>().join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => line(text),
        Block::List(lines) => {
            lines.iter().map(|point| format!("- {}", line(point))).collect::<Vec<_>>().join("\n")
        }
        Block::Table(table) => self::table(table),
        Block::Figure(figure) => self::figure(figure),
        // JSON keeps line breaks within its strings escaped: no line of it can end the fence.
        Block::Code(name, text) => format!("{}\n\n```json\n{text}\n```", line(name)),
    }
}

fn table(table: &Table) -> String {
    format!("{}\n\n{}", line(&table.caption), bare_table(table).trim_end())
}

/// A table without its caption.
pub(super) fn bare_table(table: &Table) -> String {
    let heads = row(table.columns.iter().map(|column| line(&column.name)));
    let rule = |column: &Column| if column.numeric { "---:" } else { ":---" }.to_owned();
    let rule = row(table.columns.iter().map(rule));
    let rows = table.rows.iter().map(|cells| row(cells.iter().map(line)));
    let lines: Vec<String> = [heads, rule].into_iter().chain(rows).collect();
    lines.join("\n") + "\n"
}

fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn figure(figure: &Figure) -> String {
    format!("![{}]({})\n\n{}", escaped(&figure.label), figure.file(), line(&figure.caption))
}

fn line(line: &Line) -> String {
    line.0.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(words) => escaped(words),
        Span::Strong(words) => format!("**{}**", escaped(words)),
        Span::Code(word) => code(word),
        Span::Leaky => "**leaky**".to_owned(),
        Span::Link(words, target) => format!("[{}]({target})", escaped(words)),
    }
}

/// A word of the program. Within a code span nothing can be escaped, so what would need it is no code span.
fn code(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " ./_-".contains(c);
    if word.chars().all(plain) && word.trim() == word && !word.is_empty() {
        format!("`{word}`")
    } else {
        escaped(word)
    }
}

/// Text in which nothing means more than itself, in a table's cell too.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '$' => {
                escaped.extend(['\\', c]);
            }
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_a_cell_or_begin_a_tag() {
        assert_eq!(escaped("a|b <i> *c*"), r"a\|b \<i\> \*c\*");
        assert_eq!(code("a|b`"), r"a\|b\`");
        assert_eq!(code("blues/one two.wav"), "`blues/one two.wav`");
    }
}
