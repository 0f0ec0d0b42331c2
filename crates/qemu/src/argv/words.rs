//! How command lines are spelled: words, `key=value` lists, JSON objects, shell quoting.

use serde_json::{Map, Value};

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument(pub String);

/// A command line as it grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    /// So far.
    pub(crate) all: Vec<Argument>,
    /// `-device` takes `key=value` lists only (QEMU 6.2).
    pub(crate) plain_devices: bool,
}

impl Words {
    /// An option without a value.
    pub(crate) fn flag(&mut self, option: &str) {
        self.all.push(Argument(option.to_owned()));
    }

    /// An option and its value.
    pub(crate) fn option(&mut self, option: &str, value: impl Into<String>) {
        self.flag(option);
        self.all.push(Argument(value.into()));
    }

    /// An option whose value is an object.
    pub(crate) fn json(&mut self, option: &str, value: Object) {
        if self.plain_devices && option == "-device" {
            self.option(option, value.list());
        } else {
            self.option(option, value.text());
        }
    }
}

/// A JSON object whose members keep their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// An object with its first member: the driver, the type.
    pub(crate) fn new(key: &str, value: impl Into<Value>) -> Self {
        Self::default().with(key, value)
    }

    /// Adds a member.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a member if there is a value.
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Puts a member in, replacing one of that name.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// The members as a value.
    pub(crate) fn value(self) -> Value {
        Value::Object(self.0)
    }

    /// As a `key=value,…` list, the first value alone.
    pub(crate) fn list(self) -> String {
        let mut list: Option<List> = None;
        for (key, value) in self.0 {
            let text = match value {
                Value::Bool(on) => on_off(on).to_owned(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            list = Some(match list {
                None => List::new(&text),
                Some(list) => list.with(&key, text),
            });
        }
        list.unwrap_or_default().text()
    }

    /// As QEMU gets it: compact.
    pub(crate) fn text(self) -> String {
        Value::Object(self.0).to_string()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.value()
    }
}

/// A `key=value,…` list; commas in values are doubled.
#[derive(Clone, Debug, Default)]
pub(crate) struct List(String);

impl List {
    /// A list with its first word.
    pub(crate) fn new(word: &str) -> Self {
        Self(escape(word))
    }

    /// Adds `key=value`.
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.add(key, value);
        self
    }

    /// Adds `key=value` if there is a value.
    pub(crate) fn maybe(mut self, key: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.add(key, value);
        }
        self
    }

    /// Adds `key=value`.
    pub(crate) fn add(&mut self, key: &str, value: impl ToString) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(key);
        self.0.push('=');
        self.0.push_str(&escape(&value.to_string()));
    }

    /// Adds a word without `=`, as it is.
    pub(crate) fn word(&mut self, word: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(word);
    }

    /// The list.
    pub(crate) fn text(self) -> String {
        self.0
    }
}

fn escape(text: &str) -> String {
    text.replace(',', ",,")
}

/// Quotes a word for a shell, only when it needs it.
pub(crate) fn quote(word: &str) -> String {
    const SPECIAL: &str = "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~";
    if word.is_empty() {
        return "''".to_owned();
    }
    if !word.contains(|character| SPECIAL.contains(character)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `on` or `off`.
pub(crate) fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn words_are_quoted_when_a_shell_would_read_them_otherwise() {
        assert_eq!(quote("plain=1,2"), "plain=1,2");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's"), "'it'\\''s'");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn commas_in_values_are_doubled() {
        assert_eq!(List::default().with("path", "/a,b").with("x", 1).text(), "path=/a,,b,x=1");
    }
}
