import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { en } from '../apps/portal/src/i18n/en.ts';
import { ja } from '../apps/portal/src/i18n/ja.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What no page of the portal may have: an element whose content is wider than its box outside a scroller,
 * two controls that overlap, a text of the other language or no text at all, and a serious axe finding (unless `axe` is false).
 * Each fault is one line that names the element, and lasts: what stands in a page only while live data arrive is looked at
 * again. Console errors are gathered by `openPage`.
 */
export async function pageFaults(page: Page, language: 'ja' | 'en', { axe }: { readonly axe: boolean } = { axe: true }): Promise<readonly string[]> {
  let faults = await faultsOfNow(page, language, axe);
  for (let look = 1; look < looks && faults.length > 0; look += 1) {
    await delay(betweenLooksMs);
    faults = await faultsOfNow(page, language, axe);
  }
  return faults;
}

const looks = 8;
const betweenLooksMs = 1_000;

async function faultsOfNow(page: Page, language: 'ja' | 'en', axe: boolean): Promise<readonly string[]> {
  return [...(await cutElements(page)), ...(await overlappingControls(page)), ...(await untranslatedTexts(page, language)), ...(axe ? await axeFaults(page) : [])];
}

/** Elements that cut or spill their content. What is only for screen readers, and scrollers themselves, are left out. */
export async function cutElements(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const name = (element: Element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${element.textContent.trim().slice(0, 60)}`;
    const faults: string[] = [];
    for (const element of document.body.querySelectorAll('*')) {
      if (!(element instanceof HTMLElement) || element.clientWidth <= 1) continue;
      const style = getComputedStyle(element);
      if (style.display === 'inline' || style.visibility === 'hidden' || style.clipPath !== 'none') continue;
      if (style.overflowX === 'auto' || style.overflowX === 'scroll') continue;
      if (element instanceof HTMLInputElement || element.closest('[aria-hidden=true]') !== null) continue;
      // Two pixels: Fluent draws focus rings into a margin of that width.
      if (element.scrollWidth > element.clientWidth + 2) faults.push(`wider than its box (${element.scrollWidth} > ${element.clientWidth}): ${name(element)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) faults.push(`the page scrolls sideways (${document.documentElement.scrollWidth} > ${innerWidth})`);
    return faults;
  });
}

/** Pairs of controls that share more than two pixels in both directions. */
export async function overlappingControls(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const selector = 'a[href],button,input,select,textarea,[role=tab],[role=switch],[role=checkbox],[role=combobox],[role=menuitemradio]';
    const name = (element: Element) => (element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 50);
    const layer = (element: Element): string => {
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const { position } = getComputedStyle(at);
        if (position === 'sticky' || position === 'fixed') return position;
      }
      return 'flow';
    };
    const shown = (element: Element): DOMRect[] => {
      let { left, top, right, bottom } = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
      for (let at = element.parentElement; at !== null; at = at.parentElement) {
        if (getComputedStyle(at).overflow === 'visible') continue;
        const box = at.getBoundingClientRect();
        [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top), Math.min(right, box.right), Math.min(bottom, box.bottom)];
      }
      return [...element.getClientRects()]
        .map((box) => new DOMRect(Math.max(box.left, left), Math.max(box.top, top), Math.min(box.right, right) - Math.max(box.left, left), Math.min(box.bottom, bottom) - Math.max(box.top, top)))
        .filter(({ width, height }) => width > 2 && height > 2);
    };
    const controls = [...document.querySelectorAll(selector)]
      .filter((element) => getComputedStyle(element).visibility !== 'hidden' && getComputedStyle(element).clipPath === 'none')
      .map((element) => ({ element, layer: layer(element), boxes: shown(element) }));
    const faults: string[] = [];
    controls.forEach((left, index) => {
      for (const right of controls.slice(index + 1)) {
        if (left.layer !== right.layer || left.element.contains(right.element) || right.element.contains(left.element)) continue;
        const touch = left.boxes.some((a) => right.boxes.some((b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2));
        if (touch) faults.push(`overlap: "${name(left.element)}" and "${name(right.element)}"`);
      }
    });
    return faults;
  });
}

type Leaves = ReadonlyMap<string, string>;

function leavesOf(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

const leaves: Readonly<Record<'ja' | 'en', Leaves>> = { ja: new Map(leavesOf(ja, '')), en: new Map(leavesOf(en, '')) };

/** Texts that belong to the other language, and what a missing message leaves behind. */
export async function untranslatedTexts(page: Page, language: 'ja' | 'en'): Promise<readonly string[]> {
  const own = new Set(leaves[language].values());
  const foreign = new Set([...leaves[language === 'ja' ? 'en' : 'ja'].values()].filter((text) => !own.has(text)));
  const texts = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() !== null) found.push((walker.currentNode.textContent ?? '').trim());
    for (const element of document.body.querySelectorAll('[aria-label],[title],[placeholder]')) {
      for (const attribute of ['aria-label', 'title', 'placeholder']) found.push(element.getAttribute(attribute)?.trim() ?? '');
    }
    return [document.title.replace(/ · Nodeward$/, ''), ...found].filter((text) => text !== '');
  });
  return texts.filter((text) => foreign.has(text) || /^(undefined|null)$|\bNaN\b|\[object Object\]|^[a-z]+(\.[a-zA-Z-]+){2,}$/.test(text)).map((text) => `not translated: "${text.slice(0, 80)}"`);
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly string[];
}

/** axe, serious and critical only. Tabster's focus guards are hidden from people and from screen readers alike. */
export async function axeFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate<readonly AxeViolation[]>(`axe.run({ exclude: [['[data-tabster-dummy]']] }).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact: impact ?? null, nodes: nodes.map(({ html }) => html.slice(0, 160)) })))`);
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, impact, nodes }) => `axe ${impact ?? ''} ${id}: ${nodes.slice(0, 3).join(' | ')}`);
}
