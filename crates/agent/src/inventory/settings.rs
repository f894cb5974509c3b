//! Whether inventory is told, what of, how often, and as which instance.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use base::time::parse_duration;
use serde::{Deserialize, Deserializer};

use super::Source;
use super::identity::{InstanceId, is_instance_id};

/// How often inventory is collected when nothing else is said, as at AWS.
const PERIOD: Duration = Duration::from_secs(30 * 60);

/// The table `inventory` of the settings file. Without it, and without the option, there is no inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct InventoryGiven {
    /// What is collected.
    pub collect: Option<Sources>,
    /// How often.
    #[serde(deserialize_with = "text")]
    pub period: Option<Period>,
    /// Patterns of Python's virtual environments that are looked at besides the usual places.
    pub python_environments: Vec<String>,
    /// Patterns of folders `node_modules` that are looked at besides the global ones.
    pub node_modules: Vec<String>,
    /// The folder of custom inventory.
    pub custom: Option<PathBuf>,
    /// The instance that this machine is.
    pub instance_id: Option<String>,
    /// What it registers with.
    pub activation: Option<Activation>,
}

/// Reads a key of the file by the type's own parser.
fn text<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(from: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// What is collected, as an option and as a key of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(pub Vec<Source>);

impl FromStr for Sources {
    type Err = String;

    /// `all`, `off`, or names separated by commas; a name with a minus is one that is left out.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::of(text.split(',').map(str::trim))
    }
}

impl Sources {
    fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut chosen, mut left_out): (Vec<Source>, Vec<Source>) = Default::default();
        let mut has_named = false;
        for name in names {
            match (name, name.strip_prefix('-')) {
                ("all", _) => chosen.extend(Source::ALL),
                ("off", _) => {}
                (_, Some(name)) => left_out.push(name.parse()?),
                (name, None) => chosen.push(name.parse()?),
            }
            has_named |= !name.starts_with('-');
        }
        if !has_named {
            chosen.extend(Source::ALL);
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen.retain(|source| !left_out.contains(source));
        Ok(Self(chosen))
    }
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        Self::of(names.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

/// An interval as people write it, from ten seconds to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(pub Duration);

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let period = parse_duration(text).ok_or_else(|| format!("'{text}' is not a duration such as 30m or 1h"))?;
        let fits = (10..=86_400).contains(&period.as_secs());
        fits.then_some(Self(period)).ok_or_else(|| format!("'{text}' is not between 10s and 24h"))
    }
}

/// What a machine registers with, once.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// The activation.
    pub id: String,
    /// Its code, which is a secret.
    pub code: String,
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Activation({})", self.id)
    }
}

/// Inventory with every choice made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventorySettings {
    /// What is collected.
    pub collect: Vec<Source>,
    /// How often.
    pub period: Duration,
    /// Patterns of virtual environments.
    pub python_environments: Vec<String>,
    /// Patterns of folders `node_modules`.
    pub node_modules: Vec<String>,
    /// The folder of custom inventory.
    pub custom: Option<PathBuf>,
    /// The instance that this machine is, where it is told or is one of EC2.
    pub instance_id: Option<InstanceId>,
    /// What it registers with.
    pub activation: Option<Activation>,
}

impl InventoryGiven {
    /// Makes every choice; `None` when nothing is to be told. `ec2` is the machine's id in EC2.
    ///
    /// # Errors
    /// A value that cannot be used.
    pub fn finish(self, ec2: Option<&str>) -> Result<Option<InventorySettings>, String> {
        let Sources(collect) = self.collect.unwrap_or_else(|| Sources(Source::ALL.to_vec()));
        if collect.is_empty() && self.custom.is_none() {
            return Ok(None);
        }
        let instance_id = match self.instance_id {
            Some(id) if !is_instance_id(&id) => {
                return Err(format!(
                    "'{id}' is no instance: it is i- and 8 or 17 characters, or mi- and 17 hexadecimal digits"
                ));
            }
            Some(_) if self.activation.is_some() => {
                return Err("an instance has an instance-id or registers with an activation, not both".to_owned());
            }
            None if self.activation.is_none() => ec2.filter(|id| is_instance_id(id)).map(str::to_owned),
            given => given,
        };
        Ok(Some(InventorySettings {
            collect,
            period: self.period.map_or(PERIOD, |Period(period)| period),
            python_environments: absolute("python-environments", self.python_environments)?,
            node_modules: absolute("node-modules", self.node_modules)?,
            custom: self.custom,
            instance_id: instance_id.map(InstanceId),
            activation: self.activation,
        }))
    }
}

/// Patterns of absolute paths.
fn absolute(key: &str, patterns: Vec<String>) -> Result<Vec<String>, String> {
    for pattern in &patterns {
        if !pattern.starts_with('/') {
            return Err(format!("{key}: '{pattern}' is not an absolute path"));
        }
        glob::Pattern::new(pattern).map_err(|error| format!("{key}: '{pattern}': {error}"))?;
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Result<Option<InventorySettings>, String> {
        toml::from_str::<InventoryGiven>(text).map_err(|error| error.message().to_owned())?.finish(Some("i-12345678"))
    }

    #[test]
    fn everything_is_collected_every_half_hour_unless_said_otherwise() {
        let settings = given("").unwrap().unwrap();
        assert_eq!((settings.collect, settings.period.as_secs()), (Source::ALL.to_vec(), 1800));
        assert_eq!(settings.instance_id, Some(InstanceId("i-12345678".to_owned())));
    }

    #[test]
    fn sources_are_named_or_left_out() {
        let rest = |without: Source| Source::ALL.into_iter().filter(|source| *source != without).collect::<Vec<_>>();
        for (text, expected) in [
            ("all", Source::ALL.to_vec()),
            ("off", vec![]),
            ("pip, dpkg,pip", vec![Source::Dpkg, Source::Pip]),
            ("-firewall", rest(Source::Firewall)),
            ("all,-pip", rest(Source::Pip)),
        ] {
            assert_eq!(text.parse(), Ok(Sources(expected.clone())), "{text}");
            let list: Vec<String> = text.split(',').map(|name| format!("'{}'", name.trim())).collect();
            let settings = given(&format!("collect = [{}]", list.join(", "))).unwrap();
            assert_eq!(settings.map(|settings| settings.collect).unwrap_or_default(), expected, "{text}");
        }
        assert!("apps".parse::<Sources>().unwrap_err().contains("dpkg"));
    }

    #[test]
    fn an_instance_is_what_it_is_told_or_registers_as() {
        let id = |text: &str| given(text).unwrap().unwrap().instance_id.map(|InstanceId(id)| id);
        assert_eq!(id("instance-id = 'mi-0123456789abcdef0'"), Some("mi-0123456789abcdef0".to_owned()));
        assert_eq!(id("activation = { id = 'a', code = 'b' }"), None, "it has none until it is registered");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_the_reason() {
        for (text, words) in [
            ("instance-id = 'box'", "'box' is no instance"),
            ("instance-id = 'i-12345678'\nactivation = { id = 'a', code = 'b' }", "not both"),
            ("period = '1s'", "between 10s and 24h"),
            ("period = 'often'", "not a duration"),
            ("collect = ['apps']", "'apps' is no source"),
            ("python-environments = ['venv']", "absolute"),
            ("node-modules = ['/a[']", "node-modules"),
            ("periods = '1m'", "unknown field"),
        ] {
            let why = given(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
