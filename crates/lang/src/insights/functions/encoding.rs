//! Encodings of texts and numbers.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Function, Value, function, text};

/// What a URL may hold as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Base64 with padding, which may lack when it is read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) static FUNCTIONS: [Function; 7] = [
    function("urlencode", 1..=1, |_, a| text(a, 0).map(|text| utf8_percent_encode(&text, ENCODED).to_string()).into()),
    function("urldecode", 1..=1, |_, a| url_decode(a).into()),
    function("base64encode", 1..=1, |_, a| text(a, 0).map(|text| BASE64.encode(text.as_bytes())).into()),
    function("base64decode", 1..=1, |_, a| {
        text(a, 0).and_then(|text| BASE64.decode(text.as_bytes()).ok()).and_then(readable).into()
    }),
    function("hexToAscii", 1..=1, |_, a| text(a, 0).and_then(|text| bytes_of_hex(&text)).and_then(readable).into()),
    function("hexToDec", 1..=1, |_, a| text(a, 0).and_then(|text| number_of_hex(&text)).into()),
    function("decToHex", 1..=1, |_, a| a[0].whole().map(hex_of_number).into()),
];

/// A text of bytes; what is no text is missing.
fn readable(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

/// A plus is a blank, as in the queries of URLs.
fn url_decode(arguments: &[Value]) -> Option<String> {
    let encoded = text(arguments, 0)?.replace('+', " ");
    percent_decode_str(&encoded).decode_utf8().ok().map(|text| text.into_owned())
}

fn without_prefix(hex: &str) -> &str {
    hex.strip_prefix("0x").or_else(|| hex.strip_prefix("0X")).unwrap_or(hex)
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let hex = without_prefix(hex).as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = hex.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()).collect()
}

fn number_of_hex(hex: &str) -> Option<i64> {
    let (negative, digits) = match hex.strip_prefix('-') {
        Some(digits) => (true, without_prefix(digits)),
        None => (false, without_prefix(hex)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, 16).ok()?);
    i64::try_from(if negative { -number } else { number }).ok()
}

fn hex_of_number(number: i64) -> String {
    format!("{}0x{:x}", if number < 0 { "-" } else { "" }, number.unsigned_abs())
}
