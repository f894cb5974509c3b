//! The key itself: RSA with 2048 bits, and the certificate that it signs for itself.

use base::{Clock as _, Entropy, EntropyRng, SystemClock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, SerialNumber};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::sha2::{Digest as _, Sha256};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;

const BITS: usize = 2048;
const VALID_YEARS: i32 = 10;

/// A key with the id that its certificate is found by.
pub(super) struct SigningKey {
    pub id: String,
    private: RsaPrivateKey,
}

/// A key that was just made.
pub(super) struct Made {
    pub key: SigningKey,
    /// The private key, PKCS#8 DER.
    pub secret: Vec<u8>,
    /// PEM.
    pub certificate: String,
}

impl SigningKey {
    /// Makes a key. It takes a second or so.
    ///
    /// # Errors
    /// Why it failed.
    pub fn make(entropy: &dyn Entropy) -> Result<Made, String> {
        let private = RsaPrivateKey::new(&mut EntropyRng(entropy), BITS).map_err(|error| error.to_string())?;
        let secret = private.to_pkcs8_der().map_err(|error| error.to_string())?.as_bytes().to_vec();
        let mut id = [0; 16];
        entropy.fill(&mut id);
        let certificate = certificate(&secret, &id).map_err(|error| error.to_string())?;
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Made { key: Self { id, private }, secret, certificate })
    }

    /// The key of a secret.
    ///
    /// # Errors
    /// It is none.
    pub fn open(secret: &[u8], id: String) -> Result<Self, rsa::pkcs8::Error> {
        Ok(Self { id, private: RsaPrivateKey::from_pkcs8_der(secret)? })
    }

    #[cfg(test)]
    pub fn public(&self) -> rsa::RsaPublicKey {
        self.private.to_public_key()
    }

    pub fn sign_sha1(&self, text: &[u8], entropy: &dyn Entropy) -> Result<String, String> {
        self.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(text), entropy)
    }

    pub fn sign_sha256(&self, text: &[u8], entropy: &dyn Entropy) -> Result<String, String> {
        self.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text), entropy)
    }

    /// Randomness blinds the computation; the signature does not depend on it.
    fn sign(&self, padding: Pkcs1v15Sign, digest: &[u8], entropy: &dyn Entropy) -> Result<String, String> {
        let signature = self.private.sign_with_rng(&mut EntropyRng(entropy), padding, digest);
        signature.map(|signature| STANDARD.encode(signature)).map_err(|error| error.to_string())
    }
}

/// A certificate that names the server and is valid for ten years. Receivers judge it by the
/// machine's clock, so that is the one that it starts by.
fn certificate(secret: &[u8], serial: &[u8; 16]) -> Result<String, rcgen::Error> {
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&secret.into(), &PKCS_RSA_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Trailwatch SNS message signing");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A serial number is positive.
    let mut positive = *serial;
    positive[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&positive));
    let (year, month) = this_month();
    params.not_before = rcgen::date_time_ymd(year, month, 1);
    params.not_after = rcgen::date_time_ymd(year + VALID_YEARS, month, 1);
    Ok(pem(params.self_signed(&pair)?.der()))
}

fn this_month() -> (i32, u8) {
    let date = SystemClock.now().date();
    let mut parts = date.split('-');
    let year = parts.next().and_then(|year| year.parse().ok());
    let month = parts.next().and_then(|month| month.parse().ok());
    year.zip(month).unwrap_or((2020, 1))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}
