//! Builds the tree of a document and goes on after a fault, so that all of them are found.
//!
//! quick-xml cuts the text into events; well-formedness is judged here, in libxml2's words because
//! people and scripts know them. Nothing is expanded but the five entities of XML and character
//! references, document type definitions are refused, and every dimension has a limit.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use quick_xml::Reader as Events;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::Event;

use crate::tree::{Body, Item, NONE};
use crate::{Class, Document, Fault, Faults, Place};

mod attributes;

/// Bounds of what is read: a document beyond them is refused.
pub mod limits {
    /// Bytes of a document: what the remote protocol lets through.
    pub const TEXT: usize = 16 << 20;
    /// Elements in each other: libxml2's own bound.
    pub const DEPTH: usize = 256;
    /// Elements, texts and comments of a document.
    pub const ITEMS: usize = 1 << 20;
    /// Elements in one element: what is compared with each other stays little.
    pub const CHILDREN: usize = 8192;
    /// Attributes of one element.
    pub const ATTRIBUTES: usize = 256;
    /// Bytes of a name: libxml2's `XML_MAX_NAME_LENGTH`.
    pub const NAME: usize = 50_000;
    /// Faults after which reading stops.
    pub const FAULTS: usize = 50;
}

impl<'t> Document<'t> {
    /// Reads a text. A tree comes back as far as there is a root element, faulty or not.
    pub fn parse(text: &'t str) -> (Option<Self>, Vec<Fault>) {
        // The reader drops a byte order mark without counting it, which would shift every place after it.
        let mut builder = Builder::new(text.trim_start_matches('\u{feff}'));
        builder.run();
        let faults = builder.faults;
        let has_root = builder.root_seen;
        (has_root.then_some(builder.document), faults)
    }

    /// Reads bytes that ought to be UTF-8.
    ///
    /// # Errors
    ///
    /// The place of the first byte that is not.
    pub fn text_of(bytes: &'t [u8]) -> Result<&'t str, Faults> {
        std::str::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let text = good.as_ref();
            let at = text.len() as u32;
            let empty = blank(text);
            let message = "Input is not proper UTF-8, indicate encoding !";
            empty.syntax(at, message).with_fix("save the document as UTF-8").into()
        })
    }
}

fn blank(text: &str) -> Document<'_> {
    Document {
        text,
        items: Vec::new(),
        attributes: Vec::new(),
        lines: OnceCell::new(),
        last: Cell::new((0, 1)),
    }
}

impl Document<'_> {
    /// A fault of syntax at a byte, in the form of libvirt: the message, the line, a pointer.
    fn syntax(&self, offset: u32, message: &str) -> Fault {
        let at = (offset as usize).min(self.text.len());
        let position = self.position(offset);
        let start = self.text[..at].rfind('\n').map_or(0, |index| index + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |index| at + index);
        let column = self.text[start..at].chars().count();
        let skipped = column.saturating_sub(CONTEXT);
        let context: String =
            self.text[start..end].chars().skip(skipped).take(CONTEXT).collect::<String>();
        let pointer = "-".repeat(column - skipped);
        let text = format!("at line {}: {message}\n{context}\n{pointer}^\n", position.line);
        Fault::new(Class::Syntax, Place::new(position, ""), text)
    }
}

/// How much of a faulty line is shown: as libvirt does.
const CONTEXT: usize = 80;

struct Builder<'t> {
    document: Document<'t>,
    faults: Vec<Fault>,
    /// Takes what is said of faults beyond the limit.
    unheard: Fault,
    open: Vec<u32>,
    /// How many elements are in each open one.
    counts: Vec<usize>,
    root_seen: bool,
    root_closed: bool,
    extra_told: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let mut document = blank(text);
        document.items.reserve(text.len() / 32);
        document.attributes.reserve(text.len() / 48);
        Self {
            document,
            faults: Vec::new(),
            unheard: Fault::new(Class::Syntax, Place::default(), ""),
            open: Vec::new(),
            counts: Vec::new(),
            root_seen: false,
            root_closed: false,
            extra_told: false,
        }
    }

    fn fault(&mut self, offset: u32, message: &str) -> &mut Fault {
        if self.faults.len() < limits::FAULTS {
            let fault = self.document.syntax(offset, message);
            self.faults.push(fault);
        } else {
            // Nobody reads on: what is said of this one is thrown away.
            return &mut self.unheard;
        }
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }

    fn run(&mut self) {
        let text = self.document.text;
        if text.len() > limits::TEXT {
            self.fault(0, "document is too large").fix =
                Some(format!("keep it below {} bytes", limits::TEXT));
            return;
        }
        if text.trim_start_matches('\u{feff}').is_empty() {
            self.fault(0, "Document is empty");
            return;
        }
        self.characters();
        let mut events = Events::from_str(text);
        let config = events.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        while self.faults.len() < limits::FAULTS {
            let from = events.buffer_position() as u32;
            match events.read_event() {
                Ok(Event::Eof) => return self.finish(),
                Ok(event) => {
                    let to = events.buffer_position() as u32;
                    if !self.event(event, from, to) {
                        return;
                    }
                }
                Err(error) => return self.broken(&error, from),
            }
        }
    }

    /// Refuses characters that XML does not know; they would be read as ordinary text.
    fn characters(&mut self) {
        let text = self.document.text;
        let is_plain = |byte: u8| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r');
        // Nearly always there is nothing to find, and this is fast.
        if text.bytes().all(|byte| is_plain(byte) && byte != 0xef) {
            return;
        }
        for (at, byte) in text.bytes().enumerate() {
            if !is_plain(byte) && self.faults.len() < limits::FAULTS {
                self.fault(at as u32, &format!("PCDATA invalid Char value {byte}"));
            } else if byte == 0xef
                && (text[at..].starts_with('\u{fffe}') || text[at..].starts_with('\u{ffff}'))
                && self.faults.len() < limits::FAULTS
            {
                self.fault(at as u32, "PCDATA invalid Char value 65535");
            }
        }
    }

    /// Takes one event; false if nothing after it can be read.
    fn event(&mut self, event: Event<'t>, from: u32, to: u32) -> bool {
        let text = self.document.text;
        let source = &text[from as usize..to as usize];
        match event {
            Event::Start(_) => return self.start(&source[1..source.len() - 1], from, false),
            Event::Empty(_) => return self.start(&source[1..source.len() - 2], from, true),
            Event::End(_) => self.end(source[2..source.len() - 1].trim_end(), to),
            Event::Text(_) => self.text(source, from),
            Event::GeneralRef(_) => self.reference(source, from, to),
            Event::CData(_) => {
                let inside = &source["<![CDATA[".len()..source.len() - "]]>".len()];
                if self.open.is_empty() {
                    self.outside(from)
                } else {
                    self.push(Body::Section(inside), from);
                }
            }
            Event::Comment(_) => {
                let inside = &source["<!--".len()..source.len() - "-->".len()];
                if let Some(at) = inside.find("--") {
                    let message = format!("Double hyphen within comment: <!--{}", &inside[..at]);
                    self.fault(from + 4 + at as u32, &message);
                }
                self.push(Body::Comment(inside), from);
            }
            Event::PI(_) => {
                self.push(Body::Instruction(&source[2..source.len() - 2]), from);
            }
            Event::Decl(decl) => {
                let encoding = decl.encoding().and_then(Result::ok);
                let name = encoding.as_deref().unwrap_or("utf-8").to_ascii_lowercase();
                let is_utf8 = matches!(name.as_str(), "utf-8" | "utf8");
                let ascii = ["us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15"];
                let is_ascii = ascii.contains(&name.as_str()) && text.is_ascii();
                if !is_utf8 && !is_ascii {
                    let message = format!("Unsupported encoding {name}");
                    self.fault(to.saturating_sub(2), &message).fix =
                        Some("save the document as UTF-8".to_owned());
                }
            }
            Event::DocType(_) => {
                self.fault(from, "document type definitions are not allowed").fix =
                    Some("remove <!DOCTYPE>".to_owned());
            }
            Event::Eof => {}
        }
        true
    }

    fn push(&mut self, body: Body<'t>, offset: u32) -> Option<u32> {
        let index = self.document.items.len() as u32;
        if index as usize >= limits::ITEMS {
            if !self.extra_told {
                self.extra_told = true;
                self.fault(offset, "document has too many elements");
            }
            return None;
        }
        let parent = self.open.last().copied().unwrap_or(NONE);
        let item = Item { body, offset, parent, first: NONE, last: NONE, next: NONE };
        self.document.items.push(item);
        if parent != NONE {
            let last = self.document.items[parent as usize].last;
            match last {
                NONE => self.document.items[parent as usize].first = index,
                last => self.document.items[last as usize].next = index,
            }
            self.document.items[parent as usize].last = index;
        }
        Some(index)
    }

    fn start(&mut self, tag: &'t str, from: u32, empty: bool) -> bool {
        if self.root_closed {
            self.outside(from);
            return false;
        }
        let end = tag.find(|c: char| c.is_ascii_whitespace()).unwrap_or(tag.len());
        let name = &tag[..end];
        if !is_name(name) {
            let good = name.chars().take_while(|c| is_name_character(*c)).map(char::len_utf8);
            let at = from + 1 + good.sum::<usize>() as u32;
            let starts = name.starts_with(is_name_start);
            let message = if starts {
                "error parsing attribute name"
            } else {
                "StartTag: invalid element name"
            };
            self.fault(at, message);
        }
        if self.open.len() >= limits::DEPTH {
            self.fault(from, "Excessive depth in document: 256 use XML_PARSE_HUGE option");
            return false;
        }
        if let Some(count) = self.counts.get_mut(self.open.len().wrapping_sub(1)) {
            *count += 1;
            if *count > limits::CHILDREN {
                self.fault(from, "document has too many elements in one");
                return false;
            }
        }
        if name.len() > limits::NAME {
            self.fault(from, "Name too long");
            return false;
        }
        let first = self.document.attributes.len() as u32;
        self.attributes(&tag[end..], from + 1 + end as u32);
        let attributes = first..self.document.attributes.len() as u32;
        let Some(index) = self.push(Body::Element { name, attributes }, from) else { return false };
        self.root_seen = true;
        if !empty {
            self.counts.truncate(self.open.len());
            self.counts.push(0);
            self.open.push(index);
        } else if self.open.is_empty() {
            self.root_closed = true;
        }
        true
    }

    fn bare_ampersand(&mut self, at: u32) {
        self.fault(at + 1, "xmlParseEntityRef: no name").fix = Some("write &amp;".to_owned());
    }

    /// What a reference stands for; a fault is noted if it is nothing that XML knows.
    fn entity(&mut self, name: &str, at: u32) -> Option<char> {
        let character = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let Some(number) = name.strip_prefix('#') else {
                    let end = at + name.len() as u32 + 2;
                    self.fault(end, &format!("Entity '{name}' not defined"));
                    return None;
                };
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                let good = |c: &char| {
                    matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{fffe}' | '\u{ffff}')
                };
                code.ok().and_then(char::from_u32).filter(good)
            }
        };
        if character.is_none() {
            self.fault(at, &format!("xmlParseCharRef: invalid xmlChar value {name}"));
        }
        character
    }

    fn text(&mut self, source: &'t str, from: u32) {
        if self.open.is_empty() {
            let bare = source.trim_start_matches('\u{feff}');
            let inside = bare.trim_start();
            if !inside.is_empty() {
                self.outside(from + (source.len() - inside.len()) as u32);
            }
            return;
        }
        for (index, _) in source.match_indices('&') {
            self.bare_ampersand(from + index as u32);
        }
        let text = if source.contains('\r') {
            Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(source)
        };
        self.append(text, from);
    }

    fn reference(&mut self, source: &'t str, from: u32, to: u32) {
        if self.open.is_empty() {
            self.outside(from);
            return;
        }
        let _ = to;
        let name = source.trim_start_matches('&').trim_end_matches(';');
        if let Some(character) = self.entity(name, from) {
            self.append(Cow::Owned(character.to_string()), from);
        }
    }

    /// Adds text, to the text before it if there is some.
    fn append(&mut self, text: Cow<'t, str>, offset: u32) {
        let last = self.open.last().map_or(NONE, |open| self.document.items[*open as usize].last);
        if last != NONE
            && let Body::Text(before) = &mut self.document.items[last as usize].body
        {
            before.to_mut().push_str(&text);
            return;
        }
        self.push(Body::Text(text), offset);
    }

    fn outside(&mut self, offset: u32) {
        if self.extra_told {
            return;
        }
        self.extra_told = true;
        let message = if self.root_seen {
            "Extra content at the end of the document"
        } else {
            "Start tag expected, '<' not found"
        };
        self.fault(offset, message);
    }

    fn end(&mut self, name: &'t str, to: u32) {
        let names = |builder: &Self, index: u32| match &builder.document.items[index as usize].body
        {
            Body::Element { name, .. } => *name,
            _ => "",
        };
        let line = |builder: &Self, index: u32| {
            builder.document.position(builder.document.items[index as usize].offset).line
        };
        match self.open.iter().rposition(|index| names(self, *index) == name) {
            Some(depth) => {
                while self.open.len() > depth + 1 {
                    let index = self.open[self.open.len() - 1];
                    let inner = names(self, index);
                    let started = line(self, index);
                    let message = format!(
                        "Opening and ending tag mismatch: {inner} line {started} and {name}"
                    );
                    let place = self.document.position(self.document.items[index as usize].offset);
                    let fault = self.fault(to, &message);
                    fault.fix = Some(format!("close <{inner}> of line {started}"));
                    fault.place = Place::new(place, fault.place.path.clone());
                    self.adopt_rest(index);
                    self.open.pop();
                }
                self.open.pop();
            }
            None => match self.open.last().copied() {
                Some(index) => {
                    let inner = names(self, index);
                    let started = line(self, index);
                    let message = format!(
                        "Opening and ending tag mismatch: {inner} line {started} and {name}"
                    );
                    self.fault(to, &message).fix = Some(format!("there is no <{name}> to end"));
                    // A misspelt end tag: what is written there ends the innermost element.
                    if alike(inner, name) {
                        self.open.pop();
                    }
                }
                None => self.outside(to),
            },
        }
        if self.open.is_empty() && self.root_seen {
            self.root_closed = true;
        }
    }

    /// What follows an element that was never closed belongs beside it, not into it.
    fn adopt_rest(&mut self, index: u32) {
        let item = &self.document.items[index as usize];
        let parent = item.parent;
        // One without attributes is more likely a list whose end was forgotten.
        let is_list =
            matches!(&item.body, Body::Element { attributes, .. } if attributes.is_empty());
        if parent == NONE || is_list {
            return;
        }
        let (first, last) = {
            let item = &mut self.document.items[index as usize];
            let ends = (item.first, item.last);
            item.first = NONE;
            item.last = NONE;
            ends
        };
        if first == NONE {
            return;
        }
        let mut child = first;
        while child != NONE {
            self.document.items[child as usize].parent = parent;
            child = self.document.items[child as usize].next;
        }
        self.document.items[index as usize].next = first;
        self.document.items[parent as usize].last = last;
    }

    fn finish(&mut self) {
        let end = self.document.text.trim_end().len() as u32;
        if !self.root_seen {
            self.outside(0);
        } else if let Some(index) = self.open.last().copied() {
            let item = &self.document.items[index as usize];
            if let Body::Element { name, .. } = item.body {
                let line = self.document.position(item.offset).line;
                self.fault(end, &format!("Premature end of data in tag {name} line {line}"));
            }
        }
    }

    fn broken(&mut self, error: &Error, from: u32) {
        let end = self.document.text.trim_end().len() as u32;
        match error {
            Error::Syntax(SyntaxError::UnclosedComment) => {
                self.fault(from, "Comment not terminated");
            }
            Error::Syntax(SyntaxError::UnclosedCData) => {
                self.fault(from, "CData section not finished");
            }
            Error::Syntax(
                SyntaxError::UnclosedSingleQuotedAttributeValue
                | SyntaxError::UnclosedDoubleQuotedAttributeValue,
            ) => {
                self.fault(from, "AttValue: ' expected").fix =
                    Some("a quote opened in this tag is never closed".to_owned());
            }
            Error::Syntax(SyntaxError::UnclosedTag) => {
                self.fault(end, "Couldn't find end of Start Tag");
            }
            other => {
                self.fault(from, &other.to_string());
            }
        }
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}')
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':');
    if text.bytes().all(plain) {
        return text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    }
    text.starts_with(is_name_start) && text.chars().all(is_name_character)
}

/// Whether one name may be the other misspelt: most of the letters are the same.
fn alike(one: &str, other: &str) -> bool {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    same * 2 >= one.len().max(other.len())
}
