import { scenario as changedInstance } from './changed-instance.mjs';
import { scenario as changedObject } from './changed-object.mjs';
import { scenario as clockSetBack } from './clock-set-back.mjs';
import { scenario as crowdAtRecovery } from './crowd-at-recovery.mjs';
import { scenario as everyoneAborts } from './everyone-aborts.mjs';
import { scenario as failingLoader } from './failing-loader.mjs';
import { scenario as failingRefresh } from './failing-refresh.mjs';
import { scenario as falsyRejection } from './falsy-rejection.mjs';
import { scenario as firstCallerAborts } from './first-caller-aborts.mjs';
import { scenario as fullRateThreshold } from './full-rate-threshold.mjs';
import { scenario as hungLoader } from './hung-loader.mjs';
import { scenario as invalidationInFlight } from './invalidation-in-flight.mjs';
import { scenario as joinerAborts } from './joiner-aborts.mjs';
import { scenario as largeValue } from './large-value.mjs';
import { scenario as lateFailuresClosed } from './late-failures-closed.mjs';
import { scenario as lateSuccessHalfOpen } from './late-success-half-open.mjs';
import { scenario as loaderSlowerThanLock } from './loader-slower-than-lock.mjs';
import { scenario as lostProbe } from './lost-probe.mjs';
import { scenario as lostProbeUnlimited } from './lost-probe-unlimited.mjs';
import { scenario as probeAbandoned } from './probe-abandoned.mjs';
import { scenario as refusalTellsWhen } from './refusal-tells-when.mjs';
import { scenario as refusedRefresh } from './refused-refresh.mjs';
import { scenario as staleHits } from './stale-hits.mjs';
import { scenario as subclass } from './subclass.mjs';
import { scenario as synchronousThrow } from './synchronous-throw.mjs';
import { scenario as tagInvalidationInFlight } from './tag-invalidation-in-flight.mjs';
import { scenario as uncacheableAnswer } from './uncacheable-answer.mjs';

/** All scenarios, in the order of the tables' rows. */
export const scenarios = Object.freeze([
  failingLoader,
  hungLoader,
  firstCallerAborts,
  joinerAborts,
  everyoneAborts,
  loaderSlowerThanLock,
  invalidationInFlight,
  tagInvalidationInFlight,
  synchronousThrow,
  falsyRejection,
  uncacheableAnswer,
  largeValue,
  staleHits,
  failingRefresh,
  refusedRefresh,
  changedObject,
  changedInstance,
  subclass,
  lateSuccessHalfOpen,
  lateFailuresClosed,
  lostProbe,
  lostProbeUnlimited,
  probeAbandoned,
  clockSetBack,
  crowdAtRecovery,
  fullRateThreshold,
  refusalTellsWhen,
]);
