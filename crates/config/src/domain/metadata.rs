//! Title, description and metadata are changed without touching the rest.

use stead_values::names;
use stead_xml::{Class, Document, Fault, Faults, Place, Raw, RawPiece};

use super::Domain;

names! {
    /// Which piece of metadata (virDomainMetadataType, in its order).
    pub enum MetadataKind {
        Description = "description",
        Title = "title",
        Element = "element",
    }
}

/// There is no such piece of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Requested metadata element is not present")]
pub struct NoMetadata;

impl Domain {
    /// A piece of metadata (virDomainGetMetadata). Elements are found by their namespace, and come
    /// back as they would stand alone, ended by no line break.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn metadata(&self, kind: MetadataKind, namespace: &str) -> Result<String, NoMetadata> {
        match kind {
            MetadataKind::Description => self.description.clone().ok_or(NoMetadata),
            MetadataKind::Title => self.title.clone().ok_or(NoMetadata),
            MetadataKind::Element => {
                let element =
                    self.metadata_elements().find(|raw| raw.namespace() == Some(namespace));
                Ok(element.ok_or(NoMetadata)?.stripped(namespace).dump(0))
            }
        }
    }

    /// The domain with a piece of metadata changed, or taken out if there is no new one
    /// (virDomainSetMetadata). An element gets `key` as the prefix of its namespace.
    ///
    /// # Errors
    ///
    /// The new one is not XML, or lacks what it must have.
    pub fn with_metadata(
        &self,
        kind: MetadataKind,
        text: Option<&str>,
        key: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<Self, Faults> {
        let mut domain = self.clone();
        let filled = text.filter(|text| !text.is_empty()).map(str::to_owned);
        match kind {
            MetadataKind::Description => domain.description = filled,
            MetadataKind::Title => {
                if text.is_some_and(|text| text.contains('\n')) {
                    let message = "Domain title can't contain newlines";
                    return Err(argument(message));
                }
                domain.title = filled;
            }
            MetadataKind::Element => {
                let Some(namespace) = namespace else {
                    return Err(argument("URI must be given to set metadata"));
                };
                domain.set_element(text, key, namespace)?;
            }
        }
        Ok(domain)
    }

    fn metadata_elements(&self) -> impl Iterator<Item = &Raw> {
        let pieces = self.metadata.iter().flat_map(|metadata| &metadata.content);
        pieces.filter_map(|piece| match piece {
            RawPiece::Element(raw) => Some(raw),
            _ => None,
        })
    }

    fn set_element(
        &mut self,
        text: Option<&str>,
        key: Option<&str>,
        namespace: &str,
    ) -> Result<(), Faults> {
        let new = match text {
            None => None,
            Some(text) => {
                let (document, faults) = Document::parse(text);
                if !faults.is_empty() {
                    return Err(Faults(faults));
                }
                let Some(document) = document else {
                    return Err(argument("metadata is not an element"));
                };
                let key = key.filter(|key| !key.is_empty());
                let Some(key) = key else {
                    return Err(argument("key must be given to set metadata"));
                };
                Some(Raw::copy(document.root()).prefixed(key, namespace))
            }
        };
        let metadata = self
            .metadata
            .get_or_insert_with(|| Raw { name: "metadata".to_owned(), ..Raw::default() });
        metadata.content.retain(|piece| match piece {
            RawPiece::Element(raw) => raw.namespace() != Some(namespace),
            RawPiece::Text(text) => !text.trim().is_empty(),
            _ => true,
        });
        metadata.content.extend(new.map(RawPiece::Element));
        if metadata.content.is_empty() {
            self.metadata = None;
        }
        Ok(())
    }
}

fn argument(message: &str) -> Faults {
    Fault::new(Class::InvalidArgument, Place::default(), message).into()
}
