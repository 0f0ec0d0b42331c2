//! Routes of machines: thin, since `stead-domain` decides; what is here is the wire's shape of questions and answers.

mod describe;
mod guest;
mod lifecycle;
mod list;
mod measure;
mod memory;
mod metadata;
mod nothing;
mod vcpu;

use crate::router::Router;

pub(crate) fn routes(router: Router) -> Router {
    let router = list::routes(router);
    let router = describe::routes(router);
    let router = lifecycle::routes(router);
    let router = metadata::routes(router);
    let router = memory::routes(router);
    let router = vcpu::routes(router);
    let router = measure::routes(router);
    let router = guest::routes(router);
    nothing::routes(router)
}
