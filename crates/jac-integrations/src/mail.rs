//! Mail by SMTP: encrypted from the start or by STARTTLS, in the clear to this machine only.

use crate::http::innermost;
use crate::settings::{MailSettings, MailTls, NotifierSettings, SettingsError};
use crate::wording;
use async_trait::async_trait;
use jac_model::EpochMs;
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, SendError};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// For one command of the conversation.
const COMMAND_LIMIT: Duration = Duration::from_secs(15);
/// The time limit for the whole exchange.
const SEND_LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    /// Host and port.
    server: String,
    info: NotifierInfo,
}

impl Mail {
    pub fn new(settings: NotifierSettings, mail: MailSettings) -> Result<Self, SettingsError> {
        let address = |key, text: &str| {
            let refused = |_| SettingsError::new(key, format!("Invalid mail address {text:?}."));
            text.parse::<Mailbox>().map_err(refused)
        };
        let from = address("from", &mail.from)?;
        let to = mail.to.iter().map(|text| address("to", text)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err(SettingsError::new("to", "At least one recipient is required."));
        }
        if mail.tls == MailTls::None && !is_here(&mail.host) {
            let message = "A mail server on another machine needs encryption: `tls` must be starttls or implicit.";
            return Err(SettingsError::new("tls", message));
        }
        let (scheme, usual_port) = match mail.tls {
            MailTls::Implicit => ("smtps", 465),
            MailTls::StartTls => ("smtp", 587),
            MailTls::None => ("smtp", 25),
        };
        let port = mail.port.unwrap_or(usual_port);
        let tls = match mail.tls {
            MailTls::None => Tls::None,
            MailTls::Implicit => Tls::Wrapper(tls_to(&mail.host, settings.ca_pem.as_deref())?),
            MailTls::StartTls => Tls::Required(tls_to(&mail.host, settings.ca_pem.as_deref())?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host.as_str())
            .port(port)
            .tls(tls)
            .timeout(Some(COMMAND_LIMIT));
        if let Some((user, password)) = &mail.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        let server = format!("{}:{port}", mail.host);
        let addresses: Vec<String> = to.iter().map(|mailbox| mailbox.email.to_string()).collect();
        let info = settings.info(NotifierKind::Mail, format!("{scheme}://{server} ({})", addresses.join(", ")));
        Ok(Self { transport: builder.build(), from, to, server, info })
    }

    fn message(&self, notification: &Notification) -> Result<Message, SendError> {
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(wording::title(notification))
            // The same in each attempt, so a receiver can recognise duplicates.
            .message_id(Some(format!("<{}@{}>", notification.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        let unwritable =
            |error| SendError::lasting("integration_refused", format!("The mail cannot be written: {error}."));
        builder.body(text(notification)).map_err(unwritable)
    }

    fn fault(&self, error: &lettre::transport::smtp::Error) -> SendError {
        let reason = innermost(error);
        let said = |what: &str| format!("{} {what}: {reason}.", self.server);
        if error.is_permanent() {
            let is_login = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
            return SendError::lasting(
                if is_login { "integration_denied" } else { "integration_refused" },
                said("rejected the mail"),
            );
        }
        if error.is_transient() {
            return SendError::passing("integration_busy", said("does not accept the mail at present"));
        }
        let code = if error.is_tls() || reason.contains("certificate") || reason.contains("UnknownIssuer") {
            "integration_certificate"
        } else if error.is_timeout() {
            "integration_timeout"
        } else {
            "integration_unreachable"
        };
        SendError::passing(code, said("does not answer"))
    }
}

fn tls_to(host: &str, ca_pem: Option<&[u8]>) -> Result<TlsParameters, SettingsError> {
    let refused =
        |key, error: lettre::transport::smtp::Error| SettingsError::new(key, format!("{}.", innermost(&error)));
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_pem {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(|error| refused("ca_file", error))?);
    }
    builder.build_rustls().map_err(|error| refused("host", error))
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn text(notification: &Notification) -> String {
    let run = &notification.run;
    let mut lines: Vec<String> =
        wording::facts(run).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.extend(wording::cause(run));
    let criteria = wording::criteria(run);
    if !criteria.is_empty() {
        lines.push(String::new());
        lines.extend(criteria);
    }
    if let Some(url) = &run.url {
        lines.extend([String::new(), url.clone()]);
    }
    lines.extend([String::new(), format!("JAC, run {}", run.id), String::new()]);
    lines.join("\r\n")
}

#[async_trait]
impl Notifier for Mail {
    fn info(&self) -> NotifierInfo {
        self.info.clone()
    }

    async fn send(&self, notification: &Notification, _: EpochMs) -> Result<(), SendError> {
        let sending = self.transport.send(self.message(notification)?);
        match timeout(SEND_LIMIT, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.fault(&error)),
            Err(_) => {
                let message = format!("{} took longer than {} s.", self.server, SEND_LIMIT.as_secs());
                Err(SendError::passing("integration_timeout", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::NotifierProtocol;
    use jac_model::notify::RunSelection;

    fn mail(change: impl FnOnce(&mut MailSettings)) -> Result<Mail, SettingsError> {
        let mut mail = MailSettings {
            host: "localhost".to_owned(),
            port: None,
            tls: MailTls::None,
            login: None,
            from: "JAC <jac@example.com>".to_owned(),
            to: vec!["ann@example.com".to_owned()],
        };
        change(&mut mail);
        let settings = NotifierSettings {
            name: "mail".to_owned(),
            runs: RunSelection::All,
            plans: Vec::new(),
            ca_pem: None,
            protocol: NotifierProtocol::Mail(Box::new(mail.clone())),
        };
        Mail::new(settings, mail)
    }

    #[test]
    fn mail_in_the_clear_stays_on_this_machine() {
        for (host, is_taken) in
            [("localhost", true), ("127.0.0.1", true), ("::1", true), ("mail.example.com", false), ("10.0.0.1", false)]
        {
            let made = mail(|mail| mail.host = host.to_owned());
            assert_eq!(made.err().map(|error| error.key), (!is_taken).then_some("tls"), "{host}");
        }
    }

    #[test]
    fn addresses_are_checked_at_the_start() {
        assert_eq!(mail(|mail| mail.to.clear()).err().expect("refused").key, "to");
        assert_eq!(mail(|mail| mail.to = vec!["ann".to_owned()]).err().expect("refused").key, "to");
        assert_eq!(mail(|mail| mail.from = "a@b@c".to_owned()).err().expect("refused").key, "from");
    }

    #[test]
    fn a_name_cannot_add_headers() {
        let mut notification = crate::wording::tests::example();
        notification.run.name = "x\r\nBcc: eve@example.org".to_owned();
        let message = mail(|_| ()).expect("a target").message(&notification).expect("a mail");
        let text = String::from_utf8(message.formatted()).expect("text");
        let head = text.split("\r\n\r\n").next().expect("a head");
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("Message-ID: <n-0011223344556677@example.com>"), "{head}");
    }
}
