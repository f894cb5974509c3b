//! Mail: settings, and sending over SMTP.

mod url;

use std::time::{Duration, UNIX_EPOCH};

use base::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

pub use url::{InvalidSmtpUrl, SmtpUrl};
use url::{Login, TlsUse};

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a mail may take in all, from the connection to the server's word that it has it.
const MAIL_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections that are kept at most.
const CONNECTIONS_MAX: u32 = 8;
/// Who sends when a topic has no display name.
const SENDER: &str = "AWS Notifications";

/// Mail cannot be set up like this.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMail {
    /// The URL is no SMTP server.
    #[error(transparent)]
    Url(#[from] InvalidSmtpUrl),
    /// The sender is no address.
    #[error("'{0}' is no mail address to send from")]
    From(String),
    /// TLS could not be set up.
    #[error("TLS for mail could not be set up: {0}")]
    Tls(String),
}

/// Why a mail was not sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server does not take this mail, and will not later.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// It may be taken later.
    #[error("the mail could not be sent: {0}")]
    Passing(String),
}

/// A mail to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Who gets it.
    pub to: &'a str,
    /// The name of who sends it: a topic's display name.
    pub sender: Option<&'a str>,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
    /// An id that stays the same when it is sent again.
    pub id: &'a str,
    /// Its date.
    pub at: Timestamp,
}

/// Sends mail.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    server: String,
}

impl Mail {
    /// Mail over this server, from this address. Servers are believed by the machine's roots.
    ///
    /// # Errors
    /// The address is not one.
    pub fn new(url: SmtpUrl, from: &str) -> Result<Self, InvalidMail> {
        Self::trusting(url, from, &[])
    }

    /// The same, where servers are also believed by these roots, as PEM.
    ///
    /// # Errors
    /// The address, or a root, is not one.
    pub fn trusting(url: SmtpUrl, from: &str, roots: &[Vec<u8>]) -> Result<Self, InvalidMail> {
        let from = from.parse::<Address>().map_err(|_| InvalidMail::From(from.to_owned()))?;
        let failed = |error: lettre::transport::smtp::Error| InvalidMail::Tls(error.to_string());
        let mut tls = TlsParameters::builder(url.host.clone());
        for root in roots {
            tls = tls.add_root_certificate(Certificate::from_pem(root).map_err(failed)?);
        }
        let tls = tls.build_rustls().map_err(failed)?;
        let tls = match url.tls {
            TlsUse::WhenOffered => Tls::Opportunistic(tls),
            TlsUse::Required => Tls::Required(tls),
            TlsUse::FromTheStart => Tls::Wrapper(tls),
        };
        let server = url.to_string();
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(url.host).port(url.port);
        builder = builder.tls(tls).timeout(Some(COMMAND_TIMEOUT)).pool_config(pool);
        if let Some(Login { user, password }) = url.login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from, server })
    }

    /// Where it goes and from whom, without the password, for logs.
    pub fn describe(&self) -> String {
        format!("{} as {}", self.server, self.from)
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// The server refused it, or could not be spoken to.
    pub async fn send(&self, mail: &Outgoing<'_>) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match tokio::time::timeout(MAIL_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classified(&error)),
            Err(_) => Err(MailError::Passing(format!("it took longer than {} s", MAIL_TIMEOUT.as_secs()))),
        }
    }

    fn message(&self, mail: &Outgoing<'_>) -> Result<Message, MailError> {
        let refused = |error: &dyn std::error::Error| MailError::Refused(error.to_string());
        let to = mail.to.parse::<Address>().map_err(|error| refused(&error))?;
        let sender = mail.sender.map(one_line).filter(|name| !name.is_empty());
        let from = Mailbox::new(Some(sender.unwrap_or_else(|| SENDER.to_owned())), self.from.clone());
        let since_epoch = Duration::from_millis(u64::try_from(mail.at.millis()).unwrap_or(0));
        let id = format!("<{}@{}>", one_line(mail.id), self.from.domain());
        let message = Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(one_line(mail.subject))
            .date(UNIX_EPOCH + since_epoch)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN);
        message.body(mail.text.to_owned()).map_err(|error| refused(&error))
    }
}

/// A text that can stand in a header: whatever ends a line becomes a space.
fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    clean.trim().to_owned()
}

/// A refusal of the mail is for good; one of the login is about the settings, and passes when
/// they are put right.
fn classified(error: &lettre::transport::smtp::Error) -> MailError {
    let mut reason = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        let cause = cause.to_string();
        if !reason.contains(&cause) {
            reason = format!("{reason}: {cause}");
        }
    }
    let code = error.status().map(|code| code.to_string());
    let is_login = code.is_some_and(|code| matches!(code.as_str(), "530" | "534" | "535" | "538"));
    match error.is_permanent() && !is_login {
        true => MailError::Refused(reason),
        false => MailError::Passing(reason),
    }
}

#[cfg(test)]
mod tests;
