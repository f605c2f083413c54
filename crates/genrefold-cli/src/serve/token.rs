//! The token that clients must give.

use std::fs;

use anyhow::{Context, Result, anyhow};

use super::args::ServeArgs;
use super::guard::SHORTEST_TOKEN;
use crate::failure::Usage;

/// The variable that may hold it. Workers do not see it.
pub const TOKEN_VARIABLE: &str = "GENREFOLD_TOKEN";

/// The token from its file or its variable; none for a service of this machine's own that has none.
///
/// # Errors
/// [`Usage`] for one that is too short, or none where one is needed.
pub fn find(args: &ServeArgs) -> Result<Option<String>> {
    let found = match &args.token_file {
        Some(path) => Some(
            fs::read_to_string(path).with_context(|| format!("cannot read the token {}", path.display()))?,
        ),
        None => std::env::var(TOKEN_VARIABLE).ok(),
    };
    check(found.as_deref().map(str::trim), args).map_err(|text| anyhow!(Usage(text)))
}

fn check(token: Option<&str>, args: &ServeArgs) -> Result<Option<String>, String> {
    match token {
        Some(token) if token.len() < SHORTEST_TOKEN => Err(format!(
            "a token of {} characters; expected {SHORTEST_TOKEN} or more, such as `openssl rand -hex 32` prints",
            token.len()
        )),
        Some(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err("a token with a blank or a letter outside ASCII; expected one word, such as `openssl rand -hex 32` prints".into())
        }
        None if !args.bind.ip().is_loopback() => Err(format!(
            "{} can be reached from other machines, and no token is set: write one into a file and give it with \
             --token-file, set {TOKEN_VARIABLE}, or bind to 127.0.0.1",
            args.bind.ip()
        )),
        token => Ok(token.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn checked(bind: &str, token: Option<&str>) -> String {
        let cli = Cli::parse_from(["genrefold", "serve", "--bind", bind]);
        let Some(Command::Serve(args)) = cli.command else { return "no service".into() };
        check(token, &args).map_or_else(|text| text, |token| token.unwrap_or_default())
    }

    #[test]
    fn only_this_machine_is_served_without_a_token() {
        assert_eq!(checked("127.0.0.1:0", None), "");
        assert_eq!(checked("[::1]:0", None), "");
        assert!(checked("0.0.0.0:8080", None).contains("--token-file"));
        assert!(checked("192.168.1.5:80", None).contains("other machines"));
        assert_eq!(checked("0.0.0.0:8080", Some("0123456789abcdef")), "0123456789abcdef");
        assert!(checked("127.0.0.1:0", Some("short")).contains("5 characters"));
        assert!(checked("127.0.0.1:0", Some("0123456789 abcdef")).contains("blank"));
    }
}
