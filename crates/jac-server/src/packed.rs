//! Which responses are compressed, and for whom.
//!
//! Owns the choice only: `tower-http` compresses responses, and the web app's files are compressed by its build. Downloads are not compressed, so that
//! a page can show their progress and an interrupted one can be resumed. A response that sets a cookie is not compressed either: its compressed length
//! would reveal information about a secret in it to anybody who controls adjacent text (BREACH). No other response to a `GET` has a secret.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Below this, in bytes, an answer fits one packet anyway.
const WORTH_IT: u64 = 1_000;

type Choice = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Packs JSON and text for those who take gzip.
pub fn layer() -> CompressionLayer<And<SizeAbove, Choice>> {
    let choice: Choice = |_, _, headers, _| is_packed(headers);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(WORTH_IT).and(choice))
}

fn is_packed(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_text = matches!(kind, "application/json" | "text/html" | "text/plain" | "text/csv");
    let left = [header::CONTENT_DISPOSITION, header::ACCEPT_RANGES, header::SET_COOKIE];
    is_text && !left.iter().any(|name| headers.contains_key(name))
}

/// Whether a request takes gzip (RFC 9110, 12.5.3).
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|given| given.to_str().ok());
    given.flat_map(|given| given.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = weight.trim().trim_start_matches("q=").parse().is_ok_and(|weight: f32| weight == 0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_by_those_who_say_so() {
        for (given, takes) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("identity", false),
            ("x-gzip-like", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, given.parse().expect("a header"))]);
            assert_eq!(takes_gzip(&headers), takes, "{given}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
