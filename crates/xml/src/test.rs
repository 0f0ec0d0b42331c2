//! Reading goes on after faults, stays within bounds, and says what libxml2 would say.

use crate::{Document, Fault, Form, Piece, Raw, Writer, limits};

fn faults(text: &str) -> Vec<Fault> {
    Document::parse(text).1
}

/// The first fault of a text: its line, and libxml2's words.
#[track_caller]
fn check(text: &str, line: u32, words: &str) {
    let faults = faults(text);
    let first = faults.first().expect("a fault");
    let said = first.message.lines().next().unwrap_or("");
    assert_eq!(said, format!("at line {line}: {words}"));
}

#[test]
fn faults_have_the_words_of_libxml2() {
    check("<d>\n<n>a</m>\n</d>", 2, "Opening and ending tag mismatch: n line 2 and m");
    check("<d>\n<n>a\n</d>", 3, "Opening and ending tag mismatch: n line 2 and d");
    check("<d>\n<n x=1>a</n></d>", 2, "AttValue: \" or ' expected");
    check("<d>\n<n x>a</n></d>", 2, "Specification mandates value for attribute x");
    check("<d>\n<n x='1' x='2'/></d>", 2, "Attribute x redefined");
    check("<d>a &foo; b</d>", 1, "Entity 'foo' not defined");
    check("<d>\na & b</d>", 2, "xmlParseEntityRef: no name");
    check("<d>\n<n/>\n", 2, "Premature end of data in tag d line 1");
    check("", 1, "Document is empty");
    check("hello", 1, "Start tag expected, '<' not found");
    check("<d/>junk", 1, "Extra content at the end of the document");
    check("<d>\n\u{1}</d>", 2, "PCDATA invalid Char value 1");
    check("<d x='<'/>", 1, "Unescaped '<' not allowed in attributes values");
    check("<d><!-- a -- b --></d>", 1, "Double hyphen within comment: <!-- a ");
    check("<?xml version='1.0' encoding='foo'?><d/>", 1, "Unsupported encoding foo");
    check("<d a='1'b='2'/>", 1, "attributes construct error");
    check("<d><a</d>", 1, "error parsing attribute name");
    check("<d type='x", 1, "AttValue: ' expected");
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    assert!(faults("\u{feff}<d a='1'><n/></d>").is_empty());
    assert!(faults("\u{feff}\u{feff}<d/>").is_empty());
    check("\u{feff}<d>\n<n>a</m>\n</d>", 2, "Opening and ending tag mismatch: n line 2 and m");
    check("\u{feff}", 1, "Document is empty");
}

#[test]
fn all_faults_are_found() {
    let text = "<d>\n<a x=1/>\n<b>&nope;</b>\n<c y='1' y='2'>\n<e/>\n</d>\n";
    let lines: Vec<_> = faults(text).iter().map(|fault| fault.place.line).collect();
    assert_eq!(lines, [2, 3, 4, 4]);
}

#[test]
fn a_tree_comes_back_in_spite_of_faults() {
    let (document, faults) = Document::parse("<d><a k='v'><b/></d>");
    assert_eq!(faults.len(), 1);
    let document = document.expect("a tree");
    let names: Vec<_> = document.root().children().map(|node| node.name()).collect();
    // What follows an element that was not closed stands beside it.
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn bounds_hold() {
    let deep = "<a>".repeat(limits::DEPTH + 1);
    assert!(faults(&deep)[0].message.contains("Excessive depth"));
    let wide = format!("<a {}/>", (0..300).map(|i| format!("a{i}='' ")).collect::<String>());
    assert!(faults(&wide)[0].message.contains("too many attributes"));
    let bomb = "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><d>&b;</d>";
    let told: Vec<_> = faults(bomb).into_iter().map(|fault| fault.message).collect();
    assert!(told[0].contains("document type definitions are not allowed"), "{told:?}");
    assert!(told[1].contains("Entity 'b' not defined"), "{told:?}");
    let many = format!("<a>{}</a>", "<b/>".repeat(limits::CHILDREN + 1));
    assert!(faults(&many)[0].message.contains("too many elements"));
    let noisy = format!("<a>{}</a>", "&x;".repeat(10_000));
    assert!(faults(&noisy).len() <= limits::FAULTS);
    assert!(Document::text_of(b"<a>\xff</a>").is_err());
}

#[test]
fn text_is_decoded_and_positions_are_kept() {
    let (document, faults) = Document::parse(
        "<d>\n  <a k='1 &lt;&#x41;\n2'>x<!-- y -->&amp;<![CDATA[<z>]]></a>\r\n</d>",
    );
    assert_eq!(faults, []);
    let document = document.expect("a tree");
    let a = document.root().child("a").expect("an element");
    assert_eq!(a.attribute("k"), Some("1 <A 2"));
    assert_eq!(a.text(), "x&<z>");
    assert_eq!((a.position().line, a.position().column), (2, 3));
    assert_eq!(a.attribute_place("k").column, 6);
    assert_eq!(a.attribute_place("k").path, "d/a/@k");
    assert_eq!(a.pieces().filter(|piece| matches!(piece, Piece::Comment(_))).count(), 1);
}

#[test]
fn siblings_of_one_name_are_numbered() {
    let (document, _) = Document::parse("<d><a/><b/><a/></d>");
    let document = document.expect("a tree");
    let paths: Vec<_> = document.root().children().map(|node| node.path()).collect();
    assert_eq!(paths, ["d/a[1]", "d/b", "d/a[2]"]);
}

/// The expected text is what libvirt 11.3 printed of the same subtree.
#[test]
fn subtrees_are_kept_as_libxml2_dumps_them() {
    let text = "<d xmlns:o='http://o/'><m><a:x xmlns:a=\"http://a/\" y='1\"2&lt;&#10;é'>\n <a:b>t &amp; é <i>in</i></a:b><a:c/>  <a:d> </a:d><o:e/><!-- gone --></a:x></m></d>";
    let (document, faults) = Document::parse(text);
    assert_eq!(faults, []);
    let document = document.expect("a tree");
    let raw = Raw::of(document.root().child("m").expect("an element"));
    let mut out = Writer::new(Form::INACTIVE);
    out.element("d", |out| raw.write(out));
    let expected = "<d>
  <m xmlns:o=\"http://o/\">
    <a:x xmlns:a=\"http://a/\" y=\"1&quot;2&lt;&#10;&#xE9;\">
      <a:b>t &amp; é <i>in</i></a:b>
      <a:c/>
      <a:d> </a:d>
      <o:e/>
    </a:x>
  </m>
</d>
";
    assert_eq!(out.finish(), expected);
}

#[test]
fn written_text_is_escaped() {
    let mut out = Writer::new(Form::INACTIVE);
    out.element("a", |out| {
        out.attribute("b", "<'\">&\u{1}\n");
        out.text("c", "x < y");
    });
    assert_eq!(out.finish(), "<a b='&lt;&apos;&quot;&gt;&amp;\n'>\n  <c>x &lt; y</c>\n</a>\n");
}
