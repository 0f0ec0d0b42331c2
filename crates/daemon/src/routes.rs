//! Every procedure that is answered, and by what; the rest answers "unsupported".

mod absent;
mod capabilities;
mod connect;
mod cpu;
mod domain;
mod event;
mod image;
mod node;
pub(crate) mod target;

use crate::router::Router;

/// All routes.
pub(crate) fn routes() -> Router {
    let router = Router::empty();
    let router = connect::routes(router);
    let router = cpu::routes(router);
    let router = capabilities::routes(router);
    let router = domain::routes(router);
    let router = absent::routes(router);
    let router = image::routes(router);
    let router = node::routes(router);
    event::routes(router)
}
