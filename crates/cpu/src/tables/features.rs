//! Every CPU feature with the bit that announces it.
//!
//! Order is libvirt's map order (`reference/cpu-map.json`), because the order in which features are
//! listed is part of what clients see. `qemu` gives QEMU's spellings where they differ, `linux`
//! those of /proc/cpuinfo; `host_bound` marks what cannot be migrated; `less_is_better` marks bits
//! that admit a weakness.

use super::feature_rows;

feature_rows! {
    // Intel SDM vol. 2A, CPUID leaf 01H; AMD APM vol. 3, appendix E.3.2.
    cpuid(0x0000_0001, 0, Ecx) {
        0  PNI = "pni" qemu "sse3";
        1  PCLMULDQ = "pclmuldq" qemu "pclmulqdq";
        2  DTES64 = "dtes64";
        3  MONITOR = "monitor";
        4  DS_CPL = "ds_cpl" qemu "ds-cpl";
        5  VMX = "vmx";
        6  SMX = "smx";
        7  EST = "est";
        8  TM2 = "tm2";
        9  SSSE3 = "ssse3";
        10 CID = "cid";
        12 FMA = "fma";
        13 CX16 = "cx16";
        14 XTPR = "xtpr";
        15 PDCM = "pdcm";
        17 PCID = "pcid";
        18 DCA = "dca";
        19 SSE4_1 = "sse4.1" qemu "sse4-1" "sse4_1";
        20 SSE4_2 = "sse4.2" qemu "sse4-2" "sse4_2";
        21 X2APIC = "x2apic";
        22 MOVBE = "movbe";
        23 POPCNT = "popcnt";
        24 TSC_DEADLINE = "tsc-deadline";
        25 AES = "aes";
        26 XSAVE = "xsave";
        27 OSXSAVE = "osxsave";
        28 AVX = "avx";
        29 F16C = "f16c";
        30 RDRAND = "rdrand";
        31 HYPERVISOR = "hypervisor";
    }
    cpuid(0x0000_0001, 0, Edx) {
        0  FPU = "fpu";
        1  VME = "vme";
        2  DE = "de";
        3  PSE = "pse";
        4  TSC = "tsc";
        5  MSR = "msr";
        6  PAE = "pae";
        7  MCE = "mce";
        8  CX8 = "cx8";
        9  APIC = "apic";
        11 SEP = "sep";
        12 MTRR = "mtrr";
        13 PGE = "pge";
        14 MCA = "mca";
        15 CMOV = "cmov";
        16 PAT = "pat";
        17 PSE36 = "pse36";
        18 PN = "pn";
        19 CLFLUSH = "clflush";
        21 DS = "ds";
        22 ACPI = "acpi";
        23 MMX = "mmx";
        24 FXSR = "fxsr";
        25 SSE = "sse";
        26 SSE2 = "sse2";
        27 SS = "ss";
        28 HT = "ht";
        29 TM = "tm";
        30 IA64 = "ia64";
        31 PBE = "pbe";
    }
    // Intel SDM vol. 2A, CPUID leaf 06H (thermal and power management).
    cpuid(0x0000_0006, 0, Eax) {
        2  ARAT = "arat";
    }
    // Intel SDM vol. 2A, CPUID leaf 07H (structured extended features).
    cpuid(0x0000_0007, 0, Ebx) {
        0  FSGSBASE = "fsgsbase";
        1  TSC_ADJUST = "tsc_adjust" qemu "tsc-adjust";
        2  SGX = "sgx";
        3  BMI1 = "bmi1";
        4  HLE = "hle";
        5  AVX2 = "avx2";
        6  FDP_EXCPTN_ONLY = "fdp-excptn-only";
        7  SMEP = "smep";
        8  BMI2 = "bmi2";
        9  ERMS = "erms";
        10 INVPCID = "invpcid";
        11 RTM = "rtm";
        12 CMT = "cmt" linux "cqm";
        13 ZERO_FCS_FDS = "zero-fcs-fds";
        14 MPX = "mpx";
        16 AVX512F = "avx512f";
        17 AVX512DQ = "avx512dq";
        18 RDSEED = "rdseed";
        19 ADX = "adx";
        20 SMAP = "smap";
        21 AVX512IFMA = "avx512ifma";
        22 PCOMMIT = "pcommit";
        23 CLFLUSHOPT = "clflushopt";
        24 CLWB = "clwb";
        25 INTEL_PT = "intel-pt";
        26 AVX512PF = "avx512pf";
        27 AVX512ER = "avx512er";
        28 AVX512CD = "avx512cd";
        29 SHA_NI = "sha-ni";
        30 AVX512BW = "avx512bw";
        31 AVX512VL = "avx512vl";
    }
    cpuid(0x0000_0007, 0, Ecx) {
        1  AVX512VBMI = "avx512vbmi";
        2  UMIP = "umip";
        3  PKU = "pku";
        4  OSPKE = "ospke";
        5  WAITPKG = "waitpkg";
        6  AVX512VBMI2 = "avx512vbmi2";
        8  GFNI = "gfni";
        9  VAES = "vaes";
        10 VPCLMULQDQ = "vpclmulqdq";
        11 AVX512VNNI = "avx512vnni";
        12 AVX512BITALG = "avx512bitalg";
        14 AVX512_VPOPCNTDQ = "avx512-vpopcntdq";
        16 LA57 = "la57";
        22 RDPID = "rdpid";
        24 BUS_LOCK_DETECT = "bus-lock-detect";
        25 CLDEMOTE = "cldemote";
        27 MOVDIRI = "movdiri";
        28 MOVDIR64B = "movdir64b";
        30 SGXLC = "sgxlc";
        31 PKS = "pks";
    }
    cpuid(0x0000_0007, 0, Edx) {
        2  AVX512_4VNNIW = "avx512-4vnniw";
        3  AVX512_4FMAPS = "avx512-4fmaps";
        4  FSRM = "fsrm";
        8  AVX512_VP2INTERSECT = "avx512-vp2intersect";
        10 MD_CLEAR = "md-clear" linux "md_clear";
        14 SERIALIZE = "serialize";
        16 TSX_LDTRK = "tsx-ldtrk";
        18 PCONFIG = "pconfig";
        19 ARCH_LBR = "arch-lbr";
        22 AMX_BF16 = "amx-bf16";
        23 AVX512_FP16 = "avx512-fp16";
        24 AMX_TILE = "amx-tile";
        25 AMX_INT8 = "amx-int8";
        26 SPEC_CTRL = "spec-ctrl";
        27 STIBP = "stibp";
        28 FLUSH_L1D = "flush-l1d";
        29 ARCH_CAPABILITIES = "arch-capabilities" linux "arch_capabilities";
        30 CORE_CAPABILITY = "core-capability";
        31 SSBD = "ssbd";
    }
    cpuid(0x0000_0007, 1, Eax) {
        0  SHA512 = "sha512";
        1  SM3 = "sm3";
        2  SM4 = "sm4";
        4  AVX_VNNI = "avx-vnni";
        5  AVX512_BF16 = "avx512-bf16";
        7  CMPCCXADD = "cmpccxadd";
        10 FZRM = "fzrm";
        11 FSRS = "fsrs";
        12 FSRC = "fsrc";
        17 FRED = "fred";
        18 LKGS = "lkgs";
        19 WRMSRNS = "wrmsrns";
        21 AMX_FP16 = "amx-fp16";
        23 AVX_IFMA = "avx-ifma";
        26 LAM = "lam";
    }
    cpuid(0x0000_0007, 1, Edx) {
        4  AVX_VNNI_INT8 = "avx-vnni-int8";
        5  AVX_NE_CONVERT = "avx-ne-convert";
        8  AMX_COMPLEX = "amx-complex";
        10 AVX_VNNI_INT16 = "avx-vnni-int16";
        14 PREFETCHITI = "prefetchiti";
        19 AVX10 = "avx10";
    }
    cpuid(0x0000_0007, 2, Edx) {
        0  INTEL_PSFD = "intel-psfd";
        1  IPRED_CTRL = "ipred-ctrl";
        2  RRSBA_CTRL = "rrsba-ctrl";
        3  DDPD_U = "ddpd-u";
        4  BHI_CTRL = "bhi-ctrl";
        5  MCDT_NO = "mcdt-no";
    }
    // Intel SDM vol. 2A, CPUID leaf 0DH, subleaf 1 (XSAVE).
    cpuid(0x0000_000d, 1, Eax) {
        0  XSAVEOPT = "xsaveopt";
        1  XSAVEC = "xsavec";
        2  XGETBV1 = "xgetbv1";
        3  XSAVES = "xsaves", host_bound;
        4  XFD = "xfd";
    }
    // Intel SDM vol. 2A, CPUID leaf 0FH (resource monitoring).
    cpuid(0x0000_000f, 1, Edx) {
        1  MBM_TOTAL = "mbm_total";
        2  MBM_LOCAL = "mbm_local";
    }
    // Intel SDM vol. 2A, CPUID leaf 12H (SGX).
    cpuid(0x0000_0012, 0, Eax) {
        0  SGX1 = "sgx1";
        1  SGX2 = "sgx2";
        11 SGX_EDECCSSA = "sgx-edeccssa";
    }
    cpuid(0x0000_0012, 0, Ebx) {
        0  SGX_EXINFO = "sgx-exinfo";
    }
    // Intel SDM vol. 2A, CPUID leaf 12H (SGX).
    cpuid(0x0000_0012, 1, Eax) {
        1  SGX_DEBUG = "sgx-debug";
        2  SGX_MODE64 = "sgx-mode64";
        4  SGX_PROVISIONKEY = "sgx-provisionkey";
        5  SGX_TOKENKEY = "sgx-tokenkey";
        7  SGX_KSS = "sgx-kss";
        10 SGX_AEX_NOTIFY = "sgx-aex-notify";
    }
    // Intel SDM vol. 2A, CPUID leaf 14H (processor trace).
    cpuid(0x0000_0014, 0, Ecx) {
        31 INTEL_PT_LIP = "intel-pt-lip";
    }
    // Intel AVX10 architecture specification, CPUID leaf 24H.
    cpuid(0x0000_0024, 0, Ebx) {
        16 AVX10_128 = "avx10-128";
        17 AVX10_256 = "avx10-256";
        18 AVX10_512 = "avx10-512";
    }
    // AMD APM vol. 3, appendix E.4.2.
    cpuid(0x8000_0001, 0, Ecx) {
        0  LAHF_LM = "lahf_lm" qemu "lahf-lm";
        1  CMP_LEGACY = "cmp_legacy" qemu "cmp-legacy";
        2  SVM = "svm";
        3  EXTAPIC = "extapic";
        4  CR8LEGACY = "cr8legacy";
        5  ABM = "abm";
        6  SSE4A = "sse4a";
        7  MISALIGNSSE = "misalignsse";
        8  _3DNOWPREFETCH = "3dnowprefetch";
        9  OSVW = "osvw";
        10 IBS = "ibs";
        11 XOP = "xop";
        12 SKINIT = "skinit";
        13 WDT = "wdt";
        15 LWP = "lwp";
        16 FMA4 = "fma4";
        17 TCE = "tce";
        18 CVT16 = "cvt16";
        19 NODEID_MSR = "nodeid_msr" qemu "nodeid-msr";
        21 TBM = "tbm";
        22 TOPOEXT = "topoext";
        23 PERFCTR_CORE = "perfctr_core" qemu "perfctr-core";
        24 PERFCTR_NB = "perfctr_nb" qemu "perfctr-nb";
    }
    cpuid(0x8000_0001, 0, Edx) {
        11 SYSCALL = "syscall";
        20 NX = "nx" qemu "xd";
        22 MMXEXT = "mmxext";
        25 FXSR_OPT = "fxsr_opt" qemu "ffxsr" "fxsr-opt";
        26 PDPE1GB = "pdpe1gb";
        27 RDTSCP = "rdtscp";
        29 LM = "lm" qemu "i64";
        30 _3DNOWEXT = "3dnowext";
        31 _3DNOW = "3dnow";
    }
    // AMD APM vol. 3, appendix E.4.6.
    cpuid(0x8000_0007, 0, Ebx) {
        0  OVERFLOW_RECOV = "overflow-recov";
        1  SUCCOR = "succor";
    }
    cpuid(0x8000_0007, 0, Edx) {
        8  INVTSC = "invtsc", host_bound;
    }
    // AMD APM vol. 3, appendix E.4.7.
    cpuid(0x8000_0008, 0, Ebx) {
        0  CLZERO = "clzero";
        2  XSAVEERPTR = "xsaveerptr";
        9  WBNOINVD = "wbnoinvd";
        12 IBPB = "ibpb";
        14 IBRS = "ibrs";
        15 AMD_STIBP = "amd-stibp";
        17 STIBP_ALWAYS_ON = "stibp-always-on";
        24 AMD_SSBD = "amd-ssbd";
        25 VIRT_SSBD = "virt-ssbd";
        26 AMD_NO_SSB = "amd-no-ssb";
        28 AMD_PSFD = "amd-psfd";
    }
    // AMD APM vol. 3, appendix E.4.9 (SVM).
    cpuid(0x8000_000a, 0, Edx) {
        0  NPT = "npt";
        1  LBRV = "lbrv";
        2  SVM_LOCK = "svm-lock" qemu "svm_lock";
        3  NRIP_SAVE = "nrip-save" qemu "nrip_save";
        4  TSC_SCALE = "tsc-scale" qemu "tsc_scale";
        5  VMCB_CLEAN = "vmcb-clean" qemu "vmcb_clean";
        6  FLUSHBYASID = "flushbyasid";
        7  DECODEASSISTS = "decodeassists";
        10 PAUSE_FILTER = "pause-filter" qemu "pause_filter";
        12 PFTHRESHOLD = "pfthreshold";
        13 AVIC = "avic";
        15 V_VMSAVE_VMLOAD = "v-vmsave-vmload";
        16 VGIF = "vgif";
        25 VNMI = "vnmi";
        28 SVME_ADDR_CHK = "svme-addr-chk";
    }
    // AMD APM vol. 3, appendix E.4.15.
    cpuid(0x8000_0021, 0, Eax) {
        0  NO_NESTED_DATA_BP = "no-nested-data-bp";
        2  LFENCE_ALWAYS_SERIALIZING = "lfence-always-serializing";
        6  NULL_SEL_CLR_BASE = "null-sel-clr-base";
        8  AUTO_IBRS = "auto-ibrs";
        24 ERAPS = "eraps";
        27 SBPB = "sbpb";
        28 IBPB_BRTYPE = "ibpb-brtype";
        29 SRSO_NO = "srso-no";
        30 SRSO_USER_KERNEL_NO = "srso-user-kernel-no";
    }
    // AMD APM vol. 3, appendix E.4.16.
    cpuid(0x8000_0022, 0, Eax) {
        0  PERFMON_V2 = "perfmon-v2";
    }
    // Intel SDM vol. 4, IA32_CORE_CAPABILITIES.
    msr(0x0000_00cf, Eax) {
        5  SPLIT_LOCK_DETECT = "split-lock-detect";
    }
    // Intel SDM vol. 4, IA32_ARCH_CAPABILITIES.
    msr(0x0000_010a, Eax) {
        0  RDCTL_NO = "rdctl-no";
        1  IBRS_ALL = "ibrs-all";
        2  RSBA = "rsba", less_is_better;
        3  SKIP_L1DFL_VMENTRY = "skip-l1dfl-vmentry";
        4  SSB_NO = "ssb-no";
        5  MDS_NO = "mds-no";
        6  PSCHANGE_MC_NO = "pschange-mc-no";
        7  TSX_CTRL = "tsx-ctrl";
        8  TAA_NO = "taa-no";
        13 SBDR_SSDP_NO = "sbdr-ssdp-no";
        14 FBSDP_NO = "fbsdp-no";
        15 PSDP_NO = "psdp-no";
        17 FB_CLEAR = "fb-clear";
        24 PBRSB_NO = "pbrsb-no";
        26 GDS_NO = "gds-no";
        27 RFDS_NO = "rfds-no";
        28 RFDS_CLEAR = "rfds-clear";
    }
    // Intel SDM vol. 3D, appendix A: the VMX capability MSRs.
    msr(0x0000_0480, Edx) {
        22 VMX_INS_OUTS = "vmx-ins-outs";
        23 VMX_TRUE_CTLS = "vmx-true-ctls";
        24 VMX_ANY_ERRCODE = "vmx-any-errcode";
        26 VMX_NESTED_EXCEPTION = "vmx-nested-exception";
    }
    msr(0x0000_0485, Eax) {
        5  VMX_STORE_LMA = "vmx-store-lma";
        6  VMX_ACTIVITY_HLT = "vmx-activity-hlt";
        7  VMX_ACTIVITY_SHUTDOWN = "vmx-activity-shutdown";
        8  VMX_ACTIVITY_WAIT_SIPI = "vmx-activity-wait-sipi";
        29 VMX_VMWRITE_VMEXIT_FIELDS = "vmx-vmwrite-vmexit-fields";
        30 VMX_ZERO_LEN_INJECT = "vmx-zero-len-inject";
    }
    msr(0x0000_048b, Eax) {
        0  VMX_APICV_XAPIC = "vmx-apicv-xapic";
        1  VMX_EPT = "vmx-ept";
        2  VMX_DESC_EXIT = "vmx-desc-exit";
        3  VMX_RDTSCP_EXIT = "vmx-rdtscp-exit";
        4  VMX_APICV_X2APIC = "vmx-apicv-x2apic";
        5  VMX_VPID = "vmx-vpid";
        6  VMX_WBINVD_EXIT = "vmx-wbinvd-exit";
        7  VMX_UNRESTRICTED_GUEST = "vmx-unrestricted-guest";
        8  VMX_APICV_REGISTER = "vmx-apicv-register";
        9  VMX_APICV_VID = "vmx-apicv-vid";
        10 VMX_PLE = "vmx-ple";
        11 VMX_RDRAND_EXIT = "vmx-rdrand-exit";
        12 VMX_INVPCID_EXIT = "vmx-invpcid-exit";
        13 VMX_VMFUNC = "vmx-vmfunc";
        14 VMX_SHADOW_VMCS = "vmx-shadow-vmcs";
        15 VMX_ENCLS_EXIT = "vmx-encls-exit";
        16 VMX_RDSEED_EXIT = "vmx-rdseed-exit";
        17 VMX_PML = "vmx-pml";
        20 VMX_XSAVES = "vmx-xsaves";
        25 VMX_TSC_SCALING = "vmx-tsc-scaling";
        26 VMX_ENABLE_USER_WAIT_PAUSE = "vmx-enable-user-wait-pause";
    }
    msr(0x0000_048c, Eax) {
        0  VMX_EPT_EXECONLY = "vmx-ept-execonly";
        6  VMX_PAGE_WALK_4 = "vmx-page-walk-4";
        7  VMX_PAGE_WALK_5 = "vmx-page-walk-5";
        8  VMX_EPT_UC = "vmx-ept-uc";
        14 VMX_EPT_WB = "vmx-ept-wb";
        16 VMX_EPT_2MB = "vmx-ept-2mb";
        17 VMX_EPT_1GB = "vmx-ept-1gb";
        20 VMX_INVEPT = "vmx-invept";
        21 VMX_EPTAD = "vmx-eptad";
        22 VMX_EPT_ADVANCED_EXITINFO = "vmx-ept-advanced-exitinfo";
        25 VMX_INVEPT_SINGLE_CONTEXT = "vmx-invept-single-context";
        26 VMX_INVEPT_ALL_CONTEXT = "vmx-invept-all-context";
    }
    msr(0x0000_048c, Edx) {
        0  VMX_INVVPID = "vmx-invvpid";
        8  VMX_INVVPID_SINGLE_ADDR = "vmx-invvpid-single-addr";
        9  VMX_INVVPID_SINGLE_CONTEXT = "vmx-invvpid-single-context";
        10 VMX_INVVPID_ALL_CONTEXT = "vmx-invvpid-all-context";
        11 VMX_INVVPID_SINGLE_CONTEXT_NOGLOBALS = "vmx-invvpid-single-context-noglobals" qemu "vmx-invept-single-context-noglobals";
    }
    msr(0x0000_048d, Eax) {
        0  VMX_INTR_EXIT = "vmx-intr-exit";
        3  VMX_NMI_EXIT = "vmx-nmi-exit";
        5  VMX_VNMI = "vmx-vnmi";
        6  VMX_PREEMPTION_TIMER = "vmx-preemption-timer";
        7  VMX_POSTED_INTR = "vmx-posted-intr";
    }
    msr(0x0000_048e, Eax) {
        2  VMX_VINTR_PENDING = "vmx-vintr-pending";
        3  VMX_TSC_OFFSET = "vmx-tsc-offset";
        7  VMX_HLT_EXIT = "vmx-hlt-exit";
        9  VMX_INVLPG_EXIT = "vmx-invlpg-exit";
        10 VMX_MWAIT_EXIT = "vmx-mwait-exit";
        11 VMX_RDPMC_EXIT = "vmx-rdpmc-exit";
        12 VMX_RDTSC_EXIT = "vmx-rdtsc-exit";
        15 VMX_CR3_LOAD_NOEXIT = "vmx-cr3-load-noexit";
        16 VMX_CR3_STORE_NOEXIT = "vmx-cr3-store-noexit";
        19 VMX_CR8_LOAD_EXIT = "vmx-cr8-load-exit";
        20 VMX_CR8_STORE_EXIT = "vmx-cr8-store-exit";
        21 VMX_FLEXPRIORITY = "vmx-flexpriority";
        22 VMX_VNMI_PENDING = "vmx-vnmi-pending";
        23 VMX_MOVDR_EXIT = "vmx-movdr-exit";
        24 VMX_IO_EXIT = "vmx-io-exit";
        25 VMX_IO_BITMAP = "vmx-io-bitmap";
        27 VMX_MTF = "vmx-mtf";
        28 VMX_MSR_BITMAP = "vmx-msr-bitmap";
        29 VMX_MONITOR_EXIT = "vmx-monitor-exit";
        30 VMX_PAUSE_EXIT = "vmx-pause-exit";
        31 VMX_SECONDARY_CTLS = "vmx-secondary-ctls";
    }
    msr(0x0000_048f, Eax) {
        2  VMX_EXIT_NOSAVE_DEBUGCTL = "vmx-exit-nosave-debugctl";
        12 VMX_EXIT_LOAD_PERF_GLOBAL_CTRL = "vmx-exit-load-perf-global-ctrl";
        15 VMX_EXIT_ACK_INTR = "vmx-exit-ack-intr";
        18 VMX_EXIT_SAVE_PAT = "vmx-exit-save-pat";
        19 VMX_EXIT_LOAD_PAT = "vmx-exit-load-pat";
        20 VMX_EXIT_SAVE_EFER = "vmx-exit-save-efer";
        21 VMX_EXIT_LOAD_EFER = "vmx-exit-load-efer";
        22 VMX_EXIT_SAVE_PREEMPTION_TIMER = "vmx-exit-save-preemption-timer";
        23 VMX_EXIT_CLEAR_BNDCFGS = "vmx-exit-clear-bndcfgs";
        25 VMX_EXIT_CLEAR_RTIT_CTL = "vmx-exit-clear-rtit-ctl";
        29 VMX_EXIT_LOAD_PKRS = "vmx-exit-load-pkrs";
        31 VMX_EXIT_SECONDARY_CTLS = "vmx-exit-secondary-ctls";
    }
    msr(0x0000_0490, Eax) {
        2  VMX_ENTRY_NOLOAD_DEBUGCTL = "vmx-entry-noload-debugctl";
        9  VMX_ENTRY_IA32E_MODE = "vmx-entry-ia32e-mode";
        13 VMX_ENTRY_LOAD_PERF_GLOBAL_CTRL = "vmx-entry-load-perf-global-ctrl";
        14 VMX_ENTRY_LOAD_PAT = "vmx-entry-load-pat";
        15 VMX_ENTRY_LOAD_EFER = "vmx-entry-load-efer";
        16 VMX_ENTRY_LOAD_BNDCFGS = "vmx-entry-load-bndcfgs";
        18 VMX_ENTRY_LOAD_RTIT_CTL = "vmx-entry-load-rtit-ctl";
        22 VMX_ENTRY_LOAD_PKRS = "vmx-entry-load-pkrs";
        23 VMX_ENTRY_LOAD_FRED = "vmx-entry-load-fred";
    }
    msr(0x0000_0491, Eax) {
        0  VMX_EPTP_SWITCHING = "vmx-eptp-switching";
    }
}
