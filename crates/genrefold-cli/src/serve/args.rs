//! What can be written behind `genrefold serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::args::at_least_one;

const EXAMPLES: &str = "\
Examples:
  genrefold serve                                      a page and an API, for this machine only
  genrefold serve --runs runs                          with the reports of trainings under way
  curl -F file=@song.mp3 http://127.0.0.1:8080/v1/classify
  genrefold serve --bind 0.0.0.0:8080 --token-file token

Bound to another address than this machine's own, it asks for a token: give --token-file or set GENREFOLD_TOKEN.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Where to listen; a port alone is this machine's, port 0 a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = place)]
    pub bind: SocketAddr,

    /// A file with the token that clients must give, at least 16 characters [default: the variable GENREFOLD_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// A name that clients may call this service by, beside this machine's own: that of a reverse proxy
    #[arg(long = "allow-host", value_name = "NAME")]
    pub hosts: Vec<String>,

    /// Judge with this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    /// Show the runs of crossval in this folder, live while they train
    #[arg(long, value_name = "FOLDER")]
    pub runs: Option<PathBuf>,

    /// How log lines on standard error are written
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogForm::Text)]
    pub log: LogForm,

    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// How many songs are judged at once, each by a process of its own [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub workers: Option<usize>,

    /// How many songs may wait beside those; more are refused with 503
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub queue: usize,

    /// Largest song, MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=2048))]
    pub max_body: u32,

    /// Memory for songs that wait, all of them together, MiB; at least --max-body
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub upload_memory: u32,

    /// Longest song, seconds of music
    #[arg(long, value_name = "S", default_value_t = 7200)]
    pub max_seconds: u32,

    /// How long a song may take to judge, seconds; its worker is then killed and replaced
    #[arg(long, value_name = "S", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    pub time_limit: u32,

    /// How much memory a worker may ask for, MiB of address space; at least 512 and twice --max-body
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub worker_memory: u32,

    /// How long to wait for answers under way when told to stop, seconds
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub grace: u32,
}

/// What a worker needs beside the song, which it holds twice for a moment: the model, its buffers, an explanation, MiB.
const WORKER_NEEDS: u32 = 512;

impl LimitArgs {
    /// Refuses limits that contradict each other.
    ///
    /// # Errors
    /// What was found and what would do.
    pub fn check(&self) -> Result<(), String> {
        let LimitArgs { max_body, upload_memory, worker_memory, .. } = *self;
        if upload_memory < max_body {
            return Err(format!(
                "--upload-memory {upload_memory} is less than --max-body {max_body}; expected at least as much"
            ));
        }
        let least = WORKER_NEEDS + 2 * max_body;
        if worker_memory < least {
            return Err(format!(
                "--worker-memory {worker_memory} is too little for --max-body {max_body}; expected at least {least}"
            ));
        }
        Ok(())
    }
}

/// An address and a port; "8080" and "localhost:8080" are this machine's.
fn place(text: &str) -> Result<SocketAddr, String> {
    let own = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let port = text.strip_prefix("localhost:").unwrap_or(text).parse().map(own);
    let expected = "expected an address and a port such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080";
    text.parse().or(port).map_err(|_| expected.into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Words for people
    Text,
    /// A JSON object a line
    Json,
    /// Nothing
    None,
}

/// What the service tells its workers.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Judge with this model instead of the built-in one
    #[arg(long)]
    pub model: Option<PathBuf>,

    /// Largest song, bytes
    #[arg(long)]
    pub max_bytes: u64,

    /// Longest song, seconds
    #[arg(long)]
    pub max_seconds: u32,

    /// Address space, MiB
    #[arg(long)]
    pub memory: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_an_address_and_a_port_or_a_port_of_this_machine() {
        let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        for text in ["127.0.0.1:8080", "localhost:8080", "8080"] {
            assert_eq!(place(text), Ok(own), "{text}");
        }
        assert_eq!(place("[::1]:0").map(|place| place.to_string()), Ok("[::1]:0".into()));
        for text in ["", "80800", "example.org:80", "127.0.0.1", ":8080", "localhost:"] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
