//! The addresses that outside people may have this server connect to on their behalf: their own stores and search
//! targets.
//!
//! A server can reach systems that its users cannot: databases in its network, or a cloud's metadata service. Therefore
//! it connects to an address entered by a person only over HTTPS and only at public IP addresses, unless the
//! configuration (`allowed_endpoints`) names it. The code that connects checks the addresses to which the name resolves
//! at that moment ([`is_public`]): a name may resolve to another address later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The permitted range of connections to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// The configuration names it, or it is the server's own.
    #[default]
    Anywhere,
    /// To public IP addresses only.
    Public,
}

/// Why connecting to an address is not permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreached {
    /// It is not an `http` or `https` URL with a host, or contains credentials, a query or a fragment.
    Malformed,
    /// It is not HTTPS, or is not a public address, and the configuration does not name it.
    NotAllowed,
}

/// The permitted range of connections to an address that a person entered. `allowed` contains the origins that the
/// configuration names.
///
/// # Errors
/// When no connection to it is permitted.
pub fn reach_of(address: &str, allowed: &[String]) -> Result<Reach, Unreached> {
    let url: Url = address.parse().map_err(|_| Unreached::Malformed)?;
    let is_bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(Unreached::Malformed);
    }
    let origin = url.origin();
    if allowed.iter().any(|allowed| allowed.parse::<Url>().is_ok_and(|allowed| allowed.origin() == origin)) {
        return Ok(Reach::Anywhere);
    }
    // A name is checked when it is resolved.
    let is_public = match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    };
    if url.scheme() == "https" && is_public { Ok(Reach::Public) } else { Err(Unreached::NotAllowed) }
}

/// Whether it is an address of the public Internet, according to IANA's registries of special-purpose addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // This network, private, loopback, link-local (where clouds have their metadata), private.
        (0 | 10 | 127, _, _) | (169, 254, _) | (192, 168, _) => true,
        (172, b, _) => (16..32).contains(&b),
        // Shared by carriers, protocol assignments, documentation, benchmarks, 6to4 relays.
        (100, b, _) => (64..128).contains(&b),
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast and reserved.
        (a, _, _) => a >= 224,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; of it 2001::/23 is for protocols (Teredo), 2001:db8::/32 for documentation, 2002::/16
    // contains IPv4 addresses, and 3fff::/20 is for documentation.
    let is_special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    (0x2000..0x4000).contains(&first) && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_address_is_https_at_a_public_address_or_one_that_is_named() {
        let allowed = ["http://minio.lan:9000".to_owned(), "https://10.0.0.4".to_owned()];
        for (address, expected) in [
            ("https://s3.example", Ok(Reach::Public)),
            ("https://s3.example:9000/path", Ok(Reach::Public)),
            ("https://8.8.8.8", Ok(Reach::Public)),
            ("http://minio.lan:9000", Ok(Reach::Anywhere)),
            ("http://MINIO.lan:9000/", Ok(Reach::Anywhere)),
            ("https://10.0.0.4:443", Ok(Reach::Anywhere)),
            ("http://minio.lan:9001", Err(Unreached::NotAllowed)),
            ("https://minio.lan:9000", Ok(Reach::Public)),
            ("http://s3.example", Err(Unreached::NotAllowed)),
            ("https://10.0.0.5", Err(Unreached::NotAllowed)),
            ("https://[::1]", Err(Unreached::NotAllowed)),
            ("https://[::ffff:169.254.169.254]", Err(Unreached::NotAllowed)),
            // Numbers that are valid addresses.
            ("https://2130706433", Err(Unreached::NotAllowed)),
            ("https://0x7f.1", Err(Unreached::NotAllowed)),
            ("https://me:secret@s3.example", Err(Unreached::Malformed)),
            ("https://s3.example?x=1", Err(Unreached::Malformed)),
            ("file:///etc/passwd", Err(Unreached::Malformed)),
            ("gopher://s3.example", Err(Unreached::Malformed)),
            ("s3.example", Err(Unreached::Malformed)),
            ("", Err(Unreached::Malformed)),
        ] {
            assert_eq!(reach_of(address, &allowed), expected, "{address}");
        }
    }

    #[test]
    fn addresses_of_machines_networks_and_protocols_are_not_public() {
        for address in
            ["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1"]
        {
            assert!(is_public(address.parse().expect(address)), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().expect(address)), "{address}");
        }
    }
}
