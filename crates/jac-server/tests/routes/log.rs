//! Captures the server's log on a test's thread.

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
    /// Captures the log of this thread until the guard is dropped. All tests share the subscriber: what one of them filters out, `tracing` may filter
    /// out for others that run at that time.
    pub fn listen() -> (Self, DefaultGuard) {
        // For threads and times without a capture: otherwise `tracing` would disable these messages globally.
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
