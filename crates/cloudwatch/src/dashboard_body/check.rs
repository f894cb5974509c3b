//! The single checks, with the wording of a JSON schema checker.

use serde_json::Value;

/// A value of the body and its path.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// A member of an object; `None` when it is absent or this is no object.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        self.value.get(name).map(|value| Self { path: format!("{}/{name}", self.path), value })
    }

    /// The items of an array; none when it is no array.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten();
        items.enumerate().map(|(index, value)| Self { path: format!("{}/{index}", self.path), value }).collect()
    }

    /// The names of an object's members besides the known ones.
    pub(super) fn unknown_members(&self, known: &[&str]) -> Vec<&'a str> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(name, _)| name.as_str()).filter(|name| !known.contains(name)).collect()
    }
}

/// Collects what is found. Each check answers whether it held.
#[derive(Default)]
pub(super) struct Check {
    pub(super) errors: Vec<(String, String)>,
    pub(super) warnings: Vec<(String, String)>,
}

impl Check {
    /// Reports an error.
    pub(super) fn fail(&mut self, node: &Node<'_>, message: impl Into<String>) -> bool {
        self.errors.push((node.path.clone(), message.into()));
        false
    }

    /// Reports a warning.
    pub(super) fn warn(&mut self, node: &Node<'_>, message: impl Into<String>) {
        self.warnings.push((node.path.clone(), message.into()));
    }

    fn hold(&mut self, node: &Node<'_>, holds: bool, message: &str) -> bool {
        holds || self.fail(node, message)
    }

    /// A member that must be there.
    pub(super) fn required<'a>(&mut self, node: &Node<'a>, name: &str) -> Option<Node<'a>> {
        let member = node.member(name);
        if member.is_none() {
            self.fail(node, format!("Should have required property '{name}'"));
        }
        member
    }

    /// Checks a member if it is there.
    pub(super) fn optional(
        &mut self,
        node: &Node<'_>,
        name: &str,
        check: impl FnOnce(&mut Self, &Node<'_>) -> bool,
    ) -> bool {
        node.member(name).is_none_or(|member| check(self, &member))
    }

    /// An object.
    pub(super) fn object(&mut self, node: &Node<'_>) -> bool {
        self.hold(node, node.value.is_object(), "Should be object")
    }

    /// A string.
    pub(super) fn string(&mut self, node: &Node<'_>) -> bool {
        self.hold(node, node.value.is_string(), "Should be string")
    }

    /// True or false.
    pub(super) fn boolean(&mut self, node: &Node<'_>) -> bool {
        self.hold(node, node.value.is_boolean(), "Should be boolean")
    }

    /// A number.
    pub(super) fn number(&mut self, node: &Node<'_>) -> bool {
        self.hold(node, node.value.is_number(), "Should be number")
    }

    /// A string out of a set.
    pub(super) fn one_of(&mut self, node: &Node<'_>, allowed: &[&str]) -> bool {
        let holds = node.value.as_str().is_some_and(|text| allowed.contains(&text));
        self.hold(node, holds, "Should be equal to one of the allowed values")
    }

    /// A string of a form.
    pub(super) fn pattern(&mut self, node: &Node<'_>, fits: impl FnOnce(&str) -> bool) -> bool {
        match node.value.as_str() {
            Some(text) => self.hold(node, fits(text), "Should match pattern"),
            None => self.string(node),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn integer(&mut self, node: &Node<'_>, least: i64, most: Option<i64>) -> bool {
        // 3.0 is a whole number in JSON schema, too.
        let Some(number) = node.value.as_f64().filter(|number| number.fract() == 0.0) else {
            return self.fail(node, "Should be integer");
        };
        if number < least as f64 {
            return self.fail(node, format!("Should be >= {least}"));
        }
        match most {
            Some(most) if number > most as f64 => self.fail(node, format!("Should be <= {most}")),
            _ => true,
        }
    }

    /// An array; its items, none when the array itself is wrong.
    pub(super) fn array<'a>(&mut self, node: &Node<'a>, least: usize, most: usize) -> Vec<Node<'a>> {
        let Some(count) = node.value.as_array().map(Vec::len) else {
            self.fail(node, "Should be array");
            return Vec::new();
        };
        if count < least {
            self.fail(node, format!("Should NOT have fewer than {least} items"));
        } else if count > most {
            self.fail(node, format!("Should NOT have more than {most} items"));
        } else {
            return node.items();
        }
        Vec::new()
    }
}
