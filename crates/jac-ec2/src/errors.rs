//! The meaning of AWS's errors: which may pass, and what a person can do about the others.

use aws_config::imds::client::error::TokenError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use jac_model::descriptors;
use jac_model::ports::PortError;
use std::any::Any;
use std::error::Error;

/// An error of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `UnauthorizedOperation`…; empty if AWS was not reached, `NoCredentials` if there were no credentials.
    pub code: String,
    /// A sentence without its full stop.
    pub sentence: String,
    pub retryability: Retryability,
}

/// What a repetition of the same call would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retryability {
    /// The same error: somebody has to change something, or an unknown time has to pass.
    Final,
    /// Possibly a response: there was none.
    Unanswered,
    /// Possibly a response: this server had no file descriptor available.
    OutOfDescriptors,
    /// Possibly another response: somebody saves other credentials, or a rate limit is over.
    MayPass,
}

impl Refusal {
    /// The sentence with its origin, for use without context.
    pub fn with_origin(&self) -> String {
        match self.retryability {
            Retryability::Unanswered => format!("AWS did not answer ({})", self.sentence),
            Retryability::OutOfDescriptors => format!("this server has no file descriptor left ({})", self.sentence),
            _ => self.sentence.clone(),
        }
    }

    /// As an error of the ports.
    pub fn at(self, region: &str, what: &str) -> PortError {
        let node = format!("AWS in {region}");
        let (what, reason) = (what.to_owned(), self.sentence);
        match self.retryability {
            Retryability::Final => PortError::Refused { node, what, reason },
            Retryability::Unanswered => PortError::Unreachable { node, reason },
            Retryability::OutOfDescriptors => PortError::OutOfDescriptors { node, what, reason },
            Retryability::MayPass => PortError::Retryable { node, what, reason },
        }
    }

    /// Whether a launch that was rejected with this error has launched nothing.
    pub fn has_made_nothing(&self) -> bool {
        const NO_RIGHT_OR_ROOM: [&str; 13] = [
            "UnauthorizedOperation",
            "AccessDenied",
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientCapacity",
            "InsufficientFreeAddressesInSubnet",
            "Unsupported",
            "SpotMaxPriceTooLow",
            "MaxSpotInstanceCountExceeded",
            "VcpuLimitExceeded",
            "InstanceLimitExceeded",
            "PendingVerification",
            "OptInRequired",
        ];
        self.code.starts_with("Invalid") || NO_RIGHT_OR_ROOM.contains(&self.code.as_str())
    }

    /// The rate limit for calls is exceeded.
    pub fn is_throttled(&self) -> bool {
        is_throttling(&self.code)
    }

    /// AWS has no such machine available there, or no free address: another zone or type may have one.
    pub fn is_no_capacity(&self) -> bool {
        const ELSEWHERE: [&str; 6] = [
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientCapacity",
            "InsufficientFreeAddressesInSubnet",
            "SpotMaxPriceTooLow",
            // The zone does not offer that type at all.
            "Unsupported",
        ];
        ELSEWHERE.contains(&self.code.as_str())
    }

    /// The same call may succeed in a moment without any change.
    pub fn is_hiccup(&self) -> bool {
        match self.retryability {
            Retryability::Unanswered => true,
            Retryability::MayPass => is_internal(&self.code),
            Retryability::Final | Retryability::OutOfDescriptors => false,
        }
    }

    /// AWS rejected the credentials for the call, or no credentials were found: this says nothing about the requested
    /// object.
    pub fn is_of_credentials(&self) -> bool {
        let code = self.code.as_str();
        [NO_RIGHT, INVALID, EXPIRED].iter().any(|codes| codes.contains(&code))
            || [NO_CREDENTIALS, "OptInRequired"].contains(&code)
    }

    /// The object does not exist in the region, or not yet: a new one may be invisible for a moment.
    pub fn is_not_found(&self) -> bool {
        self.code.contains("NotFound")
    }
}

/// JAC's own code for the case that the SDK found no credentials.
const NO_CREDENTIALS: &str = "NoCredentials";
/// The credentials lack the permission for the call.
const NO_RIGHT: &[&str] = &["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"];
/// The credentials are unknown or no longer valid.
const INVALID: &[&str] = &[
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "IncompleteSignature",
];
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// Reads an error of the SDK.
pub fn refusal<E, R>(error: &SdkError<E, R>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
    SdkError<E, R>: Error,
{
    let Some(answer) = error.as_service_error() else {
        if let Some(refused) = role_refused(error) {
            return refused;
        }
        if descriptors::are_used_up(error) {
            let sentence = innermost(error);
            return Refusal { code: String::new(), sentence, retryability: Retryability::OutOfDescriptors };
        }
        let (code, sentence, retryability) = if has_no_credentials(error) {
            let sentence = format!(
                "no AWS credentials were found ({}); save some in JAC, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \
                 or a profile where JAC runs",
                innermost(error)
            );
            (NO_CREDENTIALS, sentence, Retryability::MayPass)
        } else {
            ("", innermost(error), Retryability::Unanswered)
        };
        return Refusal { code: code.to_owned(), sentence, retryability };
    };
    let status = error.raw_response().and_then(|raw| (raw as &dyn Any).downcast_ref::<HttpResponse>());
    refusal_of(answer, status.map(|response| response.status().as_u16()))
}

/// AWS's error in a response; if it contains none, the meaning of the HTTP status.
fn refusal_of(answer: &impl ProvideErrorMetadata, status: Option<u16>) -> Refusal {
    let reason = answer.message().unwrap_or("no reason given");
    match (answer.code(), status) {
        (Some(code), _) => explain(code, reason),
        (None, Some(403)) => explain("AccessDenied", reason),
        (None, Some(status)) => {
            let sentence = format!("AWS answered with HTTP status {status} ({reason})");
            if status >= 500 {
                Refusal { code: "Unavailable".to_owned(), sentence, retryability: Retryability::MayPass }
            } else {
                Refusal { code: String::new(), sentence, retryability: Retryability::Final }
            }
        }
        (None, None) => explain("no code", reason),
    }
}

/// Detects that assuming a role was rejected or unanswered. This happens during a call for something else and is
/// wrapped in several layers.
fn role_refused(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let mut error = error;
    loop {
        let refused = error.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>();
        if let Some(unanswered) = refused.filter(|refused| has_no_answer(refused)) {
            let sentence = format!("the role could not be assumed: {}", innermost(unanswered));
            return Some(Refusal { code: String::new(), sentence, retryability: Retryability::Unanswered });
        }
        if let Some(denied) = refused
            && let Some(answer) = denied.as_service_error()
        {
            let denied = refusal_of(answer, denied.raw_response().map(|response| response.status().as_u16()));
            let reason = denied.sentence.trim_end_matches("; docs/aws.md has the policy that JAC needs");
            let advice = match denied.code.as_str() {
                "AccessDenied" => {
                    "; its trust policy must allow these credentials to assume it, with the external ID if it requires \
                     one"
                }
                _ => "",
            };
            // Somebody may save other credentials, or change the role.
            return Some(Refusal {
                sentence: format!("the role could not be assumed: {reason}{advice}"),
                retryability: Retryability::MayPass,
                ..denied
            });
        }
        error = error.source()?;
    }
}

/// Whether the environment has no credentials, or its configuration of them is wrong. A provider that was asked for them and failed, like a
/// token service that throttles, says nothing about that.
fn has_no_credentials(error: &(dyn Error + 'static)) -> bool {
    let causes = || std::iter::successors(Some(error), |&error| error.source());
    match causes().find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)) => true,
        // An instance's metadata service that is switched off forbids the request for a token.
        Some(_) => causes()
            .filter_map(|cause| cause.downcast_ref::<SdkError<TokenError, HttpResponse>>())
            .any(|refused| refused.raw_response().is_some_and(|response| response.status().as_u16() == 403)),
        None => false,
    }
}

/// The connection failed, or broke, or nothing came in time.
fn has_no_answer<E, R>(error: &SdkError<E, R>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_io() || failure.is_timeout(),
        _ => false,
    }
}

/// The last of the causes: the SDK wraps what happened into several layers.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Codes are in "Error codes for the Amazon EC2 API" of its reference.
fn explain(code: &str, message: &str) -> Refusal {
    let message = first_sentence(message);
    let (sentence, retryability) = match code {
        _ if NO_RIGHT.contains(&code) => (
            format!("the credentials lack the permission ({message}); docs/aws.md has the policy that JAC needs"),
            Retryability::Final,
        ),
        _ if INVALID.contains(&code) => {
            (format!("AWS rejected the credentials ({message}); save valid ones"), Retryability::MayPass)
        }
        _ if EXPIRED.contains(&code) => {
            (format!("the AWS credentials have expired ({message}); save new ones"), Retryability::MayPass)
        }
        _ if is_throttling(code) => ("the AWS API rate limit was exceeded".to_owned(), Retryability::MayPass),
        "InsufficientInstanceCapacity" | "InsufficientHostCapacity" | "InsufficientCapacity" => (
            format!(
                "AWS has no capacity for that instance type ({message}); try again later, or use another type, subnet \
                 or region"
            ),
            Retryability::Final,
        ),
        "SpotMaxPriceTooLow" | "MaxSpotInstanceCountExceeded" => (
            format!("AWS has no spot capacity ({message}); try again later, or use on-demand instances"),
            Retryability::Final,
        ),
        "VcpuLimitExceeded" | "InstanceLimitExceeded" => (
            format!(
                "the account's quota is exceeded ({message}); request an increase under Service Quotas, or use fewer \
                 or smaller instances"
            ),
            Retryability::Final,
        ),
        "PendingVerification" | "OptInRequired" => (
            format!("the AWS account is not ready for this ({message}); see the account's messages from AWS"),
            Retryability::Final,
        ),
        _ if is_internal(code) => (format!("AWS had an internal error ({code})"), Retryability::MayPass),
        _ => (format!("AWS answered {code}: {message}"), Retryability::Final),
    };
    Refusal { code: code.to_owned(), sentence, retryability }
}

fn is_throttling(code: &str) -> bool {
    ["RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"].contains(&code)
}

fn is_internal(code: &str) -> bool {
    ["Unavailable", "InternalError", "InternalFailure", "ServiceUnavailable"].contains(&code)
}

/// Denials contain an encoded message of a thousand characters, which is omitted.
fn first_sentence(message: &str) -> &str {
    let end = message.find(" Encoded authorization failure").unwrap_or(message.len());
    message[..end].trim_end_matches(['.', ' '])
}

/// The same for errors that arise here.
pub fn refused(region: &str, what: &str, reason: impl Into<String>) -> PortError {
    PortError::Refused { node: format!("AWS in {region}"), what: what.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::imds::credentials::ImdsCredentialsProvider;
    use aws_credential_types::provider::ProvideCredentials;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn a_provider_that_fails_is_not_taken_for_no_credentials() {
        type Failed = SdkError<AssumeRoleError, HttpResponse>;
        let read = |error| refusal(&Failed::construction_failure(error));
        for none in [CredentialsError::not_loaded("none"), CredentialsError::invalid_configuration("no such profile")] {
            let refused = read(none);
            assert!(refused.is_of_credentials() && refused.retryability == Retryability::MayPass, "{refused:?}");
        }
        for failed in [
            CredentialsError::provider_error("the token service throttles"),
            CredentialsError::provider_timed_out(std::time::Duration::from_secs(5)),
            CredentialsError::unhandled("an unexpected answer"),
        ] {
            let unanswered = read(failed);
            assert!(!unanswered.is_of_credentials(), "{unanswered:?}");
            assert_eq!(unanswered.retryability, Retryability::Unanswered);
        }
    }

    #[tokio::test]
    async fn a_metadata_service_that_is_switched_off_is_no_credentials() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        for (status, is_absent) in [("403 Forbidden", true), ("503 Service Unavailable", false)] {
            let client = aws_config::imds::Client::builder()
                .endpoint(format!("http://{address}"))
                .expect("an address")
                .max_attempts(1)
                .build();
            let provider = ImdsCredentialsProvider::builder().imds_client(client).build();
            let answer = async {
                let (mut connection, _) = listener.accept().await.expect("a connection");
                let mut request = [0; 4096];
                assert!(connection.read(&mut request).await.expect("a request") > 0);
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                connection.write_all(answer.as_bytes()).await.expect("sent");
            };
            let (failed, ()) = tokio::join!(provider.provide_credentials(), answer);
            let failed = failed.expect_err("no credentials");
            let refused = refusal(&SdkError::<AssumeRoleError, HttpResponse>::construction_failure(failed));
            assert_eq!(refused.is_of_credentials(), is_absent, "{status}: {refused:?}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_says_what_to_do() {
        let denied = explain(
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. Encoded authorization failure message: x_YZ",
        );
        assert!(
            denied.retryability == Retryability::Final
                && denied.sentence.contains("docs/aws.md")
                && !denied.sentence.contains("x_YZ")
        );
        assert_eq!(explain("RequestLimitExceeded", "").retryability, Retryability::MayPass);
        let expired = explain("ExpiredToken", "it is over").at("eu-central-1", "launch worker-1").to_string();
        assert!(
            expired
                .starts_with("AWS in eu-central-1 cannot launch worker-1 at present: the AWS credentials have expired"),
            "{expired}"
        );
        assert_eq!(explain("InsufficientInstanceCapacity", "none").retryability, Retryability::Final);
        assert!(explain("InvalidAMIID.NotFound", "no").is_not_found());
        assert!(explain("InsufficientInstanceCapacity", "none").has_made_nothing());
        assert!(!explain("IdempotentParameterMismatch", "there is one").has_made_nothing());
        let port = explain("VcpuLimitExceeded", "32 vCPUs").at("eu-central-1", "launch worker-1");
        assert!(port.to_string().starts_with("AWS in eu-central-1 could not launch worker-1: the account's quota"));
    }
}
