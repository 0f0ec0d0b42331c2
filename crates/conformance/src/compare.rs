//! The fair rules: when two texts that differ mean the same.

pub(crate) mod argv;

use roxmltree::{Document, Node};
use serde_json::Value;

/// First line in which two texts differ.
pub(crate) fn text(made: &str, golden: &str) -> Option<String> {
    if made == golden {
        return None;
    }
    let mut lines = made.lines().zip(golden.lines()).enumerate();
    Some(match lines.find(|(_, (made, golden))| made != golden) {
        Some((index, (made, golden))) => {
            format!("line {}: expected {golden}\n made {made}", index + 1)
        }
        None => format!("expected {} lines, made {}", golden.lines().count(), made.lines().count()),
    })
}

/// First difference of two documents as trees: the order of attributes is free, that of elements
/// counts among siblings of the same name and for children of `devices`.
pub(crate) fn xml(made: &str, golden: &str) -> Option<String> {
    let golden = match Document::parse(golden) {
        Ok(document) => document,
        Err(error) => return Some(format!("the golden is no XML: {error}")),
    };
    match Document::parse(made) {
        Ok(made) => element(made.root_element(), golden.root_element(), ""),
        Err(error) => Some(format!("what was made is no XML: {error}")),
    }
}

fn element(made: Node<'_, '_>, golden: Node<'_, '_>, path: &str) -> Option<String> {
    let name = golden.tag_name().name();
    if made.tag_name() != golden.tag_name() {
        return Some(format!("{path}: expected <{name}>, made <{}>", made.tag_name().name()));
    }
    let path = format!("{path}/{name}");
    for attribute in golden.attributes() {
        let same_name = |other: &roxmltree::Attribute<'_, '_>| {
            other.name() == attribute.name() && other.namespace() == attribute.namespace()
        };
        match made.attributes().find(same_name) {
            None => return Some(format!("{path}/@{} is missing", attribute.name())),
            Some(other) if !same_value(other.value(), attribute.value()) => {
                return Some(format!(
                    "{path}/@{}: expected '{}', made '{}'",
                    attribute.name(),
                    attribute.value(),
                    other.value()
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(extra) = made.attributes().find(|attribute| {
        !golden.attributes().any(|other| {
            other.name() == attribute.name() && other.namespace() == attribute.namespace()
        })
    }) {
        return Some(format!("{path}/@{}='{}' is too much", extra.name(), extra.value()));
    }
    let words = |node: Node<'_, '_>| {
        let text: String =
            node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
        text.trim().to_owned()
    };
    if !same_value(&words(made), &words(golden)) {
        return Some(format!("{path}: expected '{}', made '{}'", words(golden), words(made)));
    }
    children(made, golden, &path)
}

fn children(made: Node<'_, '_>, golden: Node<'_, '_>, path: &str) -> Option<String> {
    let elements = |node: Node<'_, '_>| -> Vec<_> {
        let mut all: Vec<_> = node.children().filter(Node::is_element).map(|n| n.id()).collect();
        if node.tag_name().name() != "devices" {
            let document = node.document();
            all.sort_by_key(|id| {
                document.get_node(*id).map(|node| node.tag_name().name().to_owned())
            });
        }
        all
    };
    let name = |node: Option<Node<'_, '_>>| {
        node.map(|node| node.tag_name().name().to_owned()).unwrap_or_default()
    };
    let made_ids = elements(made);
    let golden_ids = elements(golden);
    for (index, golden_id) in golden_ids.iter().enumerate() {
        let golden_child = golden.document().get_node(*golden_id)?;
        let Some(made_child) = made_ids.get(index).and_then(|id| made.document().get_node(*id))
        else {
            return Some(format!("{path}: <{}> is missing", golden_child.tag_name().name()));
        };
        if made_child.tag_name() != golden_child.tag_name() {
            let later = made_ids[index..]
                .iter()
                .any(|id| name(made.document().get_node(*id)) == golden_child.tag_name().name());
            return Some(if later {
                format!("{path}: <{}> is too much", made_child.tag_name().name())
            } else {
                format!("{path}: <{}> is missing", golden_child.tag_name().name())
            });
        }
        if let Some(difference) = element(made_child, golden_child, path) {
            return Some(difference);
        }
    }
    let extra = made_ids.get(golden_ids.len())?;
    Some(format!("{path}: <{}> is too much", name(made.document().get_node(*extra))))
}

fn same_value(made: &str, golden: &str) -> bool {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    made == golden || number(made).zip(number(golden)).is_some_and(|(made, golden)| made == golden)
}

/// First difference of two JSON values; the order of members is free, that of items counts.
pub(crate) fn json(made: &Value, golden: &Value, path: &str) -> Option<String> {
    match (made, golden) {
        (Value::Object(made), Value::Object(golden)) => {
            for (key, value) in golden {
                match made.get(key) {
                    None => return Some(format!("{path}.{key} is missing")),
                    Some(other) => {
                        if let Some(difference) = json(other, value, &format!("{path}.{key}")) {
                            return Some(difference);
                        }
                    }
                }
            }
            let extra = made.keys().find(|key| !golden.contains_key(*key))?;
            Some(format!("{path}.{extra} is too much"))
        }
        (Value::Array(made), Value::Array(golden)) if made.len() == golden.len() => made
            .iter()
            .zip(golden)
            .enumerate()
            .find_map(|(index, (made, golden))| json(made, golden, &format!("{path}[{index}]"))),
        _ if made == golden => None,
        _ => Some(format!("{path}: expected {golden}, made {made}")),
    }
}
