//! A real mail server: aiosmtpd, with STARTTLS, TLS from the start, and unencrypted.
//!
//! `JAC_TEST_SMTP_PYTHON` is a Python that has it; `scripts/test` sets it.

use crate::figures::{notification, notifier};
use jac_integrations::{MailSettings, MailTls, NotifierProtocol, Secret};
use jac_model::notify::{Notifier, Retry};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

const SERVER: &str = include_str!("smtp_server.py");

/// A mail server that prints what it accepts, one line of JSON for each mail.
struct MailServer {
    folder: TempDir,
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl MailServer {
    /// `None`: not installed, which is reported, and fails in CI. `mode`: `plain`, `starttls` or `implicit`.
    fn start(mode: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("JAC_TEST_SMTP_PYTHON").map(PathBuf::from) else {
            assert!(std::env::var_os("CI").is_none(), "JAC_TEST_SMTP_PYTHON names no Python; scripts/test does");
            eprintln!("skipped: JAC_TEST_SMTP_PYTHON names no Python with aiosmtpd");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        std::fs::write(folder.path().join("cert.pem"), certified.cert.pem()).expect("written");
        std::fs::write(folder.path().join("key.pem"), certified.signing_key.serialize_pem()).expect("written");
        let mut child = Command::new(python)
            .args(["-c", SERVER, mode])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let port = next(&mut lines)["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Some(Self { folder, child, lines, port })
    }

    fn settings(&self, tls: MailTls, password: Option<&str>) -> MailSettings {
        MailSettings {
            host: "localhost".to_owned(),
            port: Some(self.port),
            tls,
            login: password.map(|password| ("jac".to_owned(), Secret::new(password))),
            from: "JAC <jac@example.com>".to_owned(),
            to: vec!["ann@example.com".to_owned(), "Bob <bob@example.com>".to_owned()],
        }
    }

    fn target(&self, mail: MailSettings, trusts: bool) -> Arc<dyn Notifier> {
        let ca_pem = trusts.then(|| std::fs::read(self.folder.path().join("cert.pem")).expect("a certificate"));
        let mut settings = notifier(NotifierProtocol::Mail(Box::new(mail)));
        settings.ca_pem = ca_pem;
        jac_integrations::notifier(settings).expect("a target")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn next(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_encrypted_and_signed_in_or_from_this_machine() {
    for (mode, tls, password) in [
        ("starttls", MailTls::StartTls, Some("hunter2")),
        ("implicit", MailTls::Implicit, Some("hunter2")),
        ("plain", MailTls::None, None),
    ] {
        let Some(mut server) = MailServer::start(mode) else { return };
        let target = server.target(server.settings(tls, password), true);
        target.send(&notification(), 0).await.unwrap_or_else(|error| panic!("{mode}: {error}"));
        let mail = next(&mut server.lines);
        assert_eq!(mail["from"], "jac@example.com", "{mode}");
        assert_eq!(mail["to"], serde_json::json!(["ann@example.com", "bob@example.com"]));
        assert_eq!(mail["subject"], "Kasse über Nacht: criteria met");
        assert_eq!(mail["message_id"], "<n-0011223344556677@example.com>");
        assert_eq!(
            (&mail["encrypted"], &mail["signed_in"]),
            (&(tls != MailTls::None).into(), &password.is_some().into())
        );
        let body = mail["body"].as_str().expect("text");
        for line in
            ["Samples: 6,000", "Errors: 6 (0.10 %)", "95th percentile: 250 ms", "https://jac.example/runs/r-23456789"]
        {
            assert!(body.contains(line), "{mode}: {line} is not in {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_mail_server_have_codes_and_nothing_is_sent_in_the_clear() {
    let Some(server) = MailServer::start("starttls") else { return };
    let login = || server.settings(MailTls::StartTls, Some("hunter2"));
    let wrong = server.target(server.settings(MailTls::StartTls, Some("hunter3")), true);
    let denied = wrong.send(&notification(), 0).await.expect_err("a wrong password");
    assert_eq!((denied.code, denied.retry), ("integration_denied", Retry::Never));
    assert!(!denied.message.contains("hunter3"), "{}", denied.message);
    let untrusted = server.target(login(), false).send(&notification(), 0).await.expect_err("an unknown certificate");
    assert_eq!(untrusted.code, "integration_certificate", "{untrusted}");
    let mut refused = login();
    refused.to = vec!["nobody@example.com".to_owned()];
    let refused = server.target(refused, true).send(&notification(), 0).await.expect_err("no such person");
    assert_eq!((refused.code, refused.retry), ("integration_refused", Retry::Never));
    let mut busy = login();
    busy.to = vec!["later@example.com".to_owned()];
    let busy = server.target(busy, true).send(&notification(), 0).await.expect_err("greylisted");
    assert_eq!((busy.code, busy.retry), ("integration_busy", Retry::Later));

    let Some(plain) = MailServer::start("plain") else { return };
    let target = plain.target(plain.settings(MailTls::StartTls, Some("hunter2")), true);
    let error = target.send(&notification(), 0).await.expect_err("it has no STARTTLS");
    assert!(
        ["integration_unreachable", "integration_certificate", "integration_refused"].contains(&error.code),
        "{error}"
    );
    let mut nowhere = login();
    nowhere.port = Some(1);
    let error = server.target(nowhere, true).send(&notification(), 0).await.expect_err("nobody is there");
    assert_eq!((error.code, error.retry), ("integration_unreachable", Retry::Later));
}
