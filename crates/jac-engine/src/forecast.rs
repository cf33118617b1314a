//! Preview of a cluster before it is created: its faults, its provider's response, and its cost per hour.

use crate::clusters::NewCluster;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::view::ForecastView;
use jac_model::ports::{Forecast, PortError};
use jac_model::{ClusterConfig, ClusterId, Fault, Person, Provider, sentence};
use tokio::time::timeout;

impl Engine {
    /// Validates a configuration as [`Engine::create_cluster`] does, and queries the provider. Nothing is created. A provider
    /// that cannot be queried could not launch either: that is a fault like others.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn forecast(&self, owner: &Person, mut new: NewCluster) -> Result<ForecastView, EngineError> {
        let faults = self.faults_of(&new);
        if !faults.is_empty() {
            return Ok(ForecastView { faults, notes: Vec::new(), usd_per_hour: None });
        }
        if let Err(error) = self.resolve_credentials(owner, &mut new.config).await {
            let EngineError::Invalid { faults, .. } = error else { return Err(error) };
            return Ok(ForecastView { faults, notes: Vec::new(), usd_per_hour: None });
        }
        let forecast = match self.ask_forecast(new.provider, &new.config).await {
            Ok(forecast) => forecast,
            Err(EngineError::Port(PortError::Preflight { faults })) => Forecast { faults, ..Forecast::default() },
            Err(error) => {
                Forecast { faults: vec![Fault::whole(Fault::PREFLIGHT, sentence(&error))], ..Forecast::default() }
            }
        };
        let usd_per_hour = forecast.prices.map(|prices| prices.sum(new.config.workers));
        Ok(ForecastView { faults: forecast.faults, notes: forecast.notes, usd_per_hour })
    }

    async fn ask_forecast(&self, provider: Provider, config: &ClusterConfig) -> Result<Forecast, EngineError> {
        let limit = self.settings().ask_limit;
        let asked = timeout(limit, self.cloud(provider)?.forecast(config)).await;
        let late =
            |_| PortError::TooSlow { node: format!("The provider {provider}"), what: "answer".to_owned(), limit };
        Ok(asked.map_err(late)??)
    }

    /// Writes the hourly price of the machines into the row, unless it has one; an unknown price leaves the row as it is.
    pub(crate) async fn know_price(&self, id: &ClusterId) {
        let known = async {
            let cluster = self.store().cluster(id).await?;
            if cluster.usd_per_hour.is_some() || cluster.provider != Provider::Ec2 {
                return Ok(());
            }
            // For the workers that exist, if some failed to launch.
            let workers = cluster.worker_count();
            let config = ClusterConfig { workers, ..cluster.config };
            let Some(prices) = self.ask_forecast(cluster.provider, &config).await?.prices else {
                return Ok(());
            };
            self.change_cluster(id, move |cluster| {
                cluster.usd_per_hour = Some(prices.sum(workers));
                cluster.node_prices = Some(prices);
                Ok(())
            })
            .await?;
            Ok::<(), EngineError>(())
        };
        if let Err(error) = known.await {
            tracing::warn!(cluster = %id, %error, "cluster {id}: its price is not known: {error}");
        }
    }
}
