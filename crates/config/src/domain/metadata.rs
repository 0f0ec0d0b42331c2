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
                let element = self.elements_in(namespace).next();
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

    fn elements_in(&self, namespace: &str) -> impl Iterator<Item = &Raw> {
        let metadata = self.metadata.as_ref();
        let pieces = metadata.into_iter().flat_map(|metadata| &metadata.content);
        pieces.filter_map(move |piece| match piece {
            RawPiece::Element(raw) if is_in(raw, metadata?, namespace) => Some(raw),
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
        let mut metadata = self
            .metadata
            .take()
            .unwrap_or_else(|| Raw { name: "metadata".to_owned(), ..Raw::default() });
        let content = std::mem::take(&mut metadata.content);
        let keeps = |piece: &RawPiece| match piece {
            RawPiece::Element(raw) => !is_in(raw, &metadata, namespace),
            RawPiece::Text(text) => !text.trim().is_empty(),
            _ => true,
        };
        metadata.content = content.into_iter().filter(keeps).collect();
        metadata.content.extend(new.map(RawPiece::Element));
        self.metadata = (!metadata.content.is_empty()).then_some(metadata);
        Ok(())
    }
}

/// Whether the name of an element of the metadata is in a namespace.
fn is_in(raw: &Raw, metadata: &Raw, namespace: &str) -> bool {
    let outer = || match raw.name.split_once(':') {
        Some((prefix, _)) => metadata.attribute(&format!("xmlns:{prefix}")),
        None => metadata.attribute("xmlns"),
    };
    raw.namespace().or_else(outer) == Some(namespace)
}

fn argument(message: &str) -> Faults {
    Fault::new(Class::InvalidArgument, Place::default(), message).into()
}

#[cfg(test)]
mod test {
    use super::*;

    fn domain(metadata: &str) -> Domain {
        let text = format!(
            "<domain type='kvm'><name>a</name><metadata xmlns:o='http://o/'>{metadata}</metadata><memory>1</memory><os><type>hvm</type></os></domain>"
        );
        Domain::parse(&text).expect("a domain")
    }

    #[test]
    fn elements_are_found_by_namespace() {
        let domain = domain("<a:x xmlns:a='http://a/' a:y='1'><a:z/>t</a:x><o:p/>");
        let element = |uri| domain.metadata(MetadataKind::Element, uri);
        assert_eq!(element("http://a/").as_deref(), Ok("<x y=\"1\"><z/>t</x>"));
        assert_eq!(element("http://o/").as_deref(), Ok("<p/>"));
        assert_eq!(element("http://b/"), Err(NoMetadata));
    }

    #[test]
    fn elements_are_replaced_and_removed() {
        let before = domain("<a:x xmlns:a='http://a/'/>");
        let set = |text| {
            let kind = MetadataKind::Element;
            before.with_metadata(kind, text, Some("k"), Some("http://a/")).expect("metadata")
        };
        let after = set(Some("<y z='1'><w/></y>"));
        let expected = "<k:y xmlns:k=\"http://a/\" z=\"1\">";
        assert!(after.stored().contains(expected), "{}", after.stored());
        assert!(after.stored().contains("<k:w/>"));
        assert_eq!(set(None).metadata, None);
    }

    #[test]
    fn titles_are_one_line() {
        let kind = MetadataKind::Title;
        let domain = domain("");
        assert!(domain.with_metadata(kind, Some("a\nb"), None, None).is_err());
        let titled = domain.with_metadata(kind, Some("a"), None, None).expect("a title");
        assert_eq!(titled.metadata(kind, "").as_deref(), Ok("a"));
        let bare = titled.with_metadata(kind, Some(""), None, None).expect("no title");
        assert_eq!(bare.metadata(kind, ""), Err(NoMetadata));
    }
}
