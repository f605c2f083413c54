//! What the service tells of its work: a line on standard error for each request and song, without contents and names.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::args::LogForm;

/// Writes log lines.
#[derive(Debug, Clone, Copy)]
pub struct Log(pub LogForm);

impl Log {
    /// Of what is as it should be.
    pub fn info(self, event: &str, fields: Value) {
        self.line("info", event, fields);
    }

    /// Of what somebody should look at.
    pub fn error(self, event: &str, fields: Value) {
        self.line("error", event, fields);
    }

    fn line(self, level: &str, event: &str, fields: Value) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = match self.0 {
            LogForm::Json => as_json(since.as_secs_f64(), level, event, fields),
            LogForm::Text => as_text(level, event, &fields),
            LogForm::None => return,
        };
        // A log that cannot be written stops no work.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// Time as seconds since 1970.
fn as_json(time: f64, level: &str, event: &str, fields: Value) -> String {
    let mut line = json!({ "time": (time * 1e3).round() / 1e3, "level": level, "event": event });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    line.to_string()
}

fn as_text(level: &str, event: &str, fields: &Value) -> String {
    let fields = fields.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let word = |(name, value): (&String, &Value)| format!(" {name}={value}");
    let mark = if level == "error" { "error: " } else { "" };
    format!("{mark}{event}{}", fields.map(word).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_its_event_and_the_fields_that_are_known() -> serde_json::Result<()> {
        let fields = json!({ "status": 200, "clips": null, "route": "/v1/classify" });
        let line: Value = serde_json::from_str(&as_json(1.23456, "info", "request", fields.clone()))?;
        let expected = json!({ "time": 1.235, "level": "info", "event": "request", "status": 200, "route": "/v1/classify" });
        assert_eq!(line, expected);
        let text = as_text("error", "request", &fields);
        assert!(text.starts_with("error: request ") && text.contains(" status=200"), "{text}");
        Ok(())
    }
}
