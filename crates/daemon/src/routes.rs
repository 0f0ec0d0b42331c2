//! Every procedure that is answered, and by what; the rest answers "unsupported".

mod absent;
mod connect;
mod domain;
mod event;

use crate::router::Router;

/// All routes.
pub(crate) fn routes() -> Router {
    let router = Router::empty();
    let router = connect::routes(router);
    let router = domain::routes(router);
    let router = absent::routes(router);
    event::routes(router)
}
