//! What S3 answers to ListObjectsV2.

use base::Timestamp;
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A page of a listing of a bucket, asked for with `encoding-type=url`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListedPage {
    /// Its objects, in the order of their keys.
    pub objects: Vec<ListedObject>,
    /// What `CommonPrefixes` tells.
    pub folders: Vec<String>,
    /// `NextContinuationToken`; none on the last page.
    pub next: Option<String>,
}

/// An object of a listing.
#[derive(Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// `LastModified`
    pub modified: Option<Timestamp>,
}

impl ListedPage {
    /// Reads an answer; `None` when it is none.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
        let mut page = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        let mut object: Option<ListedObject> = None;
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    path.push(start.local_name().as_ref().to_owned());
                    text.clear();
                }
                Event::Text(piece) => text.push_str(&piece),
                Event::GeneralRef(reference) => {
                    text.push_str(&quick_xml::escape::unescape(&format!("&{};", &*reference)).ok()?);
                }
                Event::End(_) => {
                    let names: Vec<&str> = path.iter().map(String::as_str).collect();
                    match names.as_slice() {
                        ["ListBucketResult", "Contents", "Key"] => {
                            object = Some(ListedObject { key: decoded(&text)?, modified: None })
                        }
                        ["ListBucketResult", "Contents", "LastModified"] => {
                            if let Some(object) = &mut object {
                                object.modified = Timestamp::parse_iso(&text);
                            }
                        }
                        ["ListBucketResult", "Contents"] => page.objects.extend(object.take()),
                        ["ListBucketResult", "CommonPrefixes", "Prefix"] => page.folders.push(decoded(&text)?),
                        ["ListBucketResult", "NextContinuationToken"] => page.next = Some(text.clone()),
                        _ => {}
                    }
                    path.pop();
                    text.clear();
                }
                Event::Eof => return path.is_empty().then_some(page),
                _ => {}
            }
        }
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_listing_is_read() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>a/</Prefix>
            <NextContinuationToken>1a&amp;b</NextContinuationToken><EncodingType>url</EncodingType>
            <Contents><Key>a/b+c%2Bd</Key><LastModified>2026-03-02T08:12:18.000Z</LastModified><Size>1</Size></Contents>
            <Contents><Key>a/e</Key></Contents>
            <CommonPrefixes><Prefix>a/f/</Prefix></CommonPrefixes></ListBucketResult>"#;
        let put = Timestamp::parse_iso("2026-03-02T08:12:18Z");
        let objects = vec![
            ListedObject { key: "a/b c+d".to_owned(), modified: put },
            ListedObject { key: "a/e".to_owned(), modified: None },
        ];
        let expected = ListedPage { objects, folders: vec!["a/f/".to_owned()], next: Some("1a&b".to_owned()) };
        assert_eq!(ListedPage::parse(xml.as_bytes()), Some(expected));
        assert_eq!(ListedPage::parse(b"<ListBucketResult><Contents>"), None);
    }
}
