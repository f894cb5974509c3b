//! Percent encoding by RFC 3986, and the pairs of query strings and forms.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Everything but letters, digits and `-._~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with the slash kept.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Appends `bytes` with everything but the unreserved characters encoded.
pub fn encode_into(out: &mut String, bytes: &[u8]) {
    out.extend(percent_encode(bytes, RESERVED));
}

/// Appends a path: like [`encode_into`], but slashes stay.
pub fn encode_path_into(out: &mut String, bytes: &[u8]) {
    out.extend(percent_encode(bytes, RESERVED_IN_PATH));
}

/// Decodes `%XX`; anything that is no such escape stays as it is.
pub fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    percent_decode(text).into()
}

/// Decodes a form or query component, where `+` is a space.
pub fn decode_component(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'+', b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(decode(&spaced).into_owned())
}

/// The raw pairs of a query string or form, in their order; a pair without `=` has an empty
/// value, and empty pairs are passed over.
pub fn raw_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pair_ranges(text).map(|(key, value)| (&text[key], &text[value]))
}

/// The decoded pairs. Bytes that are no UTF-8 become U+FFFD.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    // Nearly all forms are UTF-8 as a whole; then so is what lies between their separators, without another look.
    let whole = std::str::from_utf8(text).ok();
    let component = move |range: Range<usize>| match (whole, decode_component(&text[range.clone()])) {
        (Some(whole), Cow::Borrowed(_)) => Cow::Borrowed(&whole[range]),
        (_, decoded) => text_of(decoded),
    };
    pair_ranges(text).map(move |(key, value)| (component(key), component(value)))
}

/// Where the pairs' keys and values are.
fn pair_ranges(text: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let mut next = Some(0);
    let pairs = std::iter::from_fn(move || {
        let start = next?;
        let end = memchr::memchr(b'&', &text[start..]).map_or(text.len(), |at| start + at);
        next = (end < text.len()).then_some(end + 1);
        Some(start..end)
    });
    pairs.filter(|pair| !pair.is_empty()).map(|pair| match memchr::memchr(b'=', &text[pair.clone()]) {
        Some(at) => (pair.start..pair.start + at, pair.start + at + 1..pair.end),
        None => (pair.clone(), pair.end..pair.end),
    })
}

fn text_of(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        // Nearly all bytes are UTF-8, which is found out faster than what to put in place of them.
        Cow::Borrowed(bytes) => {
            std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
        }
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_decoded_and_kept_in_order() {
        let found: Vec<_> = pairs(b"b=1+2&a=%41%zz&&c&d==x").map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let want = [("b", "1 2"), ("a", "A%zz"), ("c", ""), ("d", "=x")];
        assert_eq!(found, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn what_is_no_utf_8_is_replaced_where_it_stands() {
        let found: Vec<_> =
            pairs(b"a=\xff&\xc3\xa9=x&b=%ff%C3%A9").map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let want = [("a", "\u{fffd}"), ("é", "x"), ("b", "\u{fffd}é")];
        assert_eq!(found, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn only_unreserved_characters_stay() {
        let mut out = String::new();
        encode_into(&mut out, "a-._~/ é".as_bytes());
        assert_eq!(out, "a-._~%2F%20%C3%A9");
        out.clear();
        encode_path_into(&mut out, b"/a b/%41");
        assert_eq!(out, "/a%20b/%2541");
    }
}
