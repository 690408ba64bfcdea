/** The ecosystems that may speak of one installed version, the decisive one first. */
export interface Channels {
  readonly own: readonly string[];
  /** Speaks where `own` says nothing of a vulnerability. */
  readonly base: string;
  /** Has fixes that this machine does not get without a subscription. */
  readonly subscription: string | undefined;
}

/**
 * Ubuntu Pro builds fixes under versions of their own (`+esm1`, `+Fips1`), which compare only with
 * others of the same channel: `1.12+Fips1` sorts after `1.12`, and may lack what `1.13` fixed.
 */
export function channelsOf(ecosystem: string, source: string, version: string): Channels {
  const release = /^Ubuntu:(\d{2}\.\d{2}(?::LTS)?)$/.exec(ecosystem)?.[1];
  if (release === undefined) return { own: [], base: ecosystem, subscription: undefined };
  const pro = `Ubuntu:Pro:${release}`;
  const own = ownChannels(source, version).map((channel) => (channel === '' ? pro : `Ubuntu:Pro:${channel}:${release}`));
  return { own, base: ecosystem, subscription: own.length === 0 ? pro : undefined };
}

function ownChannels(source: string, version: string): readonly string[] {
  // Most versions: spared three patterns, since this is asked of every source.
  if (!/[+~]/.test(version) && !source.includes('realtime')) return [];
  if (/\+fips/i.test(version)) return ['FIPS-updates', 'FIPS'];
  if (/(^|-)realtime($|-)/.test(source) || /[+~]realtime/i.test(version)) return ['Realtime'];
  return /[+~]esm\d/i.test(version) ? [''] : [];
}
