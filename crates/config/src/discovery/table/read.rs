//! The reader of `resource-types.txt`.

use super::*;

/// All types of the table; nothing when a line cannot be read.
pub(super) fn types(text: &'static str) -> Option<Vec<ResourceType>> {
    let mut types: Vec<ResourceType> = Vec::new();
    let (mut service, mut quiet) = (None, Vec::new());
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        match line.trim_start().split_once(' ')? {
            ("service", name) => (service, quiet) = (Service::named(name), Vec::new()),
            ("quiet", operations) => quiet.extend(operations.split(',')),
            ("type", head) => {
                let mut facts = Vec::new();
                while let Some(fact) = lines.next_if(|line| line.starts_with(' ')) {
                    facts.push(fact[1..].split_once(' ').unwrap_or((&fact[1..], "")));
                }
                let facts = Facts { service: service?, facts };
                types.push(facts.read(head, quiet.clone())?);
            }
            _ => return None,
        }
    }
    Some(types)
}

/// The lines of a type.
struct Facts {
    service: &'static Service,
    facts: Vec<(&'static str, &'static str)>,
}

impl Facts {
    fn all(&self, word: &str) -> impl Iterator<Item = &'static str> {
        self.facts.iter().filter(move |(found, _)| *found == word).map(|(_, rest)| *rest)
    }

    fn first(&self, word: &str) -> Option<&'static str> {
        self.all(word).next()
    }

    /// What is in all lines of a word, between commas.
    fn several(&self, word: &str) -> Vec<&'static str> {
        self.all(word).flat_map(|rest| rest.split(',')).collect()
    }

    /// What is in all lines of a word, between blanks.
    fn words(&self, word: &str) -> impl Iterator<Item = &'static str> {
        self.all(word).flat_map(str::split_ascii_whitespace)
    }

    fn call(&self, word: &str) -> Option<Option<Read>> {
        self.first(word).map(|text| self.read_call(text)).map_or(Some(None), |read| read.map(Some))
    }

    fn read(&self, head: &'static str, quiet: Vec<&'static str>) -> Option<ResourceType> {
        let (name, casing) = head.split_once(' ')?;
        let gets: Vec<Read> = self.all("get").map(|text| self.read_call(text)).collect::<Option<_>>()?;
        // What is got under a name of its own is not shown unless it is said to be.
        let hidden = gets.iter().filter_map(|read| read.member);
        Some(ResourceType {
            name,
            service: self.service,
            quiet,
            casing: Casing::named(casing)?,
            times: if self.first("times") == Some("millis") { Times::Millis } else { Times::Text },
            parents: self.call("for")?,
            list: self.call("list")??,
            pages: self.first("next").map(pages).map_or(Some(None), |pages| pages.map(Some))?,
            one: self.one()?,
            ask: self.call("ask")?,
            by: match self.first("by") {
                None => Handle::Id,
                Some("name") => Handle::Name,
                Some("arn") => Handle::Arn,
                Some(_) => return None,
            },
            gone: self.several("gone"),
            none: self.several("none"),
            deleted: self.first("deleted").map(|text| match text.split_once('=') {
                Some((path, text)) => (path, Some(text)),
                None => (text, None),
            }),
            settled: match self.first("only") {
                Some(text) => text.split_once(' ').map(|(path, texts)| Some((path, texts.split(',').collect())))?,
                None => None,
            },
            here: self.first("here"),
            adds: self.all("add").map(|text| self.add(text)).collect::<Option<_>>()?,
            id: self.first("id")?,
            resource_name: self.first("name"),
            arn: self.first("arn")?,
            is_global: self.first("region") == Some("global"),
            zone: self.first("zone")?,
            created: self.first("created"),
            tags: self.first("tags"),
            relationships: self.all("rel").map(related).collect::<Option<_>>()?,
            follows: self.all("follow").collect(),
            shown: self.words("conf").map(|word| word.split_once('=').unwrap_or((word, word))).collect(),
            put: self.words("put").map(|word| word.strip_suffix("={name}")).collect::<Option<_>>()?,
            dropped: self.words("drop").chain(hidden).collect(),
            shape: self.first("shape").map(shaping::shaping).map_or(Some(None), |found| found.map(Some))?,
            touches: self.touches()?,
            gets,
        })
    }

    fn one(&self) -> Option<One> {
        if self.first("pick").is_some() {
            return Some(One::Picked);
        }
        if let Some(member) = self.first("make") {
            return Some(One::Made(member));
        }
        let text = self.first("one")?;
        match text.split(' ').next()?.contains('=') {
            true => text.split(' ').map(parameter).collect::<Option<_>>().map(One::Narrowed),
            false => self.read_call(text).map(One::Read),
        }
    }

    /// `OPERATION PARAMETER… -> PATH [as NAME] [through NAME]`
    fn read_call(&self, text: &'static str) -> Option<Read> {
        let (asked, wanted) = text.split_once("->").unwrap_or((text, ""));
        let mut asked = asked.split_ascii_whitespace();
        let operation = self.service.operation(asked.next()?)?;
        let parameters = asked.map(parameter).collect::<Option<_>>()?;
        let mut read = Read { operation, parameters, path: "", member: None, through: None };
        let mut words = wanted.split_ascii_whitespace();
        while let Some(word) = words.next() {
            match word {
                "as" => read.member = Some(words.next()?),
                "through" => read.through = Some(shaping::through(words.next()?)?),
                path => read.path = path,
            }
        }
        Some(read)
    }

    fn add(&self, text: &'static str) -> Option<Add> {
        let (key, rest) = text.split_once(' ')?;
        match rest.strip_prefix("= ") {
            Some(rest) => {
                let (path, through) = match rest.split_once(" through ") {
                    Some((path, name)) => (path, Some(shaping::through(name)?)),
                    None => (rest, None),
                };
                // A point is the resource itself.
                Some(Add { key, from: From::Known(path.trim_matches('.')), through })
            }
            None => {
                let read = self.read_call(rest)?;
                Some(Add { key, through: read.through, from: From::Read(read) })
            }
        }
    }

    fn touches(&self) -> Option<Vec<Touch>> {
        let lines = self.facts.iter().filter(|(word, _)| matches!(*word, "touch" | "named" | "relist"));
        let touches = lines.map(|(word, text)| {
            let words: Vec<&'static str> = text.split_ascii_whitespace().collect();
            let list = |text: &'static str| text.split(',').collect::<Vec<_>>();
            let (operations, members, reach) = match (*word, words.as_slice()) {
                ("touch", [operations]) => (list(operations), Vec::new(), Reach::NamedOrAny),
                ("touch", [operations, members]) => (list(operations), list(members), Reach::NamedOrAny),
                ("named", [operations, member, mark]) => (list(operations), list(member), Reach::Named(mark)),
                ("relist", [operations, member, mark]) => (list(operations), list(member), Reach::AnyIf(mark)),
                _ => return None,
            };
            Some(Touch { operations, members, reach })
        });
        touches.collect()
    }
}

/// `NAME=TEXT`, `NAME[]=TEXT`, `NAME:=JSON`
fn parameter(text: &'static str) -> Option<Parameter> {
    let (name, value) = text.split_once('=')?;
    Some(match (name.strip_suffix("[]"), name.strip_suffix(':')) {
        (Some(name), _) => Parameter { name, kind: ParameterKind::ListOfOne, value },
        (_, Some(name)) => Parameter { name, kind: ParameterKind::Json, value },
        _ => Parameter { name, kind: ParameterKind::Text, value },
    })
}

fn pages(text: &'static str) -> Option<Pages> {
    let mut words = text.split_ascii_whitespace();
    let (token_in, token_out) = words.next()?.split_once('=')?;
    Some(Pages { token_in, token_out, parameters: words.map(parameter).collect::<Option<_>>()? })
}

fn related(text: &'static str) -> Option<Related> {
    let fields: Vec<&'static str> = text.split('|').collect();
    let (&[name, resource_type, how, path], more) = fields.split_first_chunk::<4>()?;
    let how = match (how, more) {
        ("id", []) => How::Id,
        ("name", []) => How::Name,
        ("id+name", [id, name]) => How::Both { id, name },
        ("customer", [arn, name]) => How::Customer { arn, name },
        ("stack", []) => How::Stack,
        _ => return None,
    };
    Some(Related { name, resource_type, how, path })
}
