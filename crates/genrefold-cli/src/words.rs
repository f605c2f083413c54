//! Numbers and names as people read them.

use std::path::Path;

/// A share of one as "93.2 %".
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A place in a song as "1:02.5".
pub fn clock(seconds: f64) -> String {
    let tenths = (seconds.max(0.0) * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// A span of time, roughly: "38 s", "13 min", "2 h 05 min".
pub fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..100 => format!("{whole} s"),
        100..5970 => format!("{} min", (whole + 30) / 60),
        _ => format!("{} h {:02} min", (whole + 30) / 3600, (whole + 30) % 3600 / 60),
    }
}

/// "1 song", "2 songs".
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A count of many as "3.1 million".
pub fn many(count: usize) -> String {
    if count >= 1_000_000 { format!("{:.1} million", count as f64 / 1e6) } else { count.to_string() }
}

/// Memory as "540 MB", "2.3 GB".
pub fn megabytes(bytes: f64) -> String {
    if bytes >= 1e9 {
        format!("{:.1} GB", bytes / 1e9)
    } else {
        format!("{:.0} MB", (bytes / 1e7).ceil() * 10.0)
    }
}

/// A word of a command as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path as text. What is not UTF-8 becomes U+FFFD.
pub fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Text on one line of a terminal: characters that would move its cursor become U+FFFD.
pub fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_rounded_and_carried_over() {
        assert_eq!(
            (clock(0.0), clock(2.5), clock(59.96)),
            ("0:00.0".into(), "0:02.5".into(), "1:00.0".into())
        );
        assert_eq!(
            (span(37.6), span(780.0), span(7500.0)),
            ("38 s".into(), "13 min".into(), "2 h 05 min".into())
        );
        assert_eq!((span(5969.0), span(5970.0)), ("99 min".into(), "1 h 40 min".into()));
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(one_line("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
    }
}
