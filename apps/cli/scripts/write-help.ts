// Writes the help that bin/nodeward.js prints without loading anything; a test compares the two.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { helpPages } from '../src/help-pages.ts';

const folder = new URL('../bin/help/', import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of helpPages()) writeFileSync(new URL(`${name}.txt`, folder), text);
