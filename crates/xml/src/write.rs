//! Writes elements in libvirt's layout: two spaces a level, single quotes, `<a/>`.

use std::fmt::{Display, Write};

/// Whether a document is the definition or shows a running machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The definition: no id, no aliases or addresses that only a run has.
    #[default]
    Inactive,
    /// The running machine.
    Live,
}

/// Whether passwords are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// They are left out.
    #[default]
    Hidden,
    /// They are written.
    Shown,
}

/// Which form of a document is read or written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Definition or running machine.
    pub kind: Kind,
    /// Whether passwords are written.
    pub secrets: Secrets,
}

impl Form {
    /// The definition without passwords.
    pub const INACTIVE: Self = Self { kind: Kind::Inactive, secrets: Secrets::Hidden };
    /// The definition with passwords: what is kept on disk.
    pub const STORED: Self = Self { kind: Kind::Inactive, secrets: Secrets::Shown };
    /// The running machine without passwords.
    pub const LIVE: Self = Self { kind: Kind::Live, secrets: Secrets::Hidden };
    /// The running machine with passwords: what a run keeps.
    pub const STATUS: Self = Self { kind: Kind::Live, secrets: Secrets::Shown };

    /// Whether it is the running machine.
    pub fn is_live(self) -> bool {
        self.kind == Kind::Live
    }

    /// Whether passwords are written.
    pub fn shows_secrets(self) -> bool {
        self.secrets == Secrets::Shown
    }
}

/// Types that are written as an element: attributes first, then what is in it.
pub trait ToElement {
    /// Writes the attributes.
    fn write_attributes(&self, out: &mut Writer);

    /// Writes what is in the element.
    fn write_content(&self, out: &mut Writer);

    /// Writes the element, even if there is nothing in it.
    fn write(&self, name: &str, out: &mut Writer) {
        out.open(name);
        self.write_attributes(out);
        self.write_content(out);
        out.close(name);
    }

    /// Writes the element; start and end stand on lines of their own even if nothing is in it.
    fn write_lines(&self, name: &str, out: &mut Writer) {
        out.open(name);
        self.write_attributes(out);
        out.end_tag();
        self.write_content(out);
        out.close(name);
    }

    /// Writes the element, or nothing if nothing would be in it.
    fn write_filled(&self, name: &str, out: &mut Writer) {
        let mark = out.mark();
        out.open(name);
        let empty = out.mark();
        self.write_attributes(out);
        self.write_content(out);
        if out.mark() == empty { out.back(mark) } else { out.close(name) }
    }
}

/// Builds the text of a document.
#[derive(Debug)]
pub struct Writer {
    text: String,
    depth: usize,
    form: Form,
    state: State,
}

/// What was written last of the innermost element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its start tag, which is not ended yet.
    Tag,
    /// Text.
    Text,
    /// The end of an element in it.
    Lines,
}

/// A point of the text that can be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    length: usize,
    depth: usize,
    state: State,
}

impl Writer {
    /// An empty document of that form.
    pub fn new(form: Form) -> Self {
        Self { text: String::with_capacity(4096), depth: 0, form, state: State::Lines }
    }

    /// The form that is written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Where it stands now.
    pub fn mark(&self) -> Mark {
        Mark { length: self.text.len(), depth: self.depth, state: self.state }
    }

    /// Forgets everything since a mark.
    pub fn back(&mut self, mark: Mark) {
        self.text.truncate(mark.length);
        self.depth = mark.depth;
        self.state = mark.state;
    }

    fn indent(&mut self) {
        const SPACES: &str = "                                ";
        let mut count = self.depth * 2;
        while count > 0 {
            let part = count.min(SPACES.len());
            self.text.push_str(&SPACES[..part]);
            count -= part;
        }
    }

    /// Starts an element.
    pub fn open(&mut self, name: &str) {
        self.end_tag();
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        self.depth += 1;
        self.state = State::Tag;
    }

    /// Ends the start tag, if it is not ended: more elements follow.
    fn end_tag(&mut self) {
        if self.state == State::Tag {
            self.text.push_str(">\n");
        }
        self.state = State::Lines;
    }

    /// Ends an element.
    pub fn close(&mut self, name: &str) {
        self.depth -= 1;
        match self.state {
            State::Tag => {
                self.text.push_str("/>\n");
                self.state = State::Lines;
                return;
            }
            State::Lines => self.indent(),
            State::Text => {}
        }
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
        self.state = State::Lines;
    }

    /// Writes an element by a function.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    /// Writes an element by a function, or nothing if nothing would be in it.
    pub fn element_filled(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        let mark = self.mark();
        self.open(name);
        let empty = self.mark();
        content(self);
        if self.mark() == empty { self.back(mark) } else { self.close(name) }
    }

    /// Writes an element that has nothing in it.
    pub fn empty(&mut self, name: &str) {
        self.open(name);
        self.close(name);
    }

    /// Writes an attribute of the element just started.
    pub fn attribute(&mut self, name: &str, value: impl Display) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("='");
        let _ = write!(Escape(&mut self.text), "{value}");
        self.text.push('\'');
    }

    /// Writes an attribute if there is a value.
    pub fn optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    /// Writes an element that holds only text.
    pub fn text(&mut self, name: &str, value: impl Display) {
        self.open(name);
        self.content(value);
        self.close(name);
    }

    /// Writes text into the element just started; it ends with that.
    pub fn content(&mut self, value: impl Display) {
        self.text.push('>');
        self.state = State::Text;
        let _ = write!(Escape(&mut self.text), "{value}");
    }

    /// Adds text that is XML already; it must be whole lines, laid out.
    pub fn verbatim(&mut self, text: &str) {
        self.end_tag();
        self.text.push_str(text);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Escapes what is written as libvirt's `virBufferEscapeString` does.
struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            let replacement = match byte {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                b'"' => "&quot;",
                b'\'' => "&apos;",
                b'\t' | b'\n' | b'\r' | 0x20.. => continue,
                // Not allowed in XML at all: libvirt drops it.
                _ => "",
            };
            self.0.push_str(&text[from..at]);
            self.0.push_str(replacement);
            from = at + 1;
        }
        self.0.push_str(&text[from..]);
        Ok(())
    }
}
