/** How many wrong tokens one address may offer in how long. */
export interface FailureLimit {
  readonly most: number;
  readonly windowMs: number;
}

export interface EntryAttempt {
  /** The token was right: the attempt does not count. */
  succeeded(): void;
}

export interface FailedEntries {
  /** Counts against the address until it has succeeded. A number: refused unseen, for so many seconds still. */
  attempt(address: string): EntryAttempt | number;
}

/** Addresses that are remembered at once; beyond, the one whose time is over first is forgotten. */
const mostAddresses = 10_000;

interface Failures {
  count: number;
  readonly endsAt: number;
}

/** Guessing is limited, coming in is not: whoever has a right token each time may come as often as it likes. */
export function createFailedEntries({ most, windowMs }: FailureLimit, now: () => number): FailedEntries {
  // in the order of their ends, since every window is equally long
  const byAddress = new Map<string, Failures>();
  const forgetOld = (): void => {
    for (const [address, { endsAt }] of byAddress) {
      if (endsAt > now() && byAddress.size < mostAddresses) return;
      byAddress.delete(address);
    }
  };
  return {
    attempt(address) {
      forgetOld();
      const known = byAddress.get(address);
      if (known !== undefined && known.count >= most) return Math.ceil((known.endsAt - now()) / 1000);
      // counted before the token is looked at: attempts at the same moment are no way round
      const failures = known ?? { count: 0, endsAt: now() + windowMs };
      failures.count += 1;
      byAddress.set(address, failures);
      return { succeeded: () => void (failures.count -= 1) };
    },
  };
}
