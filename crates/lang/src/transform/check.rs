//! The rules of a configuration as a whole (logs.md TR-1), and which step a processor is.

use super::path::MESSAGE;
use super::processor::Processor;
use super::{Step, convert, csv, grok, keys, list_to_map, parse, strings, vended};

/// Processors of a transformer.
const PROCESSORS_MAX: usize = 20;
/// Those of them that parse.
const PARSERS_MAX: usize = 5;

/// What a processor is to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Parser,
    /// A parser of a format of AWS: first, and alone of its kind.
    Vended,
    Mutator,
}

/// Whether a configuration keeps the rules.
pub(super) fn rules(processors: &[Processor]) -> Result<(), String> {
    if processors.is_empty() || processors.len() > PROCESSORS_MAX {
        return Err(format!("A transformer must have between 1 and {PROCESSORS_MAX} processors."));
    }
    let members = processors.iter().map(only_member).collect::<Result<Vec<_>, _>>()?;
    if members[0].1 == Role::Mutator {
        return Err(format!("The first processor must be a parser, but it is {}.", members[0].0));
    }
    let parsers = members.iter().filter(|(_, role)| *role != Role::Mutator).count();
    if parsers > PARSERS_MAX {
        return Err(format!("A transformer can have at most {PARSERS_MAX} parsers, but it has {parsers}."));
    }
    if let Some((name, _)) = members.iter().skip(1).find(|(_, role)| *role == Role::Vended) {
        return Err(format!("The processor {name} must be the first, and there can be only one of its kind."));
    }
    for once in ["grok", "addKeys", "copyValue"] {
        if members.iter().filter(|(name, _)| *name == once).count() > 1 {
            return Err(format!("A transformer can have only one {once} processor."));
        }
    }
    match source(&processors[0]) {
        Some(source) if source != MESSAGE => Err(format!("The first processor must parse {MESSAGE}, not {source}.")),
        _ => Ok(()),
    }
}

/// The name of a processor's one member, and its role.
fn only_member(processor: &Processor) -> Result<(&'static str, Role), String> {
    let there = members(processor).into_iter().filter(|(.., there)| *there).map(|(name, role, _)| (name, role));
    let there: Vec<_> = there.collect();
    match there.as_slice() {
        [one] => Ok(*one),
        [] => Err("A processor of the transformer is empty.".to_owned()),
        [(first, _), (second, _), ..] => {
            Err(format!("A processor can have only one member, but one has {first} and {second}."))
        }
    }
}

fn members(processor: &Processor) -> [(&'static str, Role, bool); 23] {
    let p = processor;
    [
        ("parseJSON", Role::Parser, p.parse_json.is_some()),
        ("grok", Role::Parser, p.grok.is_some()),
        ("csv", Role::Parser, p.csv.is_some()),
        ("parseKeyValue", Role::Parser, p.parse_key_value.is_some()),
        ("parseVPC", Role::Vended, p.parse_vpc.is_some()),
        ("parseRoute53", Role::Vended, p.parse_route53.is_some()),
        ("parseCloudfront", Role::Vended, p.parse_cloudfront.is_some()),
        ("parseWAF", Role::Vended, p.parse_waf.is_some()),
        ("parsePostgres", Role::Vended, p.parse_postgres.is_some()),
        ("parseToOCSF", Role::Vended, p.parse_to_ocsf.is_some()),
        ("addKeys", Role::Mutator, p.add_keys.is_some()),
        ("deleteKeys", Role::Mutator, p.delete_keys.is_some()),
        ("moveKeys", Role::Mutator, p.move_keys.is_some()),
        ("renameKeys", Role::Mutator, p.rename_keys.is_some()),
        ("copyValue", Role::Mutator, p.copy_value.is_some()),
        ("listToMap", Role::Mutator, p.list_to_map.is_some()),
        ("lowerCaseString", Role::Mutator, p.lower_case_string.is_some()),
        ("upperCaseString", Role::Mutator, p.upper_case_string.is_some()),
        ("trimString", Role::Mutator, p.trim_string.is_some()),
        ("splitString", Role::Mutator, p.split_string.is_some()),
        ("substituteString", Role::Mutator, p.substitute_string.is_some()),
        ("typeConverter", Role::Mutator, p.type_converter.is_some()),
        ("dateTimeConverter", Role::Mutator, p.date_time_converter.is_some()),
    ]
}

/// What a parser parses, where it says so.
fn source(processor: &Processor) -> Option<&str> {
    let p = processor;
    let parsers = [
        p.parse_json.as_ref().and_then(|parser| parser.source.as_deref()),
        p.grok.as_ref().and_then(|parser| parser.source.as_deref()),
        p.csv.as_ref().and_then(|parser| parser.source.as_deref()),
        p.parse_key_value.as_ref().and_then(|parser| parser.source.as_deref()),
        p.parse_to_ocsf.as_ref().and_then(|parser| parser.source.as_deref()),
    ];
    let vended = [&p.parse_vpc, &p.parse_route53, &p.parse_cloudfront, &p.parse_waf, &p.parse_postgres];
    let vended = vended.into_iter().map(|parser| parser.as_ref().and_then(|parser| parser.source.as_deref()));
    parsers.into_iter().chain(vended).flatten().next()
}

impl Processor {
    /// The step that the processor is.
    pub(super) fn compile(&self) -> Result<Box<dyn Step>, String> {
        let p = self;
        let refused = [
            ("parseWAF", p.parse_waf.is_some()),
            ("parsePostgres", p.parse_postgres.is_some()),
            ("parseToOCSF", p.parse_to_ocsf.is_some()),
        ];
        if let Some((name, _)) = refused.into_iter().find(|(_, there)| *there) {
            return Err(format!("The processor {name} is not supported by this server."));
        }
        /// The first of some processors that is there, as a step.
        macro_rules! first {
            ($($member:ident => $compile:expr,)*) => {
                $(if let Some(member) = &p.$member {
                    let compile = $compile;
                    return Ok(Box::new(compile(member)?));
                })*
            };
        }
        first! {
            parse_json => parse::Json::new,
            grok => grok::Grok::new,
            csv => csv::Csv::new,
            parse_key_value => parse::KeyValue::new,
            add_keys => keys::Add::new,
            delete_keys => keys::Delete::new,
            move_keys => keys::Move::new,
            rename_keys => keys::Rename::new,
            copy_value => keys::Copy::new,
            list_to_map => list_to_map::ListToMap::new,
            lower_case_string => |keys| strings::InPlace::new(keys, |text| text.to_lowercase()),
            upper_case_string => |keys| strings::InPlace::new(keys, |text| text.to_uppercase()),
            trim_string => |keys| strings::InPlace::new(keys, |text| text.trim().to_owned()),
            split_string => strings::Split::new,
            substitute_string => strings::Substitute::new,
            type_converter => convert::Types::new,
            date_time_converter => convert::Times::new,
        }
        let vended = [
            (&p.parse_vpc, vended::Format::Vpc),
            (&p.parse_route53, vended::Format::Route53),
            (&p.parse_cloudfront, vended::Format::Cloudfront),
        ];
        match vended.into_iter().find(|(member, _)| member.is_some()) {
            Some((_, format)) => Ok(Box::new(format)),
            None => Err("A processor of the transformer is empty.".to_owned()),
        }
    }
}
