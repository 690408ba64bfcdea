// Assesses one disk and says how long that took and how much memory this process had at its peak: nothing else is loaded here.
import { assessDisk, openAdvisoryDatabase, openFileSource } from '@nodeward/engine';

const [, , disk = '', folder = ''] = process.argv;
const before = performance.now();
using advisories = await openAdvisoryDatabase(folder);
const source = await openFileSource(disk);
const assessment = await assessDisk(source, disk, advisories);
const seconds = (performance.now() - before) / 1000;
await source.close();
if (!assessment.complete) throw new Error(JSON.stringify(assessment.coverage));
process.stdout.write(`${seconds} ${process.resourceUsage().maxRSS * 1024} ${assessment.matches.length} ${assessment.bytesRead}\n`);
