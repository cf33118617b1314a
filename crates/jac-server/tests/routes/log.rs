//! What the server logs while a test's thread continues.

use std::sync::{Arc, Mutex, Once};
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens to this thread until the guard is dropped. All tests listen to the same: what one of them leaves out, `tracing` may leave
    /// out for the others that continue at that time.
    pub fn listen() -> (Self, DefaultGuard) {
        // For threads and moments in which nobody listens: then too `tracing` would leave out what is logged meanwhile.
        static ALWAYS: Once = Once::new();
        ALWAYS.call_once(|| {
            let nowhere = tracing_subscriber::fmt().with_env_filter("jac_server=debug").with_writer(std::io::sink);
            tracing::subscriber::set_global_default(nowhere.finish()).expect("it is the only one");
        });
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("jac_server=debug")
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("whole").clone()).expect("text")
    }
}
