import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const candidates = [process.env.NODEWARD_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium, or undefined where the machine has none; tests then skip and say so. */
export const chromiumPath = candidates.find((path) => path !== undefined && existsSync(path));

if (chromiumPath === undefined) console.log('SKIPPED (no Chromium): the walks through the portal; set NODEWARD_CHROMIUM to its path');

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export interface OpenPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors and requests that left the server's own address, as they happen. */
  readonly faults: readonly string[];
}

export async function openPage(browser: Browser, origin: string, language: 'ja' | 'en', scheme: 'light' | 'dark' = 'light'): Promise<OpenPage> {
  const context = await browser.newContext({
    locale: language === 'ja' ? 'ja-JP' : 'en-US',
    timezoneId: 'Asia/Tokyo',
    colorScheme: scheme,
    // a picture or a check in the middle of a transition would tell of colours that nobody chose
    reducedMotion: 'reduce',
    viewport: { width: 1440, height: 900 },
  });
  // 30 s, the default, is what the first page of a busy machine may take
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) faults.push(`request: ${request.url()}`);
  });
  return { context, page, faults };
}

/** A folder of pictures that git ignores, numbered in the order of the walk. */
export function pictures(folder: string): (page: Page, name: string) => Promise<void> {
  const directory = join(import.meta.dirname, '.output', folder);
  let step = 0;
  return async (page, name) => {
    await mkdir(directory, { recursive: true });
    step += 1;
    await page.screenshot({ path: join(directory, `${String(step).padStart(2, '0')}-${name}.png`) });
  };
}
