//! The tree of a document: every element and attribute with the place where it stands.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ops::Range;

use crate::{Place, Position};

/// A document as read: elements in order, all borrowed from the text where it allows.
#[derive(Debug)]
pub struct Document<'t> {
    pub(crate) text: &'t str,
    pub(crate) items: Vec<Item<'t>>,
    pub(crate) attributes: Vec<AttributeItem<'t>>,
    pub(crate) lines: OnceCell<Vec<u32>>,
    /// The byte and column asked for last: the next is mostly not far behind.
    pub(crate) last: Cell<(u32, u32)>,
}

#[derive(Debug)]
pub(crate) struct Item<'t> {
    pub(crate) body: Body<'t>,
    pub(crate) offset: u32,
    pub(crate) parent: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) next: u32,
}

#[derive(Debug)]
pub(crate) enum Body<'t> {
    Element { name: &'t str, attributes: Range<u32> },
    Text(Cow<'t, str>),
    Section(&'t str),
    Comment(&'t str),
    Instruction(&'t str),
}

#[derive(Debug)]
pub(crate) struct AttributeItem<'t> {
    pub(crate) name: &'t str,
    pub(crate) value: Cow<'t, str>,
    pub(crate) offset: u32,
}

/// No item: the end of a list of siblings.
pub(crate) const NONE: u32 = u32::MAX;

impl<'t> Document<'t> {
    /// The root element.
    pub fn root(&self) -> Node<'_> {
        let index = self
            .items
            .iter()
            .position(|item| item.parent == NONE && matches!(item.body, Body::Element { .. }))
            .unwrap_or(0);
        Node { document: self, index: index as u32 }
    }

    /// The line and column of a byte of the text.
    pub fn position(&self, offset: u32) -> Position {
        let lines = self.lines.get_or_init(|| {
            let mut starts = Vec::with_capacity(self.text.len() / 32);
            starts.extend(self.text.match_indices('\n').map(|(at, _)| at as u32 + 1));
            starts
        });
        let line = lines.partition_point(|start| *start <= offset);
        let start = if line == 0 { 0 } else { lines[line - 1] };
        // On the line of the last one, counting goes on from there.
        let (from, counted) = match self.last.get() {
            (byte, column) if (start..=offset).contains(&byte) => (byte, column),
            _ => (start, 1),
        };
        let between = self.text.get(from as usize..offset as usize).unwrap_or("");
        let column = counted + between.chars().count() as u32;
        self.last.set((offset, column));
        Position { line: line as u32 + 1, column }
    }
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'d> Node<'d> {
    fn item(self) -> &'d Item<'d> {
        &self.document.items[self.index as usize]
    }

    /// Its name, with the prefix if it has one.
    pub fn name(self) -> &'d str {
        match &self.item().body {
            Body::Element { name, .. } => name,
            _ => "",
        }
    }

    /// Its line and column.
    pub fn position(self) -> Position {
        self.document.position(self.item().offset)
    }

    /// Its place.
    pub fn place(self) -> Place {
        Place::new(self.position(), self.path())
    }

    /// The place of one of its attributes; its own if it has no such attribute.
    pub fn attribute_place(self, name: &str) -> Place {
        let path = format!("{}/@{name}", self.path());
        match self.attribute_items().iter().find(|item| item.name == name) {
            Some(item) => Place::new(self.document.position(item.offset), path),
            None => Place::new(self.position(), path),
        }
    }

    /// Its path from the root, such as `domain/devices/disk[2]`.
    pub fn path(self) -> String {
        let Some(parent) = self.parent() else { return self.name().to_owned() };
        let mut path = parent.path();
        path.push('/');
        path.push_str(self.name());
        let alike = parent.children().filter(|node| node.name() == self.name());
        let mut place = 0;
        let mut count = 0;
        for node in alike {
            count += 1;
            if node.index == self.index {
                place = count;
            }
        }
        if count > 1 {
            path.push_str(&format!("[{place}]"));
        }
        path
    }

    /// Its path from the root without the numbers of siblings.
    pub fn kind(self) -> String {
        match self.parent() {
            Some(parent) => format!("{}/{}", parent.kind(), self.name()),
            None => self.name().to_owned(),
        }
    }

    /// The element around it.
    pub fn parent(self) -> Option<Self> {
        let index = self.item().parent;
        (index != NONE).then_some(Self { document: self.document, index })
    }

    /// The elements in it, in order.
    pub fn children(self) -> Children<'d> {
        Children { document: self.document, next: self.item().first }
    }

    /// The first element of that name in it.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    /// The first element of each name, one in the other.
    pub fn descendant(self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self, |node, name| node.child(name))
    }

    /// Whether there is nothing in it: no attribute, element or text.
    pub fn is_empty(self) -> bool {
        self.item().first == NONE && self.attribute_items().is_empty()
    }

    fn attribute_items(self) -> &'d [AttributeItem<'d>] {
        match &self.item().body {
            Body::Element { attributes, .. } => {
                &self.document.attributes[attributes.start as usize..attributes.end as usize]
            }
            _ => &[],
        }
    }

    /// Its attributes, in order.
    pub fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.attribute_items().iter().map(|item| (item.name, &*item.value))
    }

    /// The text of an attribute.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        self.attribute_items().iter().find(|item| item.name == name).map(|item| &*item.value)
    }

    /// All text in it and in the elements in it.
    pub fn text(self) -> Cow<'d, str> {
        let first = self.item().first;
        if first == NONE {
            return Cow::Borrowed("");
        }
        let item = &self.document.items[first as usize];
        if item.next == NONE {
            match &item.body {
                Body::Text(text) => return Cow::Borrowed(text),
                Body::Section(text) => return Cow::Borrowed(text),
                _ => {}
            }
        }
        let mut text = String::new();
        self.gather(&mut text);
        Cow::Owned(text)
    }

    fn gather(self, out: &mut String) {
        for piece in self.pieces() {
            match piece {
                Piece::Element(node) => node.gather(out),
                Piece::Text(text) | Piece::Section(text) => out.push_str(text),
                Piece::Comment(_) | Piece::Instruction(_) => {}
            }
        }
    }

    /// Everything in it: elements, text, comments.
    pub fn pieces(self) -> impl Iterator<Item = Piece<'d>> {
        let document = self.document;
        let mut next = self.item().first;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let index = next;
            let item = &document.items[index as usize];
            next = item.next;
            Some(match &item.body {
                Body::Element { .. } => Piece::Element(Node { document, index }),
                Body::Text(text) => Piece::Text(text),
                Body::Section(text) => Piece::Section(text),
                Body::Comment(text) => Piece::Comment(text),
                Body::Instruction(text) => Piece::Instruction(text),
            })
        })
    }

    /// The prefix of its name, empty if there is none.
    pub fn prefix(self) -> &'d str {
        self.name().split_once(':').map_or("", |(prefix, _)| prefix)
    }

    /// Its name without the prefix.
    pub fn local_name(self) -> &'d str {
        self.name().split_once(':').map_or(self.name(), |(_, name)| name)
    }

    /// The namespace of its name: what its prefix was declared as here or around it.
    pub fn namespace(self) -> Option<&'d str> {
        self.namespace_of(self.prefix())
    }

    /// What a prefix was declared as here or around it.
    pub fn namespace_of(self, prefix: &str) -> Option<&'d str> {
        let mut node = Some(self);
        while let Some(here) = node {
            let found = here.attributes().find(|(name, _)| match name.strip_prefix("xmlns") {
                Some("") => prefix.is_empty(),
                Some(rest) => rest.strip_prefix(':') == Some(prefix) && !prefix.is_empty(),
                None => false,
            });
            if let Some((_, value)) = found {
                return (!value.is_empty()).then_some(value);
            }
            node = here.parent();
        }
        None
    }
}

/// One thing in an element.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'d> {
    /// An element.
    Element(Node<'d>),
    /// Text, decoded.
    Text(&'d str),
    /// The text of a CDATA section.
    Section(&'d str),
    /// A comment.
    Comment(&'d str),
    /// A processing instruction, without its marks.
    Instruction(&'d str),
}

/// The elements in an element.
#[derive(Clone, Debug)]
pub struct Children<'d> {
    document: &'d Document<'d>,
    next: u32,
}

impl<'d> Iterator for Children<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        while self.next != NONE {
            let index = self.next;
            let item = &self.document.items[index as usize];
            self.next = item.next;
            if matches!(item.body, Body::Element { .. }) {
                return Some(Node { document: self.document, index });
            }
        }
        None
    }
}
