/** Milliseconds since 1970, and a sleep that a test can make instant. */
export interface Clock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Tokens at the start, and tokens per second afterwards. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Charge {
  readonly bucket: string;
  readonly rate: Rate;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right; in the future while Azure has told us to wait. */
  at: number;
}

/** One budget for all who ask in the name of one identity: whoever finds a bucket empty waits for it to refill. */
export interface ThrottleBudget {
  /** Takes one token of each bucket, waiting until all have one. */
  spend(charges: readonly Charge[], signal: AbortSignal): Promise<void>;
  /** Azure said 429: nobody asks that bucket again before the time is up. */
  block(charges: readonly Charge[], milliseconds: number): void;
}

/** Of `rate`, never all: other tools of the same subscription live from the same bucket. */
const share = 0.9;

export function openThrottleBudget(clock: Clock): ThrottleBudget {
  const buckets = new Map<string, Bucket>();
  const refilled = ({ bucket, rate }: Charge): Bucket => {
    const now = clock.now();
    const known = buckets.get(bucket) ?? { tokens: rate.burst * share, at: now };
    if (now > known.at) {
      known.tokens = Math.min(rate.burst * share, known.tokens + ((now - known.at) / 1000) * rate.perSecond * share);
      known.at = now;
    }
    buckets.set(bucket, known);
    return known;
  };
  return {
    async spend(charges, signal) {
      signal.throwIfAborted();
      // A place in the queue is taken at once (tokens may go below zero), so that all who wait wait for different tokens.
      const wait = Math.max(0, ...charges.map((charge) => reserve(refilled(charge), charge.rate, clock.now())));
      if (wait > 0) await clock.sleep(wait, signal);
    },
    block(charges, milliseconds) {
      for (const charge of charges) {
        const bucket = refilled(charge);
        bucket.tokens = Math.min(bucket.tokens, 0);
        bucket.at = Math.max(bucket.at, clock.now() + milliseconds);
      }
    },
  };
}

/** Milliseconds until the token that was taken is there. */
function reserve(bucket: Bucket, { perSecond }: Rate, now: number): number {
  bucket.tokens -= 1;
  const blocked = Math.max(0, bucket.at - now);
  return bucket.tokens >= 0 ? blocked : blocked + Math.ceil((-bucket.tokens / (perSecond * share)) * 1000);
}

/**
 * Which buckets a request draws from. AKS: "Quotas, SKUs and regions", throttling limits of the resource provider; Azure
 * Resource Manager itself: "Request limits and throttling", per subscription, principal and kind of operation.
 */
export function chargesOf(method: string, url: URL): readonly Charge[] {
  const path = url.pathname.toLowerCase();
  const subscription = /^\/subscriptions\/([^/]+)/.exec(path)?.[1] ?? 'tenant';
  const arm = method === 'GET' || method === 'HEAD' ? { bucket: `${subscription} read`, rate: { burst: 250, perSecond: 25 } } : method === 'DELETE' ? { bucket: `${subscription} delete`, rate: { burst: 200, perSecond: 10 } } : { bucket: `${subscription} write`, rate: { burst: 200, perSecond: 10 } };
  const aks = path.includes('/providers/microsoft.containerservice/') ? [aksCharge(subscription, path)] : [];
  return [arm, ...aks];
}

function aksCharge(subscription: string, path: string): Charge {
  if (/\/operations(results)?\/[^/]+$/.test(path)) return { bucket: `${subscription} aks operations`, rate: { burst: 200, perSecond: 2 } };
  if (/^\/subscriptions\/[^/]+\/providers\/microsoft\.containerservice\/managedclusters$/.test(path)) return { bucket: `${subscription} aks list`, rate: { burst: 500, perSecond: 1 } };
  const cluster = /\/managedclusters\/[^/]+$/.test(path) ? path : undefined;
  if (cluster !== undefined) return { bucket: `${cluster} get`, rate: { burst: 60, perSecond: 1 } };
  return { bucket: `${subscription} aks other`, rate: { burst: 60, perSecond: 1 } };
}
