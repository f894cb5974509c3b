//! SNS: its service, its signer and its jobs.

use std::sync::Arc;

use sns::Sns;
use sns::deliver::DeliverMessages;
use sns::expire::ExpireSubscriptions;
use sns::mail::Mail;
use sns::signing::Signer;
use store::job::Job;

use super::Failure;
use super::ground::Ground;
use crate::wiring::{EnginePolicies, MasterSeal};

/// Topics as the rest of the server sees them.
pub(super) struct TopicService {
    pub service: Arc<Sns>,
    /// Whose certificates are served.
    pub signer: Arc<Signer>,
    pub jobs: Vec<Arc<dyn Job>>,
}

pub(super) fn open(ground: &Ground) -> Result<TopicService, Failure> {
    let parts = parts(ground)?;
    let jobs: Vec<Arc<dyn Job>> =
        vec![Arc::new(ExpireSubscriptions::new(parts.clone())), Arc::new(DeliverMessages::new(parts.clone()))];
    Ok(TopicService { signer: parts.signer.clone(), service: Arc::new(Sns::new(parts)), jobs })
}

fn parts(ground: &Ground) -> Result<sns::Parts, Failure> {
    let Ground { settings, store, identity, outgoing, clock, entropy, .. } = ground;
    let mail = settings.smtp.clone().map(|url| Mail::new(url, &settings.smtp_from)).transpose()?;
    let seal = Arc::new(MasterSeal { authenticator: identity.authenticator(), entropy: entropy.clone() });
    let signer = Signer::new(store.catalog().clone(), seal, entropy.clone(), settings.account.clone());
    Ok(sns::Parts {
        catalog: store.catalog().clone(),
        policies: Arc::new(EnginePolicies { clock: clock.clone() }),
        outlets: sns::Outlets {
            http: outgoing.fenced.clone(),
            gateways: outgoing.trusted.clone(),
            upstreams: outgoing.upstreams.clone(),
            mail: mail.map(Arc::new),
            sms_gateway: settings.sms_gateway.clone(),
            push_gateway: settings.push_gateway.clone(),
            public_url: outgoing.public_url.clone(),
        },
        signer: Arc::new(signer),
        signals: Arc::default(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
}
