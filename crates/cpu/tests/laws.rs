//! Laws that hold for any bits: nothing panics, what is described expands to what was there, and a
//! baseline is within every host.

use proptest::collection::vec;
use proptest::prelude::*;
use stead_cpu::{
    Baseline, Bits, Catalog, Choice, Definition, Dump, Fallback, Identity, Kind, Listed, Part,
    Policy, Relation, Removed, Subject, baseline, bits_of, compare, decode, expand, translate,
    update,
};

fn bits() -> impl Strategy<Value = Bits> {
    let count = Catalog::builtin().features().len();
    vec(0..count, 1..200).prop_map(|numbers| {
        numbers.into_iter().fold(Bits::EMPTY, |sum, number| sum.or(&Bits::single(number)))
    })
}

fn identity() -> impl Strategy<Value = Option<Identity>> {
    let known = (0_u32..40, 0_u32..200, 0_u32..16).prop_map(|(family, model, stepping)| Identity {
        family,
        model,
        stepping,
    });
    proptest::option::of(known)
}

fn subject() -> impl Strategy<Value = Subject> {
    let vendor = prop_oneof![
        Just(None),
        Just(Some("GenuineIntel".to_owned())),
        Just(Some("AuthenticAMD".to_owned())),
        Just(Some("SomebodyElse".to_owned())),
    ];
    (bits(), vendor, identity()).prop_map(|(bits, vendor, identity)| Subject {
        bits,
        vendor,
        identity,
    })
}

/// A host that some model of the tables describes.
fn host() -> impl Strategy<Value = Definition> {
    let catalog = Catalog::builtin();
    let models = catalog.models().len();
    let features = catalog.features().len();
    (0..models, vec(0..features, 0..30)).prop_map(move |(model, extra)| {
        let model = &catalog.models()[model];
        let mut host = Definition {
            kind: Kind::Host,
            model: Some(model.name.clone()),
            vendor: model.vendor.map(|id| catalog.vendor_name(id).to_owned()),
            ..Definition::default()
        };
        for number in extra {
            host.set(&catalog.features()[number].name, Policy::Require);
        }
        host
    })
}

proptest! {
    #[test]
    fn a_guest_that_is_described_expands_to_what_was_there(subject in subject()) {
        let catalog = Catalog::builtin();
        let Ok(found) = decode(catalog, &subject, Kind::Guest, Choice::default()) else {
            return Ok(());
        };
        let expanded = bits_of(catalog, &found, Part::Whole).unwrap();
        let haswell = catalog.sum(["hle", "rtm"]);
        prop_assert_eq!(expanded.without(&haswell), subject.bits.without(&haswell));
        prop_assert_eq!(&expand(catalog, &expand(catalog, &found).unwrap()).unwrap(), &expand(catalog, &found).unwrap());
    }

    #[test]
    fn a_host_that_is_described_is_never_less(subject in subject()) {
        let catalog = Catalog::builtin();
        if let Ok(found) = decode(catalog, &subject, Kind::Host, Choice::default()) {
            let expanded = bits_of(catalog, &found, Part::Whole).unwrap();
            prop_assert!(subject.bits.contains(&expanded));
        }
    }

    #[test]
    fn any_dump_is_read(words in vec((any::<u32>(), 0_u32..8, any::<[u32; 4]>()), 0..64)) {
        let mut dump = Dump::default();
        for (leaf, subleaf, registers) in words {
            dump.cpuid.insert((leaf & 0x8000_003f, subleaf), registers);
        }
        let catalog = Catalog::builtin();
        let subject = Subject::of(catalog, &dump);
        for kind in [Kind::Host, Kind::Guest] {
            let _ = decode(catalog, &subject, kind, Choice::default());
        }
        let _ = (dump.vendor(), dump.brand(), dump.physical_address_bits());
        prop_assert_eq!(catalog.bits(&catalog.dump(&subject.bits)), subject.bits);
    }

    #[test]
    fn a_baseline_is_within_every_host_whatever_their_order(hosts in vec(host(), 1..6)) {
        let catalog = Catalog::builtin();
        let Ok(found) = baseline(catalog, &hosts, Baseline::default()) else { return Ok(()) };
        let bits = bits_of(catalog, &found, Part::Whole).unwrap();
        for host in &hosts {
            prop_assert!(bits_of(catalog, host, Part::Whole).unwrap().contains(&bits));
        }
        let mut turned = hosts.clone();
        turned.reverse();
        let turned = baseline(catalog, &turned, Baseline::default()).unwrap();
        prop_assert_eq!(bits_of(catalog, &turned, Part::Whole).unwrap(), bits);
    }

    #[test]
    fn one_host_more_never_makes_a_baseline_larger(hosts in vec(host(), 1..4), more in host()) {
        let catalog = Catalog::builtin();
        let Ok(few) = baseline(catalog, &hosts, Baseline::default()) else { return Ok(()) };
        let all: Vec<_> = hosts.into_iter().chain([more]).collect();
        if let Ok(many) = baseline(catalog, &all, Baseline::default()) {
            let few = bits_of(catalog, &few, Part::Whole).unwrap();
            prop_assert!(few.contains(&bits_of(catalog, &many, Part::Whole).unwrap()));
        }
    }

    #[test]
    fn a_host_is_itself(host in host()) {
        let verdict = compare(Catalog::builtin(), &host, &host).unwrap();
        prop_assert_eq!(verdict.relation, Relation::Identical);
    }

    #[test]
    fn a_translated_guest_keeps_its_features(host in host(), extra in vec(0..300_usize, 0..5)) {
        let catalog = Catalog::builtin();
        let mut guest = Definition { kind: Kind::Guest, features: vec![], ..host };
        for number in extra {
            let name = catalog.features()[number].name.clone();
            guest.features.push(Listed { name, policy: Policy::Require });
        }
        guest.features.dedup();
        let offers = ["qemu64", "kvm64", "486"]
            .map(|name| (name.to_owned(), stead_cpu::Offer::default()));
        let offers = offers.into_iter().collect();
        guest.fallback = Fallback::Allow;
        if let Ok(found) = translate(catalog, &guest, Some(&offers)) {
            let haswell = catalog.sum(["hle", "rtm"]);
            let bits = |cpu| bits_of(catalog, cpu, Part::Whole).unwrap().without(&haswell);
            prop_assert_eq!(bits(&found), bits(&guest));
        }
    }

    #[test]
    fn nothing_optional_is_left_after_an_update(host in host(), numbers in vec(0..300_usize, 0..9)) {
        let catalog = Catalog::builtin();
        let mut guest = Definition { model: Some("qemu64".to_owned()), ..Definition::default() };
        for number in numbers {
            guest.set(&catalog.features()[number].name, Policy::Optional);
        }
        let updated = update(catalog, &guest, &host, Removed::Disable).unwrap();
        prop_assert_eq!(updated.with_policy(Policy::Optional).count(), 0);
    }
}
