//! Signatures are verified by another library than the one that makes them.

use base::{OsEntropy, SeededEntropy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use store::catalog::sqlite::SqliteBackend;

use super::*;

/// Keeps secrets readable.
struct OpenSeal;

impl Seal for OpenSeal {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        format!("{name}:{}", STANDARD.encode(secret))
    }

    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        STANDARD.decode(sealed.strip_prefix(name)?.strip_prefix(':')?).ok()
    }
}

/// Forgets the master key.
struct LostSeal;

impl Seal for LostSeal {
    fn seal(&self, _: &[u8], _: &str) -> String {
        String::new()
    }

    fn open(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }
}

async fn catalog(folder: &std::path::Path) -> Arc<Catalog> {
    let backend = SqliteBackend::open(&folder.join("catalog.db")).await.unwrap();
    Arc::new(Catalog::open(Arc::new(backend)).await.unwrap())
}

fn signer(catalog: &Arc<Catalog>, seal: impl Seal) -> Signer {
    Signer::new(catalog.clone(), Arc::new(seal), Arc::new(OsEntropy), "111122223333".parse().unwrap())
}

/// The public key of a certificate, found by the key's own bytes in it.
fn public_key(signer: &SigningKey, certificate: &str) -> Vec<u8> {
    let der: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(der).unwrap();
    let public = signer.public().to_pkcs1_der().unwrap().as_bytes().to_vec();
    assert!(der.windows(public.len()).any(|window| window == public), "the certificate is another key's");
    public
}

#[tokio::test]
async fn both_versions_verify_with_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(folder.path()).await;
    let signer = signer(&catalog, OpenSeal);
    assert_eq!(signer.certificate("/SimpleNotificationService-00.pem"), None);
    let path = signer.certificate_path().await.unwrap();
    assert_eq!(path.len(), "/SimpleNotificationService-.pem".len() + 32, "{path}");
    let certificate = signer.certificate(&path).unwrap();
    let key = signer.key().await.unwrap();
    let public = public_key(&key, &certificate);
    let text = "Message\nHello\n";
    for (version, algorithm) in
        [("1", &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY), ("2", &RSA_PKCS1_2048_8192_SHA256)]
    {
        let signature = STANDARD.decode(signer.sign(version, text.to_owned()).await.unwrap()).unwrap();
        let verifier = UnparsedPublicKey::new(algorithm, &public);
        verifier.verify(text.as_bytes(), &signature).unwrap();
        verifier.verify(b"Message\nHallo\n", &signature).unwrap_err();
    }
    // Another server on the same records has the same key, and makers at once agree on one.
    let (a, b) = (self::signer(&catalog, OpenSeal), self::signer(&catalog, OpenSeal));
    assert_eq!((a.certificate_path().await.unwrap(), b.certificate_path().await.unwrap()), (path.clone(), path));
    let lost = self::signer(&catalog, LostSeal);
    assert!(matches!(lost.certificate_path().await, Err(SigningError::Sealed)));
}

#[tokio::test]
async fn two_that_make_a_key_at_once_agree_on_one() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(folder.path()).await;
    let (a, b) = (signer(&catalog, OpenSeal), signer(&catalog, OpenSeal));
    let (a, b) = tokio::join!(a.certificate_path(), b.certificate_path());
    assert_eq!(a.unwrap(), b.unwrap());
}

#[test]
fn the_certificate_is_read_by_openssl() {
    let made = SigningKey::make(&SeededEntropy::new(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, &made.certificate).unwrap();
    let command = ["x509", "-noout", "-subject", "-checkend", "283824000", "-in"];
    let Ok(read) = std::process::Command::new("openssl").args(command).arg(&file).output() else {
        // Not every machine has the command; the tests with real clients read it too.
        return;
    };
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    assert!(read.status.success() && text.contains("Trailwatch SNS message signing"), "{text}");
}
