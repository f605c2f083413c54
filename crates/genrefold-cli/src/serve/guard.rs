//! Who may ask: only clients that call the service by one of its names, from no foreign page, and with the token where one
//! is set.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;

/// The cookie that stands for the token in a browser.
pub const COOKIE_NAME: &str = "genrefold_session";
/// A shorter token could be guessed.
pub const SHORTEST_TOKEN: usize = 16;
/// What this machine calls itself.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Decides who may ask.
#[derive(Debug, Clone)]
pub struct Guard {
    token: Option<Token>,
    /// Names that clients may use; none where any may be.
    names: Option<Vec<String>>,
    allowed: Vec<String>,
}

/// A token, by its hash: comparing hashes takes no time that tells anything about the token.
#[derive(Debug, Clone)]
struct Token {
    hash: [u8; 32],
    /// What the cookie holds: a hash of the token and of a secret that ends with the process.
    session: String,
}

impl Guard {
    /// For a service that listens at this address. `hosts` are the names that clients may use beside this machine's own.
    ///
    /// Where it listens for this machine alone, other names are refused: a foreign page could have made one lead here
    /// (DNS rebinding). Elsewhere any name will do unless some are given.
    pub fn new(address: IpAddr, token: Option<&str>, hosts: &[String], secret: &[u8]) -> Self {
        let token = token.map(|token| Token {
            hash: Sha256::digest(token).into(),
            session: hex(&Sha256::new().chain_update(secret).chain_update(token).finalize()),
        });
        let allowed: Vec<String> = hosts.iter().map(|name| name.to_ascii_lowercase()).collect();
        let own = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let named = address.is_loopback() || !hosts.is_empty();
        let own = OWN_NAMES.iter().map(|name| (*name).to_owned()).chain([own]);
        let names = named.then(|| own.chain(allowed.clone()).collect());
        Guard { token, names, allowed }
    }

    /// Refuses other names of the service, and requests that a foreign page sends.
    ///
    /// # Errors
    /// With what was found.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = text(headers, &HOST).map(str::to_ascii_lowercase);
        if let (Some(names), Some(host)) = (&self.names, &host)
            && !names.iter().any(|name| name == name_of(host))
        {
            let text = "this service does not go by the name in the header Host; call it by its address, or allow the \
                        name with --allow-host";
            return Err(Refusal::new("wrong-host", text));
        }
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let from = origin.split_once("://").map_or("", |(_, from)| from);
        let same = host.as_deref().is_some_and(|host| host == from);
        if from.is_empty() || !(same || self.allowed.iter().any(|name| name == name_of(from))) {
            let text = "a page from elsewhere sent this request (header Origin); only this service's own may";
            return Err(Refusal::new("foreign-origin", text));
        }
        Ok(())
    }

    /// Refuses requests without the token, where one is set.
    ///
    /// # Errors
    /// With what was expected.
    pub fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let bearer = text(headers, &AUTHORIZATION).and_then(|value| {
            let (scheme, given) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(given.trim())
        });
        if bearer.is_some_and(|given| token.is(given))
            || cookies(headers).any(|given| token.is_session(given))
        {
            return Ok(());
        }
        let text = "no token, or a wrong one; expected the header Authorization: Bearer TOKEN";
        Err(Refusal::new("no-token", text))
    }

    /// The cookie for a browser that gives the token; none where no token is set.
    ///
    /// # Errors
    /// For another token.
    pub fn session(&self, given: &str) -> Result<Option<&str>, Refusal> {
        match &self.token {
            None => Ok(None),
            Some(token) if token.is(given) => Ok(Some(&token.session)),
            Some(_) => Err(Refusal::new(
                "no-token",
                "that is not the token; look it up where the service was started",
            )),
        }
    }
}

impl Token {
    fn is(&self, given: &str) -> bool {
        <[u8; 32]>::from(Sha256::digest(given)) == self.hash
    }

    fn is_session(&self, given: &str) -> bool {
        Sha256::digest(given) == Sha256::digest(&self.session)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The values of our cookie.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

/// An authority without its port.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => authority,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TOKEN: &str = "a token of enough letters";

    fn local() -> Guard {
        Guard::new(IpAddr::from([127, 0, 0, 1]), Some(TOKEN), &["music.example".into()], b"secret")
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(HeaderName, &str)| Some((name.clone(), HeaderValue::from_str(value).ok()?));
        pairs.iter().filter_map(pair).collect()
    }

    fn origin(guard: &Guard, pairs: &[(HeaderName, &str)]) -> String {
        guard.check_origin(&headers(pairs)).map_or_else(|refusal| refusal.kind, |()| "welcome".into())
    }

    #[test]
    fn on_this_machine_only_its_own_names_and_those_allowed_are_answered() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:80", "[::1]:80", "[::1]", "music.example"] {
            assert_eq!(origin(&local(), &[(HOST, host)]), "welcome", "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost:evil", ""] {
            assert_eq!(origin(&local(), &[(HOST, host)]), "wrong-host", "{host}");
        }
        let open = Guard::new(IpAddr::from([0, 0, 0, 0]), Some(TOKEN), &[], b"secret");
        assert_eq!(origin(&open, &[(HOST, "any.example")]), "welcome");
    }

    #[test]
    fn a_foreign_page_is_refused_and_ours_is_not() {
        let cases = [
            ("http://localhost:8080", "welcome"),
            ("https://music.example", "welcome"),
            ("http://localhost:8081", "foreign-origin"),
            ("https://evil.example", "foreign-origin"),
            ("null", "foreign-origin"),
        ];
        for (from, expected) in cases {
            assert_eq!(origin(&local(), &[(HOST, "localhost:8080"), (ORIGIN, from)]), expected, "{from}");
        }
    }

    #[test]
    fn the_token_opens_as_a_header_and_as_the_cookie_that_it_was_exchanged_for() {
        let guard = local();
        let opens = |name: HeaderName, value: &str| guard.check_token(&headers(&[(name, value)])).is_ok();
        assert!(
            opens(AUTHORIZATION, &format!("Bearer {TOKEN}"))
                && opens(AUTHORIZATION, &format!("bearer  {TOKEN}"))
        );
        assert!(!opens(AUTHORIZATION, "Bearer another") && !opens(AUTHORIZATION, TOKEN));
        assert!(guard.check_token(&HeaderMap::new()).is_err() && guard.session("another").is_err());
        let session = guard.session(TOKEN).ok().flatten().unwrap_or_default().to_owned();
        assert!(!session.contains(TOKEN) && session.len() == 64);
        assert!(opens(COOKIE, &format!("theme=dark; {COOKIE_NAME}={session}")));
        assert!(!opens(COOKIE, &format!("{COOKIE_NAME}={TOKEN}")) && !opens(COOKIE, &format!("x={session}")));
        let another = Guard::new(IpAddr::from([127, 0, 0, 1]), Some(TOKEN), &[], b"another secret");
        assert_ne!(another.session(TOKEN).ok().flatten(), Some(session.as_str()));
    }
}
