// Follows the one-time address that npm start printed, until the sample fleet is assessed.
import { z } from 'zod';

const patience = 180_000;
const pause = 250;
const list = z.object({ recommendations: z.array(z.object({ cluster: z.string(), pool: z.string(), state: z.string(), openVulnerabilities: z.int().nullable() })) });

const address = process.argv[2] ?? '';
const origin = new URL(address).origin;
const until = performance.now() + patience;

const entered = await fetch(address, { redirect: 'manual' });
const cookie = entered.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ');
const page = await (await fetch(`${origin}/`, { headers: { cookie } })).text();
if (!page.includes('<script')) fail('the page has no script');

for (;;) {
  const response = await fetch(`${origin}/api/recommendations`, { headers: { cookie } });
  if (!response.ok) fail(`the recommendations answered ${response.status}`);
  const { recommendations } = list.parse(await response.json());
  const told = recommendations.filter(({ state }) => state === 'unhealthy' || state === 'healthy');
  if (recommendations.length >= 15 && told.length >= 12) {
    process.stdout.write(`${recommendations.map(({ cluster, pool, state, openVulnerabilities }) => `${cluster}/${pool}: ${state}, ${openVulnerabilities ?? 'unknown'}`).join('; ')}\n`);
    break;
  }
  if (performance.now() > until) fail(`the sample fleet was not assessed within ${patience / 1000} s`);
  await new Promise((done) => setTimeout(done, pause));
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
