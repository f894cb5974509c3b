//! Tests of the whole of metric math.

mod evaluation;
mod functions;
mod notation;
mod operators;
mod reference;
mod syntax;
