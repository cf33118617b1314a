//! The forwarding headers of proxies: `X-Forwarded-For`, `-Proto` and `-Host`, otherwise RFC 7239's `Forwarded`.
//!
//! Pure functions. Anybody can write these headers, so only those of a configured proxy are trusted, and of a chain
//! only the part that configured proxies wrote: the client is the right-most address that is not one of them.

use axum::http::HeaderMap;
use axum::http::uri::Authority;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Headers that describe a request's origin. They are removed from every request, trusted or not.
pub const HEADERS: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip"];

/// The origin of a request before its proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub address: IpAddr,
    /// `None`: the proxies do not report it.
    pub is_https: Option<bool>,
    /// The host that the client requested, with its port if it has one.
    pub host: Option<String>,
}

/// One hop, as described by the proxy at its end.
#[derive(Debug, Default, Clone)]
struct Hop {
    from: Option<IpAddr>,
    is_https: Option<bool>,
    host: Option<String>,
}

pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address.to_canonical()))
}

/// The origin of a request that came from `peer`, a trusted proxy.
pub fn origin(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> Origin {
    // A proxy that writes one family of headers passes the other on as written by the client, and nearly all of them
    // write this one.
    let hops = if headers.contains_key("x-forwarded-for") || !headers.contains_key("forwarded") {
        customary(headers)
    } else {
        standard(headers)
    };
    let mut found = Origin { address: peer, is_https: None, host: None };
    for hop in hops.into_iter().rev() {
        found.is_https = hop.is_https.or(found.is_https);
        found.host = hop.host.or(found.host);
        // A hidden or garbled address: the last known one counts.
        let Some(from) = hop.from else { break };
        found.address = from;
        if !is_trusted(from, trusted) {
            break;
        }
    }
    found
}

/// The values of a header, which may occur in several lines.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// Splits at a separator that is not within quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => (),
        }
    }
    parts.push(&text[start..]);
    parts
}

fn standard(headers: &HeaderMap) -> Vec<Hop> {
    let mut hops = Vec::new();
    for element in values(headers, "forwarded").flat_map(|value| split(value, ',')) {
        let mut hop = Hop::default();
        for pair in split(element, ';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').replace('\\', "");
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.from = address(&value),
                "proto" => hop.is_https = https(&value),
                "host" => hop.host = host(&value),
                _ => (),
            }
        }
        hops.push(hop);
    }
    hops
}

fn customary(headers: &HeaderMap) -> Vec<Hop> {
    let list =
        |name| -> Vec<&str> { values(headers, name).flat_map(|value| value.split(',')).map(str::trim).collect() };
    let (addresses, schemes, hosts) = (list("x-forwarded-for"), list("x-forwarded-proto"), list("x-forwarded-host"));
    let mut hops: Vec<Hop> = addresses.iter().map(|text| Hop { from: address(text), ..Hop::default() }).collect();
    if hops.is_empty() {
        hops.push(Hop::default());
    }
    // If there is a value for each address, they belong together; a single one was written by the nearest proxy.
    let last = hops.len() - 1;
    for (at, hop) in hops.iter_mut().enumerate() {
        let of_hop = |list: &[&str]| match list.len() == addresses.len() {
            true => list.get(at).map(|text| (*text).to_owned()),
            false if at == last => list.last().map(|text| (*text).to_owned()),
            false => None,
        };
        hop.is_https = of_hop(&schemes).and_then(|text| https(&text));
        hop.host = of_hop(&hosts).and_then(|text| host(&text));
    }
    hops
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    parsed.ok().map(|address| address.to_canonical())
}

fn https(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}

fn host(text: &str) -> Option<String> {
    let authority = text.parse::<Authority>().ok()?;
    (!authority.as_str().contains('@')).then(|| authority.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn read(lines: &[(&str, &str)]) -> (String, Option<bool>, Option<String>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"));
        }
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
        let origin = origin(&headers, ip("10.0.0.1"), &trusted);
        (origin.address.to_string(), origin.is_https, origin.host)
    }

    #[test]
    fn the_client_is_the_right_most_address_that_is_no_trusted_proxy() {
        for (lines, client) in [
            (vec![], "10.0.0.1"),
            (vec![("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
            // Whatever the client itself writes is to the left of the proxy's own observation.
            (vec![("x-forwarded-for", "1.1.1.1, 203.0.113.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.2")], "203.0.113.9"),
            (vec![("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
            (vec![("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            (vec![("x-forwarded-for", "203.0.113.9, nonsense, 10.0.0.2")], "10.0.0.2"),
            (vec![("x-forwarded-for", "203.0.113.9:4711")], "203.0.113.9"),
            (vec![("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9"),
            (vec![("forwarded", "for=1.1.1.1, for=203.0.113.9;proto=https")], "203.0.113.9"),
            (vec![("forwarded", "for=\"[2001:db8::17]:4711\"")], "2001:db8::17"),
            (vec![("forwarded", "for=unknown, for=10.0.0.2")], "10.0.0.2"),
            // The proxy wrote one of them; the other came from the client.
            (vec![("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ] {
            assert_eq!(read(&lines).0, client, "{lines:?}");
        }
    }

    #[test]
    fn scheme_and_host_are_those_of_the_clients_own_step() {
        let jac = Some("jac.example".to_owned());
        for (lines, scheme, host) in [
            (
                vec![
                    ("x-forwarded-for", "1.1.1.1"),
                    ("x-forwarded-proto", "https"),
                    ("x-forwarded-host", "jac.example"),
                ],
                Some(true),
                jac.clone(),
            ),
            (vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "jac.example")], Some(true), jac.clone()),
            (vec![("x-forwarded-for", "1.1.1.1, 10.0.0.2"), ("x-forwarded-proto", "https, http")], Some(true), None),
            (vec![("x-forwarded-for", "6.6.6.6, 1.1.1.1"), ("x-forwarded-proto", "https, http")], Some(false), None),
            (
                vec![("forwarded", "for=6.6.6.6;host=evil.example, for=1.1.1.1;host=jac.example;proto=https")],
                Some(true),
                jac.clone(),
            ),
            (
                vec![("forwarded", "for=1.1.1.1;proto=HTTPS;host=\"jac.example\", for=10.0.0.2;proto=http;host=inner")],
                Some(true),
                jac,
            ),
            (vec![("x-forwarded-host", "a b"), ("x-forwarded-proto", "gopher")], None, None),
            (vec![("x-forwarded-host", "user@jac.example")], None, None),
        ] {
            let (_, found_scheme, found_host) = read(&lines);
            assert_eq!((found_scheme, found_host), (scheme, host), "{lines:?}");
        }
    }
}
