//! The program on one file, within limits.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::common::{Outcome, text};

/// The most address space, KiB: 512 MiB, as little as a worker of the service may be given.
#[cfg(unix)]
const MEMORY: &str = "524288";
/// The most time of the processor, seconds: far more than any file takes, and far less than for ever.
#[cfg(unix)]
const SECONDS: &str = "30";

/// What became of a file: "answer", or the kind of failure.
///
/// # Errors
/// The program ended otherwise than with one sound answer: what it did.
pub fn judge(path: &Path) -> Outcome<String> {
    let output =
        limited(&["classify", "--json", "--threads", "1"]).arg(path).stdin(Stdio::null()).output()?;
    said(&output).ok_or_else(|| {
        let (printed, complaint) = (text(&output.stdout), text(&output.stderr));
        let complaint: String = complaint.chars().take(500).collect();
        format!("{}, printed {printed:?}, complained {complaint:?}", output.status).into()
    })
}

/// The word for an output, if it is what it must be: one line, the exit code that fits, and no other noise.
fn said(output: &Output) -> Option<String> {
    let printed = text(&output.stdout);
    let answer: Value = serde_json::from_str(printed.strip_suffix('\n')?).ok()?;
    if printed.lines().count() != 1 || !output.stderr.is_empty() {
        return None;
    }
    match answer["kind"].as_str() {
        Some(kind) => {
            (output.status.code() == Some(1) && answer["error"].is_string()).then(|| kind.to_owned())
        }
        None => (output.status.code() == Some(0) && is_sound(&answer)).then(|| "answer".to_owned()),
    }
}

/// Whether the probabilities are some.
fn is_sound(answer: &Value) -> bool {
    let genres = answer["genres"].as_object().into_iter().flat_map(|genres| genres.values());
    let shares: Vec<f64> = genres.filter_map(Value::as_f64).collect();
    let sum: f64 = shares.iter().sum();
    shares.len() == 10 && shares.iter().all(|share| (0.0..=1.0).contains(share)) && (sum - 1.0).abs() < 1e-4
}

/// The program behind a shell that sets the limits. Not every system bounds the address space; Linux does.
#[cfg(unix)]
pub fn limited(arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let script = "ulimit -t \"$1\"; ulimit -v \"$2\" 2>&-; ulimit -c 0; shift 2; exec \"$@\"";
    command.args(["-c", script, "sh", SECONDS, MEMORY, env!("CARGO_BIN_EXE_genrefold")]).args(arguments);
    command
}

/// The program.
#[cfg(not(unix))]
pub fn limited(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_genrefold"));
    command.args(arguments);
    command
}
