//! Values into CBOR: collections in indefinite-length form, timestamps as tag 1 around a
//! float64, as recorded from CloudWatch (cloudwatch.md §1.1).

use std::convert::Infallible;

use minicbor::data::IanaTag;
use minicbor::encode::{Encoder, Error};

use crate::error::ErrorParts;
use crate::value::{Struct, Value};

type Written = Result<(), Error<Infallible>>;

/// Encodes a structure.
pub(crate) fn encode(value: &Struct) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(256));
    structure(&mut encoder, value).expect("a vector takes every write");
    encoder.into_writer()
}

/// The body of an error: `__type`, the message when there is one, the modelled members.
pub(crate) fn encode_error(error: &ErrorParts<'_>, type_name: &str) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(128));
    write_error(&mut encoder, error, type_name).expect("a vector takes every write");
    encoder.into_writer()
}

fn write_error(out: &mut Encoder<Vec<u8>>, error: &ErrorParts<'_>, type_name: &str) -> Written {
    out.begin_map()?.str("__type")?.str(type_name)?;
    if let Some(message) = error.message {
        out.str("message")?.str(message)?;
    }
    if let Some(extra) = error.members
        && let Some(shape) = extra.shape.structure()
    {
        for (index, value) in &extra.members {
            let name = shape.members[usize::from(*index)].wire_name;
            if !name.eq_ignore_ascii_case("message") {
                out.str(name)?;
                write(out, value)?;
            }
        }
    }
    out.end()?;
    Ok(())
}

fn structure(out: &mut Encoder<Vec<u8>>, value: &Struct) -> Written {
    out.begin_map()?;
    let members = value.shape.structure().map_or(&[][..], |shape| shape.members);
    for (index, value) in &value.members {
        out.str(members[usize::from(*index)].wire_name)?;
        write(out, value)?;
    }
    out.end()?;
    Ok(())
}

fn write(out: &mut Encoder<Vec<u8>>, value: &Value) -> Written {
    match value {
        Value::Boolean(yes) => out.bool(*yes)?,
        Value::Integer(number) => out.i64(*number)?,
        Value::Float(number) => out.f64(*number)?,
        Value::String(text) => out.str(text)?,
        Value::Blob(bytes) => out.bytes(bytes)?,
        Value::Timestamp(at) => out.tag(IanaTag::Timestamp)?.f64(at.secs_f64())?,
        Value::List(elements) => {
            out.begin_array()?;
            for element in elements {
                write(out, element)?;
            }
            out.end()?
        }
        Value::Map(entries) => {
            out.begin_map()?;
            for (key, value) in entries {
                out.str(key)?;
                write(out, value)?;
            }
            out.end()?
        }
        Value::Struct(inner) => return structure(out, inner),
        Value::Document(document) => return write_document(out, document),
    };
    Ok(())
}

fn write_document(out: &mut Encoder<Vec<u8>>, document: &serde_json::Value) -> Written {
    use serde_json::Value as Json;
    match document {
        Json::Null => out.null()?,
        Json::Bool(yes) => out.bool(*yes)?,
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => out.i64(number)?,
            (None, Some(number)) => out.u64(number)?,
            (None, None) => out.f64(number.as_f64().unwrap_or(f64::NAN))?,
        },
        Json::String(text) => out.str(text)?,
        Json::Array(elements) => {
            out.begin_array()?;
            for element in elements {
                write_document(out, element)?;
            }
            out.end()?
        }
        Json::Object(entries) => {
            out.begin_map()?;
            for (key, value) in entries {
                out.str(key)?;
                write_document(out, value)?;
            }
            out.end()?
        }
    };
    Ok(())
}
