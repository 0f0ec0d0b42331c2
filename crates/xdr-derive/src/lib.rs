//! `#[derive(Xdr)]`: RFC 4506 encoding of a struct, field by field in order.
//!
//! On fields: `#[xdr(max = N)]` the longest list (needed on every `Vec`);
//! `#[xdr(opaque)]` packed bytes (`Vec<u8>`); `#[xdr(char)]` four bytes a byte
//! (`u8`, `[u8; N]`, `Vec<u8>`); `#[xdr(short)]` a `u16` in four bytes.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, Fields, Member, Type};

/// Writes the implementation of `stead_xdr::Xdr`; the crate's page says what for.
#[proc_macro_derive(Xdr, attributes(xdr))]
pub fn derive(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    implementation(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn implementation(input: &DeriveInput) -> Result<Tokens, Error> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "Xdr is derived for structs; write an enum by hand"));
    };
    let fields = data
        .fields
        .iter()
        .zip(data.fields.members())
        .map(|(field, member)| Ok((member, Code::of(field)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let name = &input.ident;
    let encode = fields.iter().map(|(member, code)| code.encode(member));
    let fits = fields.iter().map(|(member, code)| code.fits(member));
    let sizes = fields.iter().map(|(_, code)| code.size_min());
    let decode = fields.iter().map(|(member, code)| {
        let read = code.decode();
        quote!(#member: #read?,)
    });
    let layout = match (&data.fields, &fields[..]) {
        // A newtype looks like what it wraps.
        (Fields::Unnamed(_), [(_, code)]) => code.layout(),
        _ => {
            let rows = fields.iter().map(|(member, code)| {
                let layout = code.layout();
                let text = match member {
                    Member::Named(ident) => ident.to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                quote!(::stead_xdr::Field { name: #text, layout: #layout })
            });
            quote!(::stead_xdr::Layout::Struct(&[#(#rows),*]))
        }
    };
    Ok(quote! {
        impl ::stead_xdr::Xdr for #name {
            const SIZE_MIN: usize = 0 #(+ #sizes)*;
            const LAYOUT: ::stead_xdr::Layout = #layout;
            fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
                #(#encode;)*
            }
            fn decode(
                input: &mut ::stead_xdr::Decoder<'_>,
            ) -> ::std::result::Result<Self, ::stead_xdr::DecodeError> {
                ::std::result::Result::Ok(Self { #(#decode)* })
            }
            fn fits(&self) -> ::std::result::Result<(), ::stead_xdr::Excess> {
                #(#fits)*
                ::std::result::Result::Ok(())
            }
        }
    })
}

/// How one field goes over the wire.
enum Code {
    Char,
    CharArray(Expr),
    Chars(Expr),
    List(Box<Type>, Expr),
    Opaque(Expr),
    Plain(Box<Type>),
    Short,
}

impl Code {
    fn of(field: &syn::Field) -> Result<Self, Error> {
        let mut max = None;
        let mut form = None;
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("xdr")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("max") {
                    max = Some(meta.value()?.parse::<Expr>()?);
                } else if let Some(ident) = meta.path.get_ident() {
                    form = Some(ident.to_string());
                }
                Ok(())
            })?;
        }
        let item = list_item(&field.ty);
        let wrong = |message| Err(Error::new(field.span(), message));
        Ok(match (form.as_deref(), item, max) {
            (None, Some(item), Some(max)) => Self::List(Box::new(item.clone()), max),
            (None, Some(_), None) => return wrong("a list needs #[xdr(max = …)]"),
            (None, None, None) => Self::Plain(Box::new(field.ty.clone())),
            (Some("opaque"), Some(_), Some(max)) => Self::Opaque(max),
            (Some("char"), Some(_), Some(max)) => Self::Chars(max),
            (Some("char"), None, None) => match &field.ty {
                Type::Array(array) => Self::CharArray(array.len.clone()),
                _ => Self::Char,
            },
            (Some("short"), None, None) => Self::Short,
            _ => return wrong("these xdr attributes do not go with this type"),
        })
    }

    fn encode(&self, member: &Member) -> Tokens {
        match self {
            Self::Char => quote!(::stead_xdr::derived::put_char(self.#member, out)),
            Self::CharArray(_) => {
                quote!(::stead_xdr::derived::put_char_array(&self.#member, out))
            }
            Self::Chars(_) => quote!(::stead_xdr::derived::put_chars(&self.#member, out)),
            Self::List(..) => quote!(::stead_xdr::derived::put_list(&self.#member, out)),
            Self::Opaque(_) => quote!(::stead_xdr::derived::put_opaque(&self.#member, out)),
            Self::Plain(_) => quote!(::stead_xdr::Xdr::encode(&self.#member, out)),
            Self::Short => quote!(::stead_xdr::derived::put_short(self.#member, out)),
        }
    }

    fn decode(&self) -> Tokens {
        match self {
            Self::Char => quote!(::stead_xdr::derived::char(input)),
            Self::CharArray(_) => quote!(::stead_xdr::derived::char_array(input)),
            Self::Chars(max) => quote!(::stead_xdr::derived::chars(input, #max)),
            Self::List(_, max) => quote!(::stead_xdr::derived::list(input, #max)),
            Self::Opaque(max) => quote!(::stead_xdr::derived::opaque(input, #max)),
            Self::Plain(_) => quote!(::stead_xdr::Xdr::decode(input)),
            Self::Short => quote!(::stead_xdr::derived::short(input)),
        }
    }

    fn fits(&self, member: &Member) -> Tokens {
        match self {
            Self::Char | Self::CharArray(_) | Self::Short => Tokens::new(),
            Self::Chars(max) | Self::Opaque(max) => {
                quote!(::stead_xdr::derived::fits(self.#member.len(), #max)?;)
            }
            Self::List(_, max) => quote! {
                ::stead_xdr::derived::fits(self.#member.len(), #max)?;
                for item in &self.#member {
                    ::stead_xdr::Xdr::fits(item)?;
                }
            },
            Self::Plain(_) => quote!(::stead_xdr::Xdr::fits(&self.#member)?;),
        }
    }

    fn size_min(&self) -> Tokens {
        match self {
            Self::Char | Self::Chars(_) | Self::List(..) | Self::Opaque(_) | Self::Short => {
                quote!(4)
            }
            Self::CharArray(length) => quote!(4 * #length),
            Self::Plain(of) => quote!(<#of as ::stead_xdr::Xdr>::SIZE_MIN),
        }
    }

    fn layout(&self) -> Tokens {
        match self {
            Self::Char => quote!(::stead_xdr::Layout::Char),
            Self::CharArray(length) => quote!(::stead_xdr::Layout::CharArray(#length as u32)),
            Self::Chars(max) => quote!(::stead_xdr::Layout::Chars(#max)),
            Self::List(item, max) => quote!(::stead_xdr::Layout::List {
                max: #max,
                item: &<#item as ::stead_xdr::Xdr>::LAYOUT,
            }),
            Self::Opaque(max) => quote!(::stead_xdr::Layout::Opaque(#max)),
            Self::Plain(of) => quote!(<#of as ::stead_xdr::Xdr>::LAYOUT),
            Self::Short => quote!(::stead_xdr::Layout::Short),
        }
    }
}

/// The `T` of a `Vec<T>`.
fn list_item(of: &Type) -> Option<&Type> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Vec")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(item) => Some(item),
        _ => None,
    }
}
