//! HTTP clients for addresses that people enter: they connect only to public addresses and follow no redirects.
//! [`jac_model::reach`] decides which addresses require that.

use jac_model::reach::is_public;
use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::SocketAddr;

/// Why a connection failed: the innermost cause, without a full stop. The outer ones only say that a request failed.
pub fn cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    // The TLS library's message for a response without TLS.
    if text.contains("InvalidContentType") {
        return "it does not use TLS: try http://".to_owned();
    }
    text.trim_end_matches('.').to_owned()
}

/// The same client over HTTPS and to public addresses only, which are checked whenever a name is resolved. Numeric
/// addresses are not resolved: the caller must have checked them.
pub fn public_only(client: ClientBuilder) -> ClientBuilder {
    client.https_only(true).redirect(reqwest::redirect::Policy::none()).dns_resolver(PublicNames)
}

/// Resolves names to those of their addresses that are public.
#[derive(Debug, Clone, Copy)]
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_tls_is_named_as_such() {
        let inner = std::io::Error::other("received corrupt message of type InvalidContentType");
        let outer = std::io::Error::other(inner);
        assert_eq!(cause(&outer), "it does not use TLS: try http://");
        assert_eq!(cause(&std::io::Error::other("refused.")), "refused");
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let name: Name = "localhost".parse().expect("a name");
        let Err(refused) = PublicNames.resolve(name).await else { panic!("it was resolved") };
        assert_eq!(refused.to_string(), "the name has no public address");
        let client = public_only(reqwest::Client::builder()).build().expect("a client");
        for address in ["https://localhost:9", "http://example.com"] {
            client.get(address).send().await.expect_err("it is not connected to");
        }
    }
}
