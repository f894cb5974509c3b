//! CBOR into values, directly from the bytes. Definite and indefinite forms are both read.

use base::Timestamp;
use minicbor::data::{IanaTag, Type};
use minicbor::decode::{Decoder, Error};

use crate::error::InputError;
use crate::json::last_wins;
use crate::scalar;
use crate::schema::{Kind, Shape, Structure};
use crate::value::{Struct, Value};

/// The deepest nesting that is read.
const DEPTH_MAX: u32 = 128;

/// Decodes a whole body by its shape. `null` and `undefined` members are absent, unknown
/// ones passed over, of duplicate keys the last one wins; bytes after the value are an error.
pub(crate) fn decode(shape: &'static Shape, body: &[u8]) -> Result<Value, InputError> {
    let mut reader = Reader { decoder: Decoder::new(body) };
    let value = reader.value(shape, 0)?.ok_or(InputError::MALFORMED)?;
    if reader.decoder.position() != body.len() {
        return Err(InputError::MALFORMED);
    }
    Ok(value)
}

impl From<Error> for InputError {
    fn from(_: Error) -> Self {
        Self::MALFORMED
    }
}

fn unexpected() -> InputError {
    InputError::new("Unexpected field type")
}

struct Reader<'b> {
    decoder: Decoder<'b>,
}

impl Reader<'_> {
    /// The next value, or nothing when it is `null`.
    fn value(&mut self, shape: &'static Shape, depth: u32) -> Result<Option<Value>, InputError> {
        if depth > DEPTH_MAX {
            return Err(InputError::MALFORMED);
        }
        let found = self.decoder.datatype()?;
        if matches!(found, Type::Null | Type::Undefined) {
            self.skip_byte();
            return Ok(None);
        }
        if matches!(found, Type::Break | Type::Unknown(_)) {
            return Err(InputError::MALFORMED);
        }
        let value = match &shape.kind {
            Kind::Boolean if found == Type::Bool => Value::Boolean(self.decoder.bool()?),
            Kind::Integer(_) | Kind::Long(_) => self.integer(shape, found)?,
            Kind::Float | Kind::Double => Value::Float(self.number(found)?),
            Kind::String(_) => Value::String(self.text(found)?),
            Kind::Blob(_) => Value::Blob(self.bytes(found)?),
            Kind::Timestamp(_) => Value::Timestamp(self.timestamp(found)?),
            Kind::List(list) => self.list(list.member, found, depth)?,
            Kind::Map(map) => self.map(map.value, found, depth)?,
            Kind::Structure(structure) => self.structure(shape, structure, found, depth)?,
            Kind::Document => Value::Document(self.document(depth)?),
            Kind::Boolean => return Err(unexpected()),
        };
        Ok(Some(value))
    }

    fn skip_byte(&mut self) {
        self.decoder.set_position(self.decoder.position() + 1);
    }

    fn integer(&mut self, shape: &Shape, found: Type) -> Result<Value, InputError> {
        let number = if is_integer(found) {
            scalar::integer_of(shape, i128::from(self.decoder.int()?))
        } else {
            scalar::integer_of_float(shape, self.number(found)?)
        };
        number.map(Value::Integer).ok_or_else(unexpected)
    }

    fn number(&mut self, found: Type) -> Result<f64, InputError> {
        match found {
            Type::F16 | Type::F32 | Type::F64 => Ok(self.decoder.f64()?),
            found if is_integer(found) => Ok(i128::from(self.decoder.int()?) as f64),
            _ => Err(unexpected()),
        }
    }

    fn text(&mut self, found: Type) -> Result<String, InputError> {
        match found {
            Type::String => Ok(self.decoder.str()?.to_owned()),
            Type::StringIndef => {
                let chunks: Result<Vec<&str>, Error> = self.decoder.str_iter()?.collect();
                Ok(chunks?.concat())
            }
            _ => Err(unexpected()),
        }
    }

    fn bytes(&mut self, found: Type) -> Result<Vec<u8>, InputError> {
        match found {
            Type::Bytes => Ok(self.decoder.bytes()?.to_vec()),
            Type::BytesIndef => {
                let chunks: Result<Vec<&[u8]>, Error> = self.decoder.bytes_iter()?.collect();
                Ok(chunks?.concat())
            }
            _ => Err(unexpected()),
        }
    }

    /// Tag 1 around a number of seconds; the bare number is taken too.
    fn timestamp(&mut self, found: Type) -> Result<Timestamp, InputError> {
        let mut found = found;
        if found == Type::Tag {
            if self.decoder.tag()? != IanaTag::Timestamp.tag() {
                return Err(unexpected());
            }
            found = self.decoder.datatype()?;
        }
        Timestamp::from_secs_f64(self.number(found)?).ok_or_else(unexpected)
    }

    /// Whether another element of a collection follows; `left` counts down a definite length.
    fn more(&mut self, left: &mut Option<u64>) -> Result<bool, InputError> {
        match left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if self.decoder.datatype()? == Type::Break => {
                self.skip_byte();
                Ok(false)
            }
            None => Ok(true),
        }
    }

    fn list(&mut self, member: &'static Shape, found: Type, depth: u32) -> Result<Value, InputError> {
        if !matches!(found, Type::Array | Type::ArrayIndef) {
            return Err(unexpected());
        }
        let mut left = self.decoder.array()?;
        let mut elements = Vec::new();
        while self.more(&mut left)? {
            elements.extend(self.value(member, depth + 1)?);
        }
        Ok(Value::List(elements))
    }

    fn map(&mut self, value: &'static Shape, found: Type, depth: u32) -> Result<Value, InputError> {
        if !matches!(found, Type::Map | Type::MapIndef) {
            return Err(unexpected());
        }
        let mut left = self.decoder.map()?;
        let mut entries = Vec::new();
        while self.more(&mut left)? {
            let key = self.key()?;
            if let Some(value) = self.value(value, depth + 1)? {
                entries.push((key, value));
            }
        }
        Ok(Value::Map(last_wins(entries)))
    }

    fn key(&mut self) -> Result<String, InputError> {
        let found = self.decoder.datatype()?;
        self.text(found)
    }

    fn structure(
        &mut self,
        shape: &'static Shape,
        structure: &'static Structure,
        found: Type,
        depth: u32,
    ) -> Result<Value, InputError> {
        if !matches!(found, Type::Map | Type::MapIndef) {
            return Err(unexpected());
        }
        let mut left = self.decoder.map()?;
        let mut members = Struct::new(shape);
        while self.more(&mut left)? {
            let index = match self.decoder.datatype()? {
                Type::String => index_of(structure, self.decoder.str()?),
                found => index_of(structure, &self.text(found)?),
            };
            let Some(index) = index else {
                self.document(depth + 1)?;
                continue;
            };
            match self.value(structure.members[usize::from(index)].shape, depth + 1)? {
                Some(value) => members.set(index, value),
                None => drop(members.take(index)),
            }
        }
        Ok(Value::Struct(members))
    }

    /// Any value, as the JSON nearest to it; also how unknown members are passed over.
    fn document(&mut self, depth: u32) -> Result<serde_json::Value, InputError> {
        if depth > DEPTH_MAX {
            return Err(InputError::MALFORMED);
        }
        Ok(match self.decoder.datatype()? {
            Type::Null | Type::Undefined => {
                self.skip_byte();
                serde_json::Value::Null
            }
            Type::Bool => self.decoder.bool()?.into(),
            found @ (Type::F16 | Type::F32 | Type::F64) => self.number(found)?.into(),
            found if is_integer(found) => {
                let number = i128::from(self.decoder.int()?);
                i64::try_from(number).map_or_else(|_| (number as f64).into(), Into::into)
            }
            found @ (Type::String | Type::StringIndef) => self.text(found)?.into(),
            found @ (Type::Bytes | Type::BytesIndef) => self.bytes(found)?.into(),
            Type::Tag => {
                self.decoder.tag()?;
                self.document(depth + 1)?
            }
            Type::Array | Type::ArrayIndef => {
                let mut left = self.decoder.array()?;
                let mut elements = Vec::new();
                while self.more(&mut left)? {
                    elements.push(self.document(depth + 1)?);
                }
                elements.into()
            }
            Type::Map | Type::MapIndef => {
                let mut left = self.decoder.map()?;
                let mut entries = serde_json::Map::new();
                while self.more(&mut left)? {
                    entries.insert(self.key()?, self.document(depth + 1)?);
                }
                entries.into()
            }
            _ => return Err(InputError::MALFORMED),
        })
    }
}

fn is_integer(found: Type) -> bool {
    matches!(
        found,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int
    )
}

fn index_of(structure: &Structure, name: &str) -> Option<u16> {
    let at = structure.members.iter().position(|member| member.wire_name == name)?;
    u16::try_from(at).ok()
}
