//! A domain document together with its text, kept small: the text is shared, the tree is read when it is asked for.

use std::sync::Arc;

/// A document as it was printed once.
#[derive(Clone, Debug)]
pub struct Document {
    text: Arc<str>,
}

impl Document {
    /// A document of this text.
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into() }
    }

    /// The whole document, passwords included.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}
