import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startContractServer } from '../apps/portal/tests/contract-server.ts';
import { buildPortal, type Look, openScreens, screens, show } from '../apps/portal/tests/screens.ts';
import { openBrowser } from '../tests/browser.ts';

/** `npm run pictures [FOLDER]`: every screen, in both languages, light and dark, 1280 and 1920 pixels wide. */
const looks: readonly Look[] = (['ja', 'en'] as const).flatMap((language) =>
  (['light', 'dark'] as const).flatMap((scheme) => [1280, 1920].map((width) => ({ language, scheme, width }))),
);

async function takePictures(folder: string): Promise<number> {
  const built = await mkdtemp(join(tmpdir(), 'nodeward-portal-'));
  await using server = await startContractServer(await buildPortal(built));
  const browser = await openBrowser();
  try {
    for (const look of looks) {
      const { context, page } = await openScreens(browser, server.origin, look);
      for (const screen of screens) {
        server.play(screen.scenario ?? 'fleet');
        await show(page, server.origin, screen);
        await page.screenshot({ path: join(folder, `${screen.name}-${look.language}-${look.scheme}-${look.width}.png`) });
      }
      await context.close();
      console.log(`${look.language} ${look.scheme} ${look.width}: ${screens.length} pictures`);
    }
  } finally {
    await browser.close();
    await rm(built, { recursive: true, force: true });
  }
  return looks.length * screens.length;
}

const folder = resolve(process.argv[2] ?? 'pictures');
await mkdir(folder, { recursive: true });
console.log(`${await takePictures(folder)} pictures in ${folder}`);
