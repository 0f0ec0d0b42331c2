//! Names of CPU features: libvirt's and QEMU's differ in a few.

/// libvirt's spelling and QEMU's, for x86.
const DIFFERENT: [(&str, &str); 15] = [
    ("cmp_legacy", "cmp-legacy"),
    ("ds_cpl", "ds-cpl"),
    ("fxsr_opt", "fxsr-opt"),
    ("hv-emsr_bitmap", "hv-emsr-bitmap"),
    ("hv-vendor_id", "hv-vendor-id"),
    ("hv-xmm_input", "hv-xmm-input"),
    ("kvm_pv_eoi", "kvm-pv-eoi"),
    ("kvm_pv_unhalt", "kvm-pv-unhalt"),
    ("lahf_lm", "lahf-lm"),
    ("nodeid_msr", "nodeid-msr"),
    ("pclmuldq", "pclmulqdq"),
    ("perfctr_core", "perfctr-core"),
    ("perfctr_nb", "perfctr-nb"),
    ("tsc_adjust", "tsc-adjust"),
    ("vmx-invvpid-single-context-noglobals", "vmx-invept-single-context-noglobals"),
];

/// libvirt's name of a feature that QEMU names.
pub fn libvirt(qemu: &str) -> &str {
    DIFFERENT.iter().find(|(_, name)| *name == qemu).map_or(qemu, |(name, _)| name)
}

/// QEMU's name of a feature that libvirt names.
pub fn qemu(libvirt: &str) -> &str {
    DIFFERENT.iter().find(|(name, _)| *name == libvirt).map_or(libvirt, |(_, name)| name)
}
