/** The ecosystems that may speak of one installed version, the decisive one first. */
export interface Channels {
  readonly own: readonly string[];
  /** Speaks where `own` says nothing of a vulnerability. */
  readonly base: string;
  /** Has fixes that this machine does not get without a subscription. */
  readonly subscription: string | undefined;
  /** Set where the version has no order with those of `base`: the one of `base` that it was built on. */
  readonly builtOn?: string;
}

/**
 * Ubuntu Pro builds fixes under versions of their own (`+esm1`, `+Fips1`, until 20.04 `.fips.7`), which
 * compare only with others of the same channel: `1.12+Fips1` sorts after `1.12`, and may lack what `1.13`
 * fixed; `1ubuntu2.fips.7` sorts after every `1ubuntu2.16`. FIPS kernels have a source and plain versions.
 */
export function channelsOf(ecosystem: string, source: string, version: string): Channels {
  const release = /^Ubuntu:(\d{2}\.\d{2}(?::LTS)?)$/.exec(ecosystem)?.[1];
  if (release === undefined) return { own: [], base: ecosystem, subscription: undefined };
  const pro = `Ubuntu:Pro:${release}`;
  const own = ownChannels(source, version).map((channel) => (channel === '' ? pro : `Ubuntu:Pro:${channel}:${release}`));
  const builtOn = /^(.+)\.fips\.\d/.exec(version)?.[1];
  return { own, base: ecosystem, subscription: own.length === 0 ? pro : undefined, ...(builtOn === undefined ? {} : { builtOn }) };
}

function ownChannels(source: string, version: string): readonly string[] {
  // Most versions: spared four patterns, since this is asked of every source.
  if (!/[+~]|fips/.test(version) && !/realtime|fips/.test(source)) return [];
  if (/[+.]fips/i.test(version) || /(^|-)fips($|-)/.test(source)) return ['FIPS-updates', 'FIPS', 'FIPS-preview'];
  if (/(^|-)realtime($|-)/.test(source) || /[+~]realtime/i.test(version)) return ['Realtime'];
  return /[+~]esm\d/i.test(version) ? [''] : [];
}
