//! libvirt's documents as types.
