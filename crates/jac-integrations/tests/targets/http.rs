//! HTTP targets: the webhook with its signature, Slack, Teams, and the code of each error.

use crate::figures::{exporter, figures, notification, notifier};
use crate::sink::{Answer, Sink};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jac_integrations::{ExporterProtocol, InfluxPlace, NotifierProtocol, Secret, SigningKey};
use jac_model::notify::{Notification, Notifier, Retry};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW_MS: i64 = 1_700_000_062_345;

fn webhook(url: &str) -> Arc<dyn Notifier> {
    let key = SigningKey::parse(KEY).expect("a key");
    let url = Secret::new(format!("{url}/hook?for=jac"));
    jac_integrations::notifier(notifier(NotifierProtocol::Webhook { url, key })).expect("a target")
}

/// Checks a signature as a receiver would, without code of the sender.
fn verify(key: &[u8], id: &str, seconds: &str, body: &[u8], signature: &str) -> bool {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    let signed = [id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat();
    let tag = signature.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok());
    tag.is_some_and(|tag| aws_lc_rs::hmac::verify(&key, &signed, &tag).is_ok())
}

#[tokio::test]
async fn a_webhook_is_the_document_with_a_signature_that_a_receiver_can_check() {
    let sink = Sink::start(&[]).await;
    webhook(&sink.url).send(&notification(), NOW_MS).await.expect("taken");
    let received = sink.received().remove(0);
    let header = |name: &str| received.headers[name].to_str().expect("text").to_owned();
    assert_eq!((received.uri.as_str(), header("content-type").as_str()), ("/hook?for=jac", "application/json"));
    assert_eq!(
        (header("webhook-id").as_str(), header("webhook-timestamp").as_str()),
        ("n-0011223344556677", "1700000062")
    );
    let key = STANDARD.decode(&KEY["whsec_".len()..]).expect("base64");
    let check =
        |id: &str, body: &[u8]| verify(&key, id, &header("webhook-timestamp"), body, &header("webhook-signature"));
    assert!(check("n-0011223344556677", &received.body));
    assert!(!check("n-0011223344556678", &received.body), "another id");
    let mut changed = received.body.to_vec();
    changed[20] ^= 1;
    assert!(!check("n-0011223344556677", &changed), "another body");
    let document: Value = serde_json::from_slice(&received.body).expect("JSON");
    assert_eq!((&document["version"], &document["event"]), (&json!(1), &json!("run.finished")));
    assert_eq!(
        document["run"]["figures"],
        json!({ "samples": 6000, "errors": 6, "error_percent": 0.1, "rate_per_s": 100.0, "p95_ms": 250.0 })
    );
    assert_eq!(document["run"]["cause"]["code"], "completed");
    let read: Notification = serde_json::from_slice(&received.body).expect("the document");
    assert_eq!(read, notification(), "nothing is lost on the way");
}

#[tokio::test]
async fn slack_and_teams_get_messages_of_their_own_and_their_addresses_are_not_shown() {
    let sink = Sink::start(&[]).await;
    let url = Secret::new(format!("{}/services/T0/B0/hunter2", sink.url));
    for (protocol, key) in [
        (NotifierProtocol::Slack { url: url.clone() }, "blocks"),
        (NotifierProtocol::Teams { url: url.clone() }, "attachments"),
    ] {
        let target = jac_integrations::notifier(notifier(protocol)).expect("a target");
        target.send(&notification(), NOW_MS).await.expect("taken");
        let received = sink.received().pop().expect("a request");
        assert_eq!(received.uri, "/services/T0/B0/hunter2");
        let body: Value = serde_json::from_slice(&received.body).expect("JSON");
        assert!(body[key].is_array(), "{body}");
        assert_eq!(target.info().address, sink.url);
    }
}

#[tokio::test]
async fn each_fault_has_a_code_and_says_whether_to_come_again() {
    let later = Retry::After(Duration::from_secs(7));
    for (answer, code, retry) in [
        (Answer::Status(500), "integration_unavailable", Retry::Later),
        (Answer::Status(503), "integration_unavailable", Retry::Later),
        (Answer::Busy(7), "integration_busy", later),
        (Answer::Busy(1_000_000), "integration_busy", Retry::After(Duration::from_secs(3_600))),
        (Answer::Status(408), "integration_timeout", Retry::Later),
        (Answer::Status(400), "integration_refused", Retry::Never),
        (Answer::Status(401), "integration_denied", Retry::Never),
        (Answer::Status(410), "integration_gone", Retry::Never),
        (Answer::Echo, "integration_gone", Retry::Never),
        (Answer::Redirect, "integration_redirected", Retry::Never),
    ] {
        let sink = Sink::start(&[answer]).await;
        let error = webhook(&sink.url).send(&notification(), NOW_MS).await.expect_err("refused");
        assert_eq!((error.code, error.retry), (code, retry), "{answer:?}");
        assert_eq!(sink.received().len(), 1, "{answer:?}: a redirection is not followed");
        assert!(!error.message.contains("for=jac"), "the address is not in it: {}", error.message);
    }
    let refused = webhook("http://127.0.0.1:1").send(&notification(), NOW_MS).await.expect_err("nobody is there");
    assert_eq!((refused.code, refused.retry), ("integration_unreachable", Retry::Later));
    assert!(!refused.message.contains("for=jac"), "{}", refused.message);
}

#[tokio::test]
async fn a_target_that_hangs_is_left_after_a_bounded_time() {
    let sink = Sink::start(&[Answer::Hang]).await;
    let began = Instant::now();
    let error = webhook(&sink.url).send(&notification(), NOW_MS).await.expect_err("no answer");
    assert_eq!((error.code, error.retry), ("integration_timeout", Retry::Later));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    webhook(&sink.url).send(&notification(), NOW_MS).await.expect("taken the second time");
    let ids: Vec<_> = sink.received().iter().map(|received| received.headers["webhook-id"].clone()).collect();
    assert_eq!(ids[0], ids[1], "the receiver can recognize that it is the same");
}

#[tokio::test]
async fn what_a_collector_refuses_is_counted() {
    let refused = ExportMetricsPartialSuccess { rejected_data_points: 5, error_message: "old".to_owned() };
    let answer = ExportMetricsServiceResponse { partial_success: Some(refused) }.encode_to_vec();
    let sink = Sink::start(&[Answer::Body(answer.leak())]).await;
    let headers = vec![("Authorization".to_owned(), Secret::new("Bearer hunter2"))];
    let target = jac_integrations::exporter(exporter(&sink.url, ExporterProtocol::Otlp { headers })).expect("a target");
    assert_eq!(target.push(&[figures(100, NOW_MS)]).await, Ok(5));
    assert_eq!(target.push(&[figures(100, NOW_MS)]).await, Ok(0));
    let received = sink.received().remove(0);
    assert_eq!(received.uri, "/v1/metrics");
    assert_eq!(received.headers["authorization"], "Bearer hunter2");
    assert_eq!(received.headers["content-type"], "application/x-protobuf");
    let request = ExportMetricsServiceRequest::decode(received.body).expect("the protocol's message");
    assert_eq!(request.resource_metrics[0].scope_metrics[0].metrics.len(), 10);
}

#[tokio::test]
async fn influxdb_is_signed_in_to_as_its_version_wants() {
    let sink = Sink::start(&[Answer::Status(204), Answer::Status(204), Answer::Status(401)]).await;
    let bucket =
        InfluxPlace::Bucket { org: "o".to_owned(), bucket: "b".to_owned(), token: Some(Secret::new("hunter2")) };
    let login = Some(("jac".to_owned(), Secret::new("hunter3")));
    let database = InfluxPlace::Database { database: "d".to_owned(), login };
    for (place, uri, authorization) in [
        (bucket, "/api/v2/write?org=o&bucket=b&precision=ms", "Token hunter2"),
        (database.clone(), "/write?db=d&precision=ms", "Basic amFjOmh1bnRlcjM="),
    ] {
        let target =
            jac_integrations::exporter(exporter(&sink.url, ExporterProtocol::Influxdb(place))).expect("a target");
        target.push(&[figures(100, NOW_MS)]).await.expect("taken");
        let received = sink.received().pop().expect("a request");
        assert_eq!(
            (received.uri.as_str(), received.headers["authorization"].to_str().ok()),
            (uri, Some(authorization))
        );
        assert_eq!(String::from_utf8(received.body.to_vec()).expect("text").lines().count(), 4);
    }
    let target =
        jac_integrations::exporter(exporter(&sink.url, ExporterProtocol::Influxdb(database))).expect("a target");
    assert_eq!(target.test(NOW_MS).await.expect_err("refused").code, "integration_denied");
}
