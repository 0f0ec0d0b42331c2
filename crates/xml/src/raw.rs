//! Subtrees that are kept as they are: metadata and foreign namespaces.
//!
//! libvirt writes them by libxml2's `xmlNodeDump` with formatting, from a tree read without blank
//! texts: double quotes, two spaces a level, and no layout at all inside an element that holds text.

use crate::tree::Piece;
use crate::{Node, Writer};

/// An element kept as it was, with everything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// Its name, with the prefix.
    pub name: String,
    /// Attributes and namespace declarations, in order.
    pub attributes: Vec<(String, String)>,
    /// What is in it.
    pub content: Vec<RawPiece>,
}

/// One thing in a [`Raw`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawPiece {
    /// An element.
    Element(Raw),
    /// Text, decoded.
    Text(String),
    /// A CDATA section.
    Section(String),
    /// A comment.
    Comment(String),
    /// A processing instruction.
    Instruction(String),
}

impl Raw {
    /// Copies an element out of a document. Prefixes declared around it are declared on it.
    pub fn of(node: Node<'_>) -> Self {
        let mut raw = Self::copy(node);
        let mut around = node.parent();
        let mut declarations = Vec::new();
        while let Some(parent) = around {
            for (name, value) in parent.attributes() {
                let Some(prefix) = name.strip_prefix("xmlns:") else { continue };
                let known = |(known, _): &(String, String)| known == name;
                if !raw.attributes.iter().any(known)
                    && !declarations.iter().any(known)
                    && raw.uses(prefix)
                {
                    declarations.push((name.to_owned(), value.to_owned()));
                }
            }
            around = parent.parent();
        }
        declarations.append(&mut raw.attributes);
        raw.attributes = declarations;
        raw
    }

    /// Copies an element out of a document as it stands.
    pub fn copy(node: Node<'_>) -> Self {
        let attribute = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let (declarations, others): (Vec<_>, Vec<_>) =
            node.attributes().map(attribute).partition(|(name, _)| is_declaration(name));
        // libxml2 writes namespace declarations first.
        let attributes = declarations.into_iter().chain(others).collect();
        Self { name: node.name().to_owned(), attributes, content: content(node) }
    }

    /// Whether a prefix is used in it.
    fn uses(&self, prefix: &str) -> bool {
        let has = |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(':'));
        has(&self.name)
            || self.attributes.iter().any(|(name, _)| has(name))
            || self.content.iter().any(|piece| match piece {
                RawPiece::Element(raw) => raw.uses(prefix),
                _ => false,
            })
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The namespace of its name, as far as it is declared on itself.
    pub fn namespace(&self) -> Option<&str> {
        match self.name.split_once(':') {
            Some((prefix, _)) => self.attribute(&format!("xmlns:{prefix}")),
            None => self.attribute("xmlns"),
        }
    }

    /// Its text as libxml2 dumps it, starting at a level of indentation.
    pub fn dump(&self, level: usize) -> String {
        let mut out = String::new();
        self.dump_to(&mut out, level, true);
        out
    }

    /// Writes it as one element of the document.
    pub fn write(&self, out: &mut Writer) {
        let level = out.depth();
        let mut text = "  ".repeat(level);
        self.dump_to(&mut text, level, true);
        text.push('\n');
        out.verbatim(&text);
    }

    fn dump_to(&self, out: &mut String, level: usize, format: bool) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push('=');
            attribute(out, value);
        }
        if self.content.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        let is_text = |piece: &RawPiece| matches!(piece, RawPiece::Text(_) | RawPiece::Section(_));
        let format = format && !self.content.iter().any(is_text);
        for piece in &self.content {
            if format {
                out.push('\n');
                out.push_str(&"  ".repeat(level + 1));
            }
            piece.dump_to(out, level + 1, format);
        }
        if format {
            out.push('\n');
            out.push_str(&"  ".repeat(level));
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

impl RawPiece {
    fn dump_to(&self, out: &mut String, level: usize, format: bool) {
        match self {
            Self::Element(raw) => raw.dump_to(out, level, format),
            Self::Text(value) => text(out, value),
            Self::Section(value) => {
                out.push_str("<![CDATA[");
                out.push_str(value);
                out.push_str("]]>");
            }
            Self::Comment(value) => {
                out.push_str("<!--");
                out.push_str(value);
                out.push_str("-->");
            }
            Self::Instruction(value) => {
                out.push_str("<?");
                out.push_str(value);
                out.push_str("?>");
            }
        }
    }
}

fn is_declaration(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}

/// What is in an element, without the texts that libxml2 takes for layout.
fn content(node: Node<'_>) -> Vec<RawPiece> {
    let mut content = Vec::new();
    // libvirt reads without comments.
    let pieces = node.pieces().filter(|piece| !matches!(piece, Piece::Comment(_)));
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        content.push(match piece {
            Piece::Element(node) => RawPiece::Element(Raw::copy(node)),
            Piece::Section(text) => RawPiece::Section(text.to_owned()),
            Piece::Comment(text) => RawPiece::Comment(text.to_owned()),
            Piece::Instruction(text) => RawPiece::Instruction(text.to_owned()),
            Piece::Text(text) => {
                let alone = content.is_empty() && pieces.peek().is_none();
                let is_text = |piece: Option<&RawPiece>| matches!(piece, Some(RawPiece::Text(_)));
                let beside_text = is_text(content.last()) || is_text(content.first());
                let is_layout = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
                if is_layout && !alone && !beside_text {
                    continue;
                }
                RawPiece::Text(text.to_owned())
            }
        });
    }
    content
}

fn text(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

/// An attribute's value; libxml2 writes what is not ASCII as a reference there.
fn attribute(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if !c.is_ascii() => out.push_str(&format!("&#x{:X};", c as u32)),
            c => text(out, c.encode_utf8(&mut [0; 4])),
        }
    }
    out.push('"');
}

impl Raw {
    /// The element in a namespace that has that prefix. Elements without a namespace get it, as
    /// libvirt gives it to them.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str, namespace: &str) -> Self {
        self.put_prefix(prefix);
        let name = format!("xmlns:{prefix}");
        self.attributes.retain(|(known, _)| *known != name);
        let declared = self.attributes.iter().take_while(|(name, _)| is_declaration(name)).count();
        self.attributes.insert(declared, (name, namespace.to_owned()));
        self
    }

    fn put_prefix(&mut self, prefix: &str) {
        if self.attribute("xmlns").is_some() {
            return;
        }
        if !self.name.contains(':') {
            self.name = format!("{prefix}:{}", self.name);
        }
        for piece in &mut self.content {
            if let RawPiece::Element(raw) = piece {
                raw.put_prefix(prefix);
            }
        }
    }

    /// The element without the prefix of a namespace that is declared on it.
    #[must_use]
    pub fn stripped(&self, namespace: &str) -> Self {
        let mut raw = self.clone();
        let prefix = raw.name.split_once(':').map(|(prefix, _)| format!("{prefix}:"));
        raw.attributes.retain(|(name, value)| !(is_declaration(name) && value == namespace));
        if let Some(prefix) = prefix {
            raw.take_prefix(&prefix);
        }
        raw
    }

    fn take_prefix(&mut self, prefix: &str) {
        let names = self.attributes.iter_mut().map(|(name, _)| name).chain([&mut self.name]);
        for name in names {
            if let Some(rest) = name.strip_prefix(prefix) {
                *name = rest.to_owned();
            }
        }
        for piece in &mut self.content {
            if let RawPiece::Element(raw) = piece {
                raw.take_prefix(prefix);
            }
        }
    }
}
