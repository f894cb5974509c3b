//! Mail against a small SMTP server.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;

/// Answers `DATA`'s end with `verdict`, and keeps all lines that it got.
async fn smtp_server(verdict: &'static str) -> (SmtpUrl, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = got.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 here\r\n").await.unwrap();
        let mut in_data = false;
        while let Ok(Some(line)) = lines.next_line().await {
            kept.lock().unwrap().push(line.clone());
            let reply = match (in_data, line.as_str()) {
                (true, ".") => {
                    in_data = false;
                    verdict
                }
                (true, _) => continue,
                (false, "DATA") => {
                    in_data = true;
                    "354 go on"
                }
                (false, "QUIT") => "221 bye",
                _ => "250 ok",
            };
            writer.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
        }
    });
    (url, got)
}

fn mail<'a>(subject: &'a str, sender: Option<&'a str>) -> Outgoing<'a> {
    let at = Timestamp::from_secs(1_769_853_600);
    Outgoing { to: "ann@example.com", sender, subject, text: "Grüße\n.\nend", id: "id-1", at }
}

#[test]
fn urls_say_when_tls_is_spoken() {
    let parsed = |text: &str| text.parse::<SmtpUrl>().map(|url| (url.host, url.port, url.tls));
    assert_eq!(parsed("smtp://mail"), Ok(("mail".to_owned(), 25, TlsUse::WhenOffered)));
    assert_eq!(parsed("smtp://mail?tls=required"), Ok(("mail".to_owned(), 587, TlsUse::Required)));
    assert_eq!(parsed("smtp://u:p@mail"), Ok(("mail".to_owned(), 587, TlsUse::Required)), "a login needs TLS");
    assert_eq!(parsed("smtp://u:p@mail?tls=optional"), Ok(("mail".to_owned(), 25, TlsUse::WhenOffered)));
    assert_eq!(parsed("smtps://u:p@mail:1"), Ok(("mail".to_owned(), 1, TlsUse::FromTheStart)));
    assert_eq!(parsed("smtp://[::1]:26/"), Ok(("::1".to_owned(), 26, TlsUse::WhenOffered)));
    for text in ["mail", "http://mail", "smtp://mail?tls=no", "smtp://u@mail", "smtp://mail/x", "smtp://"] {
        assert_eq!(parsed(text), Err(InvalidSmtpUrl), "{text}");
    }
    let url: SmtpUrl = "smtp://me%40here:p%3Aw@mail".parse().unwrap();
    let login = url.login.as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.as_str()), ("me@here", "p:w"));
    assert_eq!(format!("{url} {url:?}"), "smtp://mail:587 smtp://mail:587");
}

#[tokio::test]
async fn a_mail_is_one_and_nothing_in_it_makes_headers() {
    let (url, got) = smtp_server("250 taken").await;
    let sender = Mail::new(url, "no-reply@example.org").unwrap();
    let outgoing = mail("Alarm\r\nBcc: eve@example.com", Some("Über\r\nBcc: eve@example.com"));
    sender.send(&outgoing).await.unwrap();
    let lines = got.lock().unwrap().clone();
    assert!(lines.contains(&"RCPT TO:<ann@example.com>".to_owned()), "{lines:?}");
    let headers: Vec<&String> = lines.iter().take_while(|line| !line.is_empty()).collect();
    assert!(!headers.iter().any(|line| line.starts_with("Bcc")), "{headers:?}");
    assert!(headers.iter().any(|line| *line == "Subject: Alarm  Bcc: eve@example.com"), "{headers:?}");
    assert!(headers.iter().any(|line| *line == "Message-ID: <id-1@example.org>"), "{headers:?}");
    assert!(headers.iter().any(|line| *line == "Date: Sat, 31 Jan 2026 10:00:00 +0000"), "{headers:?}");
    assert!(headers.iter().any(|line| line.starts_with("Content-Type: text/plain; charset=utf-8")), "{headers:?}");
}

#[tokio::test]
async fn without_a_display_name_aws_notifications_sends() {
    let (url, got) = smtp_server("250 taken").await;
    Mail::new(url, "no-reply@example.org").unwrap().send(&mail("s", None)).await.unwrap();
    let lines = got.lock().unwrap().clone();
    assert!(lines.iter().any(|line| line == "From: \"AWS Notifications\" <no-reply@example.org>"), "{lines:?}");
}

#[tokio::test]
async fn refusals_are_for_good_and_the_rest_passes() {
    for (verdict, is_refused) in [("550 no such user", true), ("451 later", false)] {
        let (url, _) = smtp_server(verdict).await;
        let error = Mail::new(url, "a@example.org").unwrap().send(&mail("s", None)).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Refused(_)), is_refused, "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sender = Mail::new(format!("smtp://{closed}").parse().unwrap(), "a@example.org").unwrap();
    assert!(matches!(sender.send(&mail("s", None)).await, Err(MailError::Passing(_))));
    let nobody = Outgoing { to: "nobody", ..mail("s", None) };
    assert!(matches!(sender.send(&nobody).await, Err(MailError::Refused(_))));
    assert!(matches!(Mail::new("smtp://h".parse().unwrap(), "nobody"), Err(InvalidMail::From(_))));
}
