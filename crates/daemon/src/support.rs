//! What of the protocol is answered: the source of the support table in the documentation.

use crate::router::Router;
use crate::routes::routes;

/// A procedure, and whether it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// The program's name: "remote", "qemu", "lxc".
    pub program: &'static str,
    /// Its number in the program.
    pub number: i32,
    /// Its name, as the protocol crate has it ("DomainCreate").
    pub name: &'static str,
    /// The public function that it carries ("virDomainCreate").
    pub api: &'static str,
    /// Whether it has a handler; if not it answers "this function is not supported by the connection driver".
    pub routed: bool,
}

/// Every procedure of the protocol, by program and number.
pub fn support() -> Vec<Support> {
    let router: Router = routes();
    router
        .support()
        .map(|(entry, routed)| Support {
            program: stead_protocol::program(entry.program).map_or("", |program| program.name),
            number: entry.number,
            name: entry.name,
            api: entry.api,
            routed,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::support;

    #[test]
    fn every_procedure_is_listed_once() {
        let table = support();
        let remote = table.iter().filter(|row| row.program == "remote");
        // 453 numbers, 53 of them events.
        assert_eq!(remote.count(), 400);
        assert!(table.iter().any(|row| row.name == "ConnectOpen" && row.routed));
    }
}
