//! The commands in use, as a table: a struct of arguments each, with the type of its answer.
//!
//! Fields bear QEMU's own names (kebab-case on the wire unless a row says otherwise). Those in brackets are
//! optional and left out when `None`. Source: QEMU 10.0, `qapi/*.json`. Adding a command is adding a row.

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

mod block;
mod chardev;
mod display;
mod guest;
mod machine;
mod monitor;
mod object;

pub use block::*;
pub use chardev::*;
pub use display::*;
pub use guest::*;
pub use machine::*;
pub use monitor::*;
pub use object::*;

/// A command: its arguments are the value, its answer a type.
pub trait Command: Serialize + Debug + Send + Sync {
    /// QEMU's name.
    const NAME: &'static str;
    /// Whether the command takes arguments at all.
    const HAS_ARGUMENTS: bool;
    /// What `return` holds.
    type Answer: DeserializeOwned + Debug + Send;
}

/// An answer that says no more than that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Arguments whose names depend on their values (a device's properties, a block driver's options).
pub type Properties = Map<String, Value>;

/// A command whose type is forgotten: for plans that list calls of several kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// QEMU's name.
    pub name: &'static str,
    /// The arguments; empty when it takes none.
    pub arguments: Properties,
}

impl Call {
    /// The same call, typeless.
    pub fn of<C: Command>(command: &C) -> Self {
        let arguments = match serde_json::to_value(command) {
            Ok(Value::Object(arguments)) => arguments,
            _ => Properties::new(),
        };
        Self { name: C::NAME, arguments }
    }

    /// The JSON text, for [`crate::Link::encode_text`].
    pub fn to_text(&self) -> String {
        let mut object = Properties::new();
        object.insert("execute".into(), self.name.into());
        if !self.arguments.is_empty() {
            object.insert("arguments".into(), self.arguments.clone().into());
        }
        Value::from(object).to_string()
    }
}

/// Rows: `"name" Type { required: T, … } [ optional: T, … ] -> Answer;`, or `"name" Type(Properties) -> Answer;`.
macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        $name:literal $command:ident $rest:tt $( [ $( $(#[$attr:meta])* $field:ident : $type:ty ),* $(,)? ] )? -> $answer:ty ;
    )*) => {
        $( $crate::command::commands!(@row [$(#[$doc])*] $name $command $rest
            [ $( $( $(#[$attr])* $field : $type ),* )? ] $answer); )*
        #[cfg(test)]
        pub(in crate::command) const NAMES: &[&str] = &[$($name),*];
    };
    (@row [$(#[$doc:meta])*] $name:literal $command:ident ($properties:ty) [] $answer:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        #[serde(transparent)]
        pub struct $command(pub $properties);
        impl $crate::command::Command for $command {
            const NAME: &'static str = $name;
            const HAS_ARGUMENTS: bool = true;
            type Answer = $answer;
        }
    };
    (@row [$(#[$doc:meta])*] $name:literal $command:ident
        { $( $(#[$attr:meta])* $field:ident : $type:ty ),* $(,)? }
        [ $( $(#[$option_attr:meta])* $option:ident : $option_type:ty ),* ] $answer:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "the fields are QEMU's own, documented in its qapi schema")]
        pub struct $command {
            $( $(#[$attr])* pub $field: $type, )*
            $( #[serde(skip_serializing_if = "Option::is_none")] $(#[$option_attr])* pub $option: Option<$option_type>, )*
        }
        impl $crate::command::Command for $command {
            const NAME: &'static str = $name;
            const HAS_ARGUMENTS: bool = {
                let fields: &[&str] = &[$(stringify!($field),)* $(stringify!($option),)*];
                !fields.is_empty()
            };
            type Answer = $answer;
        }
    };
}
pub(crate) use commands;

/// Answers: structs of QEMU's fields, of which unknown ones are passed over.
macro_rules! answers {
    ($(
        $(#[$doc:meta])*
        $name:ident { $( $(#[$attr:meta])* $field:ident : $type:ty ),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "the fields are QEMU's own, documented in its qapi schema")]
        pub struct $name { $( $(#[$attr])* pub $field: $type, )* }
    )*};
}
pub(crate) use answers;

#[cfg(test)]
mod test;
