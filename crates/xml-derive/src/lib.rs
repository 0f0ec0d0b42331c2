//! `#[derive(Element)]`: reads and writes a struct as an XML element.
//!
//! Each field has a role, given in `#[xml(...)]`; fields stand in libvirt's output order.
//!
//! | role | the field is |
//! |---|---|
//! | `attribute` | an attribute: `T` (must be there), `Option<T>`, or `T` with `default` |
//! | `text` | the text of an element in this one: `<serial>x</serial>`; also `Vec<T>` |
//! | `content` | the text of this element |
//! | `child` | an element in this one: `T`, `Option<T>`, or `T` with `default` |
//! | `children` | all elements of a name in this one: `Vec<T>` |
//! | `flag` | whether an element is there: `<readonly/>` |
//! | `raw` | an element kept as it is: `Option<Raw>` |
//! | `with = path` | read by `path::read(node, reader) -> T`, written by `path::write(&T, out)` among the elements |
//! | `attributes_with = path` | the same among the attributes |
//! | `position` | where the element stands |
//!
//! The name is the field's own or is given: `attribute = "type"`. More words:
//! `default` (missing means `Default`), `omit` (with `default`: not written if it is the default),
//! `always` (a child is written even if nothing is in it), `lines` (and then on two lines), `live` (only of a running machine), `secret` (written only
//! where secrets are), `judged` (values may be refused by the judge), `knows("a", "@b")`
//! (names that a `with` reads), `needs = "attribute"` (a child without it says nothing),
//! `tolerant` (a value that is none is dropped, as libvirt does), `unknown = "words"` (libvirt's words for a value that is none), `declares = path` (called as `path(&T, out)` among the attributes). On the struct: `check = path` is called as `path(&value, node, reader)`
//! after reading; `lenient` keeps unknown names from being judged; `strangers = "words"` refuses
//! elements that libvirt refuses too, in its words.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, GenericArgument, Ident, LitStr, Path,
    PathArguments, Result, Type, parse_macro_input,
};

/// See the crate.
#[proc_macro_derive(Element, attributes(xml))]
pub fn element(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

enum Role {
    Attribute(String),
    Text(String),
    Content,
    Child(String),
    Children(String),
    Flag(String),
    Raw(String),
    With(Path),
    AttributesWith(Path),
    Position,
}

#[derive(Default)]
struct Words {
    default: bool,
    omit: bool,
    always: bool,
    lines: bool,
    live: bool,
    secret: bool,
    judged: bool,
    knows: Vec<String>,
    declares: Option<Path>,
    unknown: Option<String>,
    needs: Option<String>,
    tolerant: bool,
}

struct Part<'a> {
    name: &'a Ident,
    ty: &'a Type,
    role: Role,
    words: Words,
}

#[derive(Default)]
struct Whole {
    check: Option<Path>,
    lenient: bool,
    strangers: Option<String>,
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(input, "Element is derived for structs"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(input, "Element needs named fields"));
    };
    let whole = whole(&input.attrs)?;
    let parts = fields.named.iter().map(part).collect::<Result<Vec<_>>>()?;
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let reads = parts.iter().map(read);
    let values = parts.iter().map(value);
    let attributes = parts.iter().filter_map(write_attribute);
    let contents = parts.iter().filter_map(write_content);
    let leftovers = leftovers(&parts, &whole);
    let check = whole.check.map(|path| quote!(#path(&value, node, reader);));
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::stead_xml::FromElement for #name #arguments #bounds {
            fn read(
                node: ::stead_xml::Node<'_>,
                reader: &mut ::stead_xml::Reader,
            ) -> ::core::option::Option<Self> {
                #(#reads)*
                #leftovers
                let value = Self { #(#values),* };
                #check
                ::core::option::Option::Some(value)
            }
        }

        #[automatically_derived]
        impl #generics ::stead_xml::ToElement for #name #arguments #bounds {
            fn write_attributes(&self, out: &mut ::stead_xml::Writer) {
                let _ = &out;
                #(#attributes)*
            }

            fn write_content(&self, out: &mut ::stead_xml::Writer) {
                let _ = &out;
                #(#contents)*
            }
        }
    })
}

fn whole(attributes: &[Attribute]) -> Result<Whole> {
    let mut whole = Whole::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("xml")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("check") {
                whole.check = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("strangers") {
                whole.strangers = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("lenient") {
                whole.lenient = true;
            } else {
                return Err(meta.error("not a word of #[xml] on a struct"));
            }
            Ok(())
        })?;
    }
    Ok(whole)
}

fn part(field: &Field) -> Result<Part<'_>> {
    let name = field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "unnamed field"))?;
    let own = name.to_string().trim_start_matches("r#").to_owned();
    let mut role = None;
    let mut words = Words::default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("xml")) {
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.require_ident()?.to_string();
            let given = |meta: &syn::meta::ParseNestedMeta<'_>| -> Result<String> {
                if meta.input.peek(syn::Token![=]) {
                    Ok(meta.value()?.parse::<LitStr>()?.value())
                } else {
                    Ok(own.clone())
                }
            };
            match word.as_str() {
                "attribute" => role = Some(Role::Attribute(given(&meta)?)),
                "text" => role = Some(Role::Text(given(&meta)?)),
                "content" => role = Some(Role::Content),
                "child" => role = Some(Role::Child(given(&meta)?)),
                "children" => role = Some(Role::Children(given(&meta)?)),
                "flag" => role = Some(Role::Flag(given(&meta)?)),
                "raw" => role = Some(Role::Raw(given(&meta)?)),
                "with" => role = Some(Role::With(meta.value()?.parse()?)),
                "attributes_with" => role = Some(Role::AttributesWith(meta.value()?.parse()?)),
                "position" => role = Some(Role::Position),
                "default" => words.default = true,
                "omit" => words.omit = true,
                "always" => words.always = true,
                "lines" => words.lines = true,
                "live" => words.live = true,
                "secret" => words.secret = true,
                "judged" => words.judged = true,
                "unknown" => words.unknown = Some(meta.value()?.parse::<LitStr>()?.value()),
                "needs" => words.needs = Some(meta.value()?.parse::<LitStr>()?.value()),
                "tolerant" => words.tolerant = true,
                "declares" => words.declares = Some(meta.value()?.parse()?),
                "knows" => {
                    let inside;
                    syn::parenthesized!(inside in meta.input);
                    let list = inside
                        .parse_terminated(<LitStr as syn::parse::Parse>::parse, syn::Token![,])?;
                    words.knows.extend(list.iter().map(LitStr::value));
                }
                _ => return Err(meta.error("not a word of #[xml] on a field")),
            }
            Ok(())
        })?;
    }
    let role = role.ok_or_else(|| Error::new_spanned(field, "the field needs a role"))?;
    Ok(Part { name, ty: &field.ty, role, words })
}

/// The type in `Option<…>` or `Vec<…>`.
fn inside<'a>(ty: &'a Type, around: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != around {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// A required field that was not read is `None` until all faults are gathered.
fn read(part: &Part<'_>) -> TokenStream {
    let Part { ty, role, words, .. } = part;
    let local = local(part);
    let option = inside(ty, "Option");
    let judged = match role {
        Role::Attribute(xml) if words.judged => quote!(reader.judge_value(node, #xml);),
        _ => TokenStream::new(),
    };
    let some = quote!(::core::option::Option::Some);
    let none = quote!(::core::option::Option::None);
    let missing = |xml: &String| {
        quote! {
            let element = node.local_name();
            reader.error(
                node,
                ::stead_xml::Class::Xml,
                ::std::format!("missing element '{}' in element '{}'", #xml, element),
            );
        }
    };
    let text = |target: &Type, xml: &String| {
        quote!(match node.child(#xml) {
            #some(child) => reader.content::<#target>(child),
            #none => #none,
        })
    };
    let needs = words
        .needs
        .as_ref()
        .map(|attribute| quote!(.filter(|child| child.attribute(#attribute).is_some())));
    let child = |target: &Type, xml: &String| {
        quote!(match node.child(#xml) #needs {
            #some(child) => <#target as ::stead_xml::FromElement>::read(child, reader),
            #none => #none,
        })
    };
    let value = match role {
        Role::Attribute(xml) if words.tolerant => {
            quote!(node.attribute(#xml).and_then(|text| text.parse().ok()))
        }
        Role::Attribute(xml) if words.unknown.is_some() => {
            let text = &words.unknown;
            match option {
                Some(inner) => quote!(reader.known::<#inner>(node, #xml, #text)),
                None => quote!({
                    if node.attribute(#xml).is_none() {
                        reader.missing_attribute(node, #xml);
                    }
                    reader.known::<#ty>(node, #xml, #text)
                }),
            }
        }
        Role::Attribute(xml) => match option {
            #[rustfmt::skip]
            Some(inner) => quote!(reader.attribute::<#inner>(node, #xml)),
            None if words.default => {
                quote!(reader.attribute::<#ty>(node, #xml).unwrap_or_default())
            }
            None => quote!(reader.required::<#ty>(node, #xml)),
        },
        Role::Text(xml) => match (option, inside(ty, "Vec")) {
            (Some(inner), _) => text(inner, xml),
            (_, Some(inner)) => quote!({
                let mut list = ::std::vec::Vec::new();
                for child in node.children().filter(|child| child.name() == #xml) {
                    list.extend(reader.content::<#inner>(child));
                }
                list
            }),
            _ if words.default => {
                let text = text(ty, xml);
                quote!(#text.unwrap_or_default())
            }
            _ => {
                let text = text(ty, xml);
                let missing = missing(xml);
                quote!({
                    if node.child(#xml).is_none() { #missing }
                    #text
                })
            }
        },
        Role::Content => match option {
            Some(inner) => quote!(reader.content::<#inner>(node)),
            None if words.default => quote!(reader.content::<#ty>(node).unwrap_or_default()),
            None => quote!(reader.content::<#ty>(node)),
        },
        Role::Child(xml) => match option {
            Some(inner) => child(inner, xml),
            None if words.default => {
                let child = child(ty, xml);
                quote!(#child.unwrap_or_default())
            }
            None => {
                let child = child(ty, xml);
                let missing = missing(xml);
                quote!({
                    if node.child(#xml).is_none() { #missing }
                    #child
                })
            }
        },
        Role::Children(xml) => match inside(ty, "Vec") {
            Some(inner) => quote!({
                let mut list = ::std::vec::Vec::new();
                for child in node.children().filter(|child| child.name() == #xml) {
                    list.extend(<#inner as ::stead_xml::FromElement>::read(child, reader));
                }
                list
            }),
            None => Error::new_spanned(ty, "children are a Vec").to_compile_error(),
        },
        Role::Flag(xml) => quote!(node.child(#xml).is_some()),
        Role::Raw(xml) => quote!(node.child(#xml).map(::stead_xml::Raw::of)),
        Role::With(path) | Role::AttributesWith(path) => quote!(#path::read(node, reader)),
        Role::Position => quote!(node.position()),
    };
    if words.live {
        quote! {
            #judged
            let #local = if reader.form().is_live() {
                #value
            } else {
                ::core::default::Default::default()
            };
        }
    } else {
        quote!(#judged let #local = #value;)
    }
}

fn value(part: &Part<'_>) -> TokenStream {
    let name = part.name;
    let local = local(part);
    if is_required(part) { quote!(#name: #local?) } else { quote!(#name: #local) }
}

/// The variable that holds a field while it is read: a field may be called `node` or `reader`.
fn local(part: &Part<'_>) -> Ident {
    quote::format_ident!("field_{}", part.name)
}

fn is_required(part: &Part<'_>) -> bool {
    let can =
        matches!(part.role, Role::Attribute(_) | Role::Text(_) | Role::Content | Role::Child(_));
    let optional = inside(part.ty, "Option").is_some()
        || (matches!(part.role, Role::Text(_)) && inside(part.ty, "Vec").is_some());
    can && !optional && !part.words.default
}

fn leftovers(parts: &[Part<'_>], whole: &Whole) -> TokenStream {
    if whole.lenient {
        return TokenStream::new();
    }
    let mut attributes = Vec::new();
    let mut children = Vec::new();
    for part in parts {
        match &part.role {
            Role::Attribute(name) => attributes.push(name.clone()),
            Role::Text(name)
            | Role::Child(name)
            | Role::Children(name)
            | Role::Flag(name)
            | Role::Raw(name) => children.push(name.clone()),
            _ => {}
        }
        for name in &part.words.knows {
            match name.strip_prefix('@') {
                Some(name) => attributes.push(name.to_owned()),
                None => children.push(name.clone()),
            }
        }
    }
    let strangers = whole
        .strangers
        .as_ref()
        .map(|words| quote!(reader.strangers(node, &[#(#children),*], #words);));
    quote! {
        reader.leftovers(node, &[#(#attributes),*], &[#(#children),*]);
        #strangers
    }
}

fn write_attribute(part: &Part<'_>) -> Option<TokenStream> {
    let name = part.name;
    let write = match &part.role {
        Role::Attribute(xml) if inside(part.ty, "Option").is_some() => {
            quote!(out.optional(#xml, self.#name.as_ref());)
        }
        Role::Attribute(xml) => quote!(out.attribute(#xml, &self.#name);),
        Role::AttributesWith(path) => quote!(#path::write(&self.#name, out);),
        _ => {
            let path = part.words.declares.as_ref()?;
            return Some(quote!(#path(&self.#name, out);));
        }
    };
    Some(conditions(part, write))
}

fn write_content(part: &Part<'_>) -> Option<TokenStream> {
    let name = part.name;
    let is_option = inside(part.ty, "Option").is_some();
    let written = if part.words.lines {
        Ident::new("write_lines", Span::call_site())
    } else if part.words.always {
        Ident::new("write", Span::call_site())
    } else {
        Ident::new("write_filled", Span::call_site())
    };
    let write = match &part.role {
        Role::Text(xml) if is_option => quote! {
            if let ::core::option::Option::Some(value) = &self.#name { out.text(#xml, value); }
        },
        Role::Text(xml) if inside(part.ty, "Vec").is_some() => {
            quote!(for value in &self.#name { out.text(#xml, value); })
        }
        Role::Text(xml) => quote!(out.text(#xml, &self.#name);),
        Role::Content if is_option => {
            quote!(if let ::core::option::Option::Some(value) = &self.#name { out.content(value); })
        }
        Role::Content => quote!(out.content(&self.#name);),
        Role::Child(xml) if is_option => quote! {
            if let ::core::option::Option::Some(value) = &self.#name {
                ::stead_xml::ToElement::#written(value, #xml, out);
            }
        },
        Role::Child(xml) => quote!(::stead_xml::ToElement::#written(&self.#name, #xml, out);),
        Role::Children(xml) => quote! {
            for value in &self.#name {
                ::stead_xml::ToElement::write(value, #xml, out);
            }
        },
        Role::Flag(xml) => quote!(if self.#name { out.empty(#xml); }),
        Role::Raw(_) => quote! {
            if let ::core::option::Option::Some(value) = &self.#name { value.write(out); }
        },
        Role::With(path) => quote!(#path::write(&self.#name, out);),
        _ => return None,
    };
    Some(conditions(part, write))
}

fn conditions(part: &Part<'_>, write: TokenStream) -> TokenStream {
    let Part { name, ty, words, .. } = part;
    let mut when = Vec::new();
    if words.live {
        when.push(quote!(out.form().is_live()));
    }
    if words.secret {
        when.push(quote!(out.form().shows_secrets()));
    }
    if words.omit {
        when.push(quote!(self.#name != <#ty as ::core::default::Default>::default()));
    }
    if when.is_empty() { write } else { quote!(if #(#when)&&* { #write }) }
}
