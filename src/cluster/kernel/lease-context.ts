import type { LeaseEnvironment } from './lease-ports.js';
import type { NameEpochs } from './name-epochs.js';
import type { Outbox } from './outbox.js';
import type { PeerWatch } from './peer-watch.js';
import type { StoreOutage } from './store-outage.js';
import type { TagFences } from './tag-fences.js';

/** What claims, leases, values and invalidations of one process have in common. */
export interface LeaseContext extends LeaseEnvironment {
  readonly epochs: NameEpochs;
  readonly fences: TagFences;
  readonly outbox: Outbox;
  readonly outage: StoreOutage;
  readonly peers: PeerWatch;
}
