//! Values of any shape, for property tests.

use base::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::json::last_wins;
use crate::schema::{Kind, Shape};
use crate::value::{Struct, Value};

/// Any value of this shape, constraints aside. Below `depth` structures, members are absent.
pub(crate) fn value(shape: &'static Shape, depth: u32) -> BoxedStrategy<Value> {
    match &shape.kind {
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::Integer(_) => any::<i32>().prop_map(|number| Value::Integer(number.into())).boxed(),
        Kind::Long(_) => any::<i64>().prop_map(Value::Integer).boxed(),
        Kind::Float | Kind::Double => {
            let infinite = prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)];
            prop_oneof![9 => proptest::num::f64::NORMAL | proptest::num::f64::ZERO, 1 => infinite]
                .prop_map(Value::Float)
                .boxed()
        }
        Kind::String(_) => any::<String>().prop_map(Value::String).boxed(),
        Kind::Blob(_) => vec(any::<u8>(), 0..20).prop_map(Value::Blob).boxed(),
        Kind::Timestamp(Some(_)) | Kind::Timestamp(None) => (-60_000_000_000_000i64..250_000_000_000_000)
            .prop_map(|millis| Value::Timestamp(Timestamp::from_millis(millis)))
            .boxed(),
        Kind::List(list) => vec(value(list.member, depth), 0..4).prop_map(Value::List).boxed(),
        Kind::Map(map) => vec((any::<String>(), value(map.value, depth)), 0..4)
            .prop_map(|entries| Value::Map(last_wins(entries)))
            .boxed(),
        Kind::Structure(structure) if depth > 0 => {
            let members: Vec<_> =
                structure.members.iter().map(|member| option::of(value(member.shape, depth - 1))).collect();
            members
                .prop_map(move |members| {
                    let mut out = Struct::new(shape);
                    for (index, value) in members.into_iter().enumerate() {
                        value.into_iter().for_each(|value| out.set(u16::try_from(index).unwrap(), value));
                    }
                    Value::Struct(out)
                })
                .boxed()
        }
        Kind::Structure(_) => Just(Value::Struct(Struct::new(shape))).boxed(),
        Kind::Document => prop_oneof![
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(|text| serde_json::json!({ "text": [text, null, 0.5] })),
        ]
        .prop_map(Value::Document)
        .boxed(),
    }
}
