//! The columns' names, types and places.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The place of each column in [`SCHEMA`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Column {
    SeriesId,
    Ts,
    Exponent,
    Sum,
    SumUlps,
    Min,
    Max,
    Count,
    SumF64,
    MinF64,
    MaxF64,
    CountF64,
    Dist,
}

impl Column {
    /// All, in order.
    pub const ALL: [Self; 13] = [
        Self::SeriesId,
        Self::Ts,
        Self::Exponent,
        Self::Sum,
        Self::SumUlps,
        Self::Min,
        Self::Max,
        Self::Count,
        Self::SumF64,
        Self::MinF64,
        Self::MaxF64,
        Self::CountF64,
        Self::Dist,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SeriesId => "series_id",
            Self::Ts => "ts",
            Self::Exponent => "exponent",
            Self::Sum => "sum",
            Self::SumUlps => "sum_ulps",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::SumF64 => "sum_f64",
            Self::MinF64 => "min_f64",
            Self::MaxF64 => "max_f64",
            Self::CountF64 => "count_f64",
            Self::Dist => "dist",
        }
    }

    pub fn data_type(self) -> DataType {
        match self {
            Self::SeriesId => DataType::UInt64,
            Self::Ts => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::Exponent | Self::SumUlps => DataType::Int8,
            Self::Sum | Self::Min | Self::Max | Self::Count => DataType::Int64,
            Self::SumF64 | Self::MinF64 | Self::MaxF64 | Self::CountF64 => DataType::Float64,
            Self::Dist => DataType::Binary,
        }
    }

    /// Whether rows may leave it out.
    pub fn is_nullable(self) -> bool {
        !matches!(self, Self::SeriesId | Self::Ts)
    }
}

/// The columns.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |column: Column| Field::new(column.name(), column.data_type(), column.is_nullable());
    Arc::new(Schema::new(Column::ALL.map(field).to_vec()))
});
