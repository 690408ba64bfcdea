// What assessing a disk or a published list on the command line needs, and nothing else: loading all of
// `index.ts` takes a third more modules, which that process would read, link and keep in vain.
export { cvssScoreOf } from './advisory/severity-of.ts';
export { openAdvisoryDatabase } from './advisory-db/open-advisory-database.ts';
export { assessReading } from './assessment/assess-reading.ts';
export { readDisk } from './assessment/disk-reader.ts';
export { isIncomplete } from './base/coverage.ts';
export { AdvisoryDatabaseError, InvalidInputError } from './base/errors.ts';
export { isAksManifest, parseAksManifest } from './image-catalog/aks-manifest.ts';
export { parseSourceNames } from './image-catalog/source-names.ts';
export { isLive } from './model/match.ts';
export { ecosystemOf } from './model/operating-system.ts';
export { isAtLeast, severities } from './model/severity.ts';
export { compareByRisk } from './risk/risk.ts';
export { riskScore } from './risk/risk-score.ts';
export { openFileSource } from './source/file-source.ts';
