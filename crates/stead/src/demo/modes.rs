//! One start in each CPU mode: what was asked, what QEMU granted, and the verdict.

use serde_json::{Value, json};
use stead_client::Connection;
use stead_config::domain::cpu::CpuMode;
use stead_protocol::qemu::{DomainMonitorCommand, DomainMonitorCommandArgs};
use stead_protocol::remote::{
    Domain, DomainCreateXml, DomainCreateXmlArgs, DomainDestroy, DomainDestroyArgs,
    DomainGetMessages, DomainGetMessagesArgs,
};

use super::document::{Accelerator, document};
use super::guest::Guest;

/// Leaves the machine paused before its first instruction (libvirt's flag of a start).
const START_PAUSED: u32 = 1;

const MODES: [(CpuMode, &str); 4] = [
    (CpuMode::Custom, "custom qemu64"),
    (CpuMode::HostModel, "host-model"),
    (CpuMode::HostPassthrough, "host-passthrough"),
    (CpuMode::Maximum, "maximum"),
];

/// A line a mode: on KVM where it starts, else on TCG, and then it says why.
pub(super) async fn show(
    connection: &Connection,
    guest: &Guest,
    kvm: &Result<(), String>,
) -> Result<(), String> {
    println!("  {:17} {:4} {:38} verdict", "asked", "on", "granted");
    for (mode, asked) in MODES {
        let mut why = kvm.clone().err();
        let mut outcome = None;
        if kvm.is_ok() {
            match start(connection, guest, Accelerator::Kvm, mode).await {
                Ok(granted) => outcome = Some((Accelerator::Kvm, Ok(granted))),
                Err(reason) => why = Some(reason),
            }
        }
        let (accelerator, granted) = match outcome {
            Some(outcome) => outcome,
            None => (Accelerator::Tcg, start(connection, guest, Accelerator::Tcg, mode).await),
        };
        let (granted, mut verdict) = match granted {
            Ok(Granted { what, verdict }) => (what, verdict),
            Err(reason) => ("nothing".to_owned(), format!("refused: {reason}")),
        };
        if let (Accelerator::Tcg, Some(why)) = (accelerator, why) {
            verdict = format!("{verdict} (not on KVM: {why})");
        }
        println!("  {asked:17} {:4} {granted:38} {verdict}", accelerator.name());
    }
    Ok(())
}

/// What came of a start.
struct Granted {
    what: String,
    verdict: String,
}

async fn start(
    connection: &Connection,
    guest: &Guest,
    accelerator: Accelerator,
    mode: CpuMode,
) -> Result<Granted, String> {
    let xml_desc = document(guest, accelerator, Some(mode));
    let args = DomainCreateXmlArgs { xml_desc, flags: START_PAUSED };
    let domain = match connection.call(DomainCreateXml, &args).await {
        Ok(reply) => reply.domain,
        Err(error) => return Err(error.to_string()),
    };
    let granted = granted(connection, &domain).await;
    let _ = connection.call(DomainDestroy, &DomainDestroyArgs { domain }).await;
    granted
}

/// Reads back from QEMU what the first vCPU has, and from the daemon what it has to say of it.
async fn granted(connection: &Connection, domain: &Domain) -> Result<Granted, String> {
    let cpus = qmp(connection, domain, json!({ "execute": "query-cpus-fast" })).await?;
    let path = cpus[0]["qom-path"].as_str().ok_or("QEMU names no vCPU")?.to_owned();
    let property = async |name: &str| {
        let arguments = json!({ "path": path, "property": name });
        qmp(connection, domain, json!({ "execute": "qom-get", "arguments": arguments })).await
    };
    let class = property("type").await?;
    let model = class.as_str().unwrap_or("?").trim_end_matches("-x86_64-cpu").to_owned();
    let bits = bits(&property("feature-words").await?);
    let missing = names(&property("unavailable-features").await?);
    let said = messages(connection, domain).await;
    let verdict = match (missing.as_slice(), said.as_slice()) {
        ([], []) => "as asked".to_owned(),
        ([], said) => said.join("; "),
        (missing, []) => format!("without {}", missing.join(", ")),
        (missing, said) => format!("without {}; {}", missing.join(", "), said.join("; ")),
    };
    Ok(Granted { what: format!("{model}, {bits} feature bits"), verdict })
}

async fn qmp(connection: &Connection, domain: &Domain, command: Value) -> Result<Value, String> {
    let args =
        DomainMonitorCommandArgs { domain: domain.clone(), cmd: command.to_string(), flags: 0 };
    let reply =
        connection.call(DomainMonitorCommand, &args).await.map_err(|error| error.to_string())?;
    let reply: Value = serde_json::from_str(&reply.result).map_err(|error| error.to_string())?;
    match reply.get("return") {
        Some(value) => Ok(value.clone()),
        None => Err(reply["error"]["desc"].as_str().unwrap_or("no answer").to_owned()),
    }
}

/// How many bits are set in QEMU's list of CPUID words.
fn bits(words: &Value) -> u32 {
    let words = words.as_array().map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(|word| word["features"].as_u64()).map(u64::count_ones).sum()
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// What `virsh dominfo` lists as messages; none where the daemon has none to give.
async fn messages(connection: &Connection, domain: &Domain) -> Vec<String> {
    let args = DomainGetMessagesArgs { domain: domain.clone(), flags: 0 };
    connection.call(DomainGetMessages, &args).await.map(|reply| reply.msgs).unwrap_or_default()
}

#[cfg(test)]
mod test {
    use super::{bits, names};
    use serde_json::json;

    #[test]
    fn bits_are_counted_over_all_words() {
        let words =
            json!([{ "features": 3, "cpuid-register": "EDX" }, { "features": 0x8000_0000u32 }]);
        assert_eq!(bits(&words), 3);
        assert_eq!(bits(&json!("nonsense")), 0);
    }

    #[test]
    fn names_are_those_that_are_texts() {
        assert_eq!(names(&json!(["svm", 1, "pni"])), ["svm", "pni"]);
    }
}
