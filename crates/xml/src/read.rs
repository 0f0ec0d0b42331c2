//! Reads types out of a tree, and gathers what is wrong on the way.

use std::any::TypeId;
use std::fmt::Display;
use std::num::ParseIntError;
use std::str::FromStr;

use crate::{Class, Fault, Faults, Form, Node, Severity};

/// Types that are read from an element.
pub trait FromElement: Sized {
    /// Reads the element; nothing if it cannot be one, which the reader has been told then.
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self>;
}

/// What is known of names that a type does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// libvirt does not know it either: it is dropped.
    Dropped,
    /// libvirt knows it, and it is not served.
    Refused,
    /// libvirt knows it and it means nothing here: dropped without a word.
    Silent,
}

/// What is known of names that no type reads, and of values that one does.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    /// Judges an element (`a/b`) or attribute (`a/b/@c`) that no type reads.
    pub name: fn(kind: &str) -> Verdict,
    /// Values that are refused: path of the element, attribute, value.
    pub values: &'static [(&'static str, &'static str, &'static str)],
}

impl Judge {
    /// Knows nothing: what no type reads is dropped.
    pub const NONE: Self = Self { name: |_| Verdict::Dropped, values: &[] };
    /// Says nothing.
    pub const SILENT: Self = Self { name: |_| Verdict::Silent, values: &[] };
}

/// The state of reading one document.
#[derive(Debug)]
pub struct Reader {
    form: Form,
    judge: Judge,
    faults: Vec<Fault>,
    warnings: usize,
}

impl Reader {
    /// Reads that form; names that no type reads are judged by `judge`.
    pub fn new(form: Form, judge: Judge) -> Self {
        Self { form, judge, faults: Vec::new(), warnings: 0 }
    }

    /// The form that is read.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Notes a fault, as long as there is room: warnings take at most half of it.
    pub fn note(&mut self, fault: Fault) {
        let room = match fault.severity {
            Severity::Error => !self.is_full(),
            Severity::Warning => self.hears_warnings(),
        };
        if room {
            self.warnings += usize::from(fault.severity == Severity::Warning);
            self.faults.push(fault);
        }
    }

    /// Whether there is no room for more errors: looking for them is idle.
    pub fn is_full(&self) -> bool {
        self.faults.len() >= Faults::MAX
    }

    fn hears_warnings(&self) -> bool {
        self.warnings < Faults::MAX / 2 && !self.is_full()
    }

    /// Whether an error was noted.
    pub fn has_errors(&self) -> bool {
        self.faults.iter().any(|fault| fault.severity == Severity::Error)
    }

    /// All that was noted.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Notes an error at an element.
    pub fn error(&mut self, node: Node<'_>, class: Class, message: impl Into<String>) {
        if !self.is_full() {
            self.note(Fault::new(class, node.place(), message));
        }
    }

    /// Notes an error at an element, with what to do about it.
    pub fn error_with_fix(
        &mut self,
        node: Node<'_>,
        class: Class,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        if !self.is_full() {
            self.note(Fault::new(class, node.place(), message).with_fix(fix));
        }
    }

    /// Notes an error at an attribute.
    pub fn attribute_error(
        &mut self,
        node: Node<'_>,
        attribute: &str,
        class: Class,
        message: impl Into<String>,
    ) {
        if !self.is_full() {
            self.note(Fault::new(class, node.attribute_place(attribute), message));
        }
    }

    /// Reads an attribute. A value that its type does not know is a fault.
    pub fn attribute<T>(&mut self, node: Node<'_>, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display + 'static,
    {
        let text = node.attribute(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let signed = "-1".parse::<T>().is_ok();
                self.bad_attribute::<T::Err>(node, name, text, &error, signed);
                None
            }
        }
    }

    /// Reads an attribute; a value that its type does not know is not supported, in these words.
    pub fn known<T: FromStr>(&mut self, node: Node<'_>, name: &str, words: &str) -> Option<T>
    where
        T::Err: Display,
    {
        let text = node.attribute(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let place = node.attribute_place(name);
                let fault = Fault::new(Class::Unsupported, place, format!("{words} '{text}'"));
                self.note(fault.with_fix(T::Err::to_string(&error)));
                None
            }
        }
    }

    /// Reads a number that libvirt reads as one with a sign, and that must have none.
    pub fn natural(&mut self, node: Node<'_>, name: &str) -> Option<u32> {
        let number = self.attribute::<i32>(node, name)?;
        u32::try_from(number).ok()
    }

    /// Notes that an attribute is zero and may not be, in libvirt's words.
    pub fn zero(&mut self, node: Node<'_>, name: &str) {
        let element = node.local_name();
        let message = format!(
            "Invalid value for attribute '{name}' in element '{element}': Zero is not permitted"
        );
        let fault = Fault::new(Class::Xml, node.attribute_place(name), message);
        self.note(fault.with_fix("write a number from 1"));
    }

    /// Reads an attribute that must be there.
    pub fn required<T>(&mut self, node: Node<'_>, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display + 'static,
    {
        if node.attribute(name).is_none() {
            self.missing_attribute(node, name);
            return None;
        }
        self.attribute(node, name)
    }

    /// Notes that an attribute is missing, in libvirt's words.
    pub fn missing_attribute(&mut self, node: Node<'_>, name: &str) {
        if self.is_full() {
            return;
        }
        let element = node.local_name();
        let message = format!("Missing required attribute '{name}' in element '{element}'");
        self.note(Fault::new(Class::Xml, node.place(), message));
    }

    fn bad_attribute<E: Display + 'static>(
        &mut self,
        node: Node<'_>,
        name: &str,
        text: &str,
        error: &E,
        signed: bool,
    ) {
        if self.is_full() {
            return;
        }
        let element = node.local_name();
        let mut message =
            format!("Invalid value for attribute '{name}' in element '{element}': '{text}'");
        let fix = if TypeId::of::<E>() == TypeId::of::<ParseIntError>() {
            message.push_str(if signed {
                ". Expected integer value"
            } else {
                ". Expected non-negative integer value"
            });
            "write a whole number that fits".to_owned()
        } else {
            message.push('.');
            error.to_string()
        };
        self.note(Fault::new(Class::Xml, node.attribute_place(name), message).with_fix(fix));
    }

    /// Notes that the value of an attribute is wrong, in libvirt's words.
    pub fn bad_value(&mut self, node: Node<'_>, name: &str, fix: impl Into<String>) {
        let element = node.local_name();
        let text = node.attribute(name).unwrap_or("");
        let message =
            format!("Invalid value for attribute '{name}' in element '{element}': '{text}'.");
        self.note(Fault::new(Class::Xml, node.attribute_place(name), message).with_fix(fix));
    }

    /// Reads the text of an element; none if there is none.
    pub fn content<T>(&mut self, node: Node<'_>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display + 'static,
    {
        let text = node.text();
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let element = node.local_name();
                let message = format!("Invalid value for element '{element}': '{text}'");
                let fix = if TypeId::of::<T::Err>() == TypeId::of::<ParseIntError>() {
                    "write a whole number that is not negative".to_owned()
                } else {
                    error.to_string()
                };
                self.note(Fault::new(Class::Xml, node.place(), message).with_fix(fix));
                None
            }
        }
    }

    /// Notes what a type did not read: refused if libvirt knows it, else a warning.
    pub fn leftovers(&mut self, node: Node<'_>, attributes: &[&str], children: &[&str]) {
        for (name, _) in node.attributes() {
            if !attributes.contains(&name) && !name.starts_with("xmlns") && !name.contains(':') {
                self.unread_attribute(node, name, attributes);
            }
        }
        for child in node.children() {
            if !children.contains(&child.name()) {
                self.unread(child, children);
            }
        }
    }

    /// Refuses elements that a type does not read and libvirt does not know, in its words.
    pub fn strangers(&mut self, node: Node<'_>, children: &[&str], words: &str) {
        for child in node.children() {
            let name = child.name();
            if !children.contains(&name) && (self.judge.name)(&child.kind()) == Verdict::Dropped {
                let mut fault =
                    Fault::new(Class::Unsupported, child.place(), format!("{words} '{name}'"));
                fault.fix = nearest(name, children).map(|known| format!("did you mean <{known}>?"));
                self.note(fault);
            }
        }
    }

    /// Notes an element that is not read.
    #[cold]
    pub fn unread(&mut self, child: Node<'_>, known: &[&str]) {
        let name = child.name();
        match (self.judge.name)(&child.kind()) {
            Verdict::Silent => {}
            Verdict::Refused => self.refuse(child),
            Verdict::Dropped if !self.hears_warnings() => {}
            Verdict::Dropped => {
                let message = format!("element '{name}' is not known and has no effect");
                let mut fault = Fault::new(Class::Xml, child.place(), message);
                fault.severity = Severity::Warning;
                fault.fix = nearest(name, known).map(|known| format!("did you mean <{known}>?"));
                self.note(fault);
            }
        }
    }

    #[cold]
    fn unread_attribute(&mut self, node: Node<'_>, name: &str, known: &[&str]) {
        match (self.judge.name)(&format!("{}/@{name}", node.kind())) {
            Verdict::Silent => {}
            Verdict::Refused => {
                let message = format!(
                    "attribute '{name}' of element '{}' is not supported by stead yet",
                    node.name()
                );
                self.attribute_error(node, name, Class::Unsupported, message);
            }
            Verdict::Dropped if !self.hears_warnings() => {}
            Verdict::Dropped => {
                let message = format!("attribute '{name}' is not known and has no effect");
                let mut fault = Fault::new(Class::Xml, node.attribute_place(name), message);
                fault.severity = Severity::Warning;
                fault.fix = nearest(name, known).map(|known| format!("did you mean {known}=?"));
                self.note(fault);
            }
        }
    }

    /// Notes that an element which libvirt knows is not served.
    pub fn refuse(&mut self, node: Node<'_>) {
        let message = format!("element '{}' is not supported by stead yet", node.name());
        self.error_with_fix(node, Class::Unsupported, message, "remove it");
    }

    /// Refuses the value of an attribute if the judge does; whether it did.
    pub fn judge_value(&mut self, node: Node<'_>, name: &str) -> bool {
        self.judge_value_as(node, name, |element| node.kind() == element)
    }

    /// The same for an element that is judged as another.
    pub fn judge_value_as(
        &mut self,
        node: Node<'_>,
        name: &str,
        is_element: impl Fn(&str) -> bool,
    ) -> bool {
        let Some(value) = node.attribute(name) else { return false };
        let refused = |(element, attribute, row): &(&str, &str, &str)| {
            *row == value && *attribute == name && is_element(element)
        };
        if !self.judge.values.iter().any(refused) {
            return false;
        }
        let element = node.name();
        let message = format!(
            "attribute '{name}' of element '{element}' with value '{value}' is not supported by stead yet"
        );
        self.attribute_error(node, name, Class::Unsupported, message);
        true
    }

    /// Warns of a second element where libvirt only reads the first.
    pub fn only_first(&mut self, node: Node<'_>, name: &str) {
        for again in node.children().filter(|child| child.name() == name).skip(1) {
            if !self.hears_warnings() {
                return;
            }
            let message = format!("a second '{name}' element is not read, only the first");
            let mut fault = Fault::new(Class::Xml, again.place(), message)
                .with_fix("put both into one element");
            fault.severity = Severity::Warning;
            self.note(fault);
        }
    }
}

/// The known name that is nearest to one that is not known, if it is near.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |other: &&str| distance(name, other) <= 1 + name.len() / 6;
    known.iter().copied().filter(near).min_by_key(|other| distance(name, other))
}

/// How many letters must change to make one name the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    if one.len() > 64 || other.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
