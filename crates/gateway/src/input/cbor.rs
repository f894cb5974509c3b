//! CBOR as JSON: without a schema, and with no name twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use serde_json::{Map, Value as Json};

use super::{DEPTH_MAX, Unreadable};

/// A whole body that is a map with texts for keys.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Json>, Unreadable> {
    let mut reader = Reader(Decoder::new(body));
    match reader.value(0)? {
        Json::Object(members) if reader.0.position() == body.len() => Ok(members),
        _ => Err(Unreadable::Malformed),
    }
}

impl From<Error> for Unreadable {
    fn from(_: Error) -> Self {
        Self::Malformed
    }
}

struct Reader<'b>(Decoder<'b>);

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, Unreadable> {
        if depth > DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        Ok(match self.0.datatype()? {
            Type::Bool => Json::Bool(self.0.bool()?),
            Type::Null => {
                self.0.null()?;
                Json::Null
            }
            Type::Undefined => {
                self.0.undefined()?;
                Json::Null
            }
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Json::from(self.0.u64()?),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => Json::from(self.0.i64()?),
            Type::F16 => Json::from(f64::from(self.0.f16()?)),
            Type::F32 => Json::from(f64::from(self.0.f32()?)),
            Type::F64 => Json::from(self.0.f64()?),
            Type::String | Type::StringIndef => Json::String(self.text()?),
            Type::Bytes | Type::BytesIndef => {
                let mut bytes = Vec::new();
                for part in self.0.bytes_iter()? {
                    bytes.extend_from_slice(part?);
                }
                Json::String(STANDARD.encode(bytes))
            }
            Type::Array | Type::ArrayIndef => self.array(depth)?,
            Type::Map | Type::MapIndef => self.map(depth)?,
            // Times are numbers with a tag.
            Type::Tag => {
                self.0.tag()?;
                self.value(depth + 1)?
            }
            _ => return Err(Unreadable::Malformed),
        })
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        let mut text = String::new();
        for part in self.0.str_iter()? {
            text.push_str(part?);
        }
        Ok(text)
    }

    /// Whether an array or a map of this length, of which so much was read, is at its end.
    fn ended(&mut self, length: Option<u64>, read: u64) -> Result<bool, Unreadable> {
        match length {
            Some(length) => Ok(read == length),
            None if self.0.datatype()? == Type::Break => {
                self.0.set_position(self.0.position() + 1);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, Unreadable> {
        let length = self.0.array()?;
        let mut all = Vec::new();
        while !self.ended(length, all.len() as u64)? {
            all.push(self.value(depth + 1)?);
        }
        Ok(Json::Array(all))
    }

    fn map(&mut self, depth: usize) -> Result<Json, Unreadable> {
        let length = self.0.map()?;
        let mut all = Map::new();
        let mut read = 0;
        while !self.ended(length, read)? {
            let key = self.text()?;
            if all.insert(key, self.value(depth + 1)?).is_some() {
                return Err(Unreadable::Twice);
            }
            read += 1;
        }
        Ok(Json::Object(all))
    }
}
