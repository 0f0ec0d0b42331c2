//! `<qemu:commandline>`: arguments and environment that are passed to QEMU as they are.

use stead_xml::{Class, Node, Reader, Writer};

/// The namespace of QEMU's own elements.
pub const QEMU_NAMESPACE: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// What is passed to QEMU as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// Arguments, at the end of the command line.
    pub arguments: Vec<String>,
    /// Environment variables: name and value.
    pub environment: Vec<(String, Option<String>)>,
}

impl CommandLine {
    /// Whether nothing is passed.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty() && self.environment.is_empty()
    }
}

/// Reads it; other elements of the namespace are refused.
pub(super) fn read(domain: Node<'_>, reader: &mut Reader) -> CommandLine {
    let mut line = CommandLine::default();
    let in_namespace =
        |node: &Node<'_>| !node.prefix().is_empty() && node.namespace() == Some(QEMU_NAMESPACE);
    for element in domain.children().filter(in_namespace) {
        if element.local_name() != "commandline" {
            reader.refuse(element);
            continue;
        }
        for child in element.children().filter(in_namespace) {
            match child.local_name() {
                "arg" => match child.attribute("value") {
                    Some(value) => line.arguments.push(value.to_owned()),
                    None => reader.error(
                        child,
                        Class::Internal,
                        "No qemu command-line argument specified",
                    ),
                },
                "env" => read_variable(child, reader, &mut line),
                _ => reader.unread(child, &["qemu:arg", "qemu:env"]),
            }
        }
    }
    line
}

fn read_variable(node: Node<'_>, reader: &mut Reader, line: &mut CommandLine) {
    let name = node.attribute("name").unwrap_or("");
    let message = match name.bytes().next() {
        None if node.attribute("name").is_none() => "No qemu environment name specified".to_owned(),
        None => "Empty qemu environment name specified".to_owned(),
        Some(first) if !first.is_ascii_alphabetic() && first != b'_' => {
            "Invalid environment name, it must begin with a letter or underscore".to_owned()
        }
        Some(_) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            "Invalid environment name, it must contain only alphanumerics and underscore".to_owned()
        }
        Some(_) => {
            let value = node.attribute("value").filter(|value| !value.is_empty());
            line.environment.push((name.to_owned(), value.map(str::to_owned)));
            return;
        }
    };
    reader.error(node, Class::Internal, message);
}

/// Declares the namespace on the root where something is in it.
pub(super) fn declare(line: &CommandLine, out: &mut Writer) {
    if !line.is_empty() {
        out.attribute("xmlns:qemu", QEMU_NAMESPACE);
    }
}

/// Writes it.
pub(super) fn write(line: &CommandLine, out: &mut Writer) {
    if line.is_empty() {
        return;
    }
    out.element("qemu:commandline", |out| {
        for argument in &line.arguments {
            out.element("qemu:arg", |out| out.attribute("value", argument));
        }
        for (name, value) in &line.environment {
            out.element("qemu:env", |out| {
                out.attribute("name", name);
                out.optional("value", value.as_ref());
            });
        }
    });
}
