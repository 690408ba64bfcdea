export { newestKernelRelease } from './matcher/newest-kernel.ts';
export { readDisk, type ReadDiskOptions } from './assessment/read-disk.ts';
export { ByteReader } from './base/byte-reader.ts';
export {
  Coverage,
  type CoverageEntry,
  type CoverageReason,
  type CoverageState,
  coverageReasons,
  coverageStates,
  type FactClass,
  factClasses,
  isIncomplete,
} from './base/coverage.ts';
export {
  AdvisoryDatabaseError,
  type AdvisoryDatabaseReason,
  ChecksumMismatchError,
  CorruptStructureError,
  DomainError,
  InvalidInputError,
  LimitExceededError,
  SourceReadError,
  SourceTruncatedError,
  UnsupportedFeatureError,
} from './base/errors.ts';
export { limits } from './base/limits.ts';
export { settleKernel, type SettledKernel } from './cataloger/kernel/settle-kernel.ts';
export type { Advisory, AffectedRange } from './model/advisory.ts';
export type { AdvisoryDatabasePurpose, AdvisoryHead, AdvisoryLookup, RangeRow } from './model/advisory-lookup.ts';
export type { Assessment, NotMatchedReason, Reading } from './model/assessment.ts';
export type { Forecast, ForecastCounts, Verdict } from './model/forecast.ts';
export { createInventory, type Inventory, type Package } from './model/inventory.ts';
export {
  type KernelState,
  type Match,
  type MatchedPackage,
  type MatchReason,
  type MatchRule,
  type MatchState,
  matchStates,
  type NodeMatch,
} from './model/match.ts';
export { type EvidenceGrade, evidenceGrades, type NodeFacts, type RunningKernel } from './model/node-facts.ts';
export { ecosystemOf, type OperatingSystem } from './model/operating-system.ts';
export { isAtLeast, type Severity, type SeveritySource, severities, severityRank } from './model/severity.ts';
export { createBufferSource } from './source/buffer-source.ts';
export type { DiskSource, SourceStatistics } from './source/disk-source.ts';
export { openFileSource } from './source/file-source.ts';
export type { OnReadProgress } from './source/watch-source.ts';
export { buildAdvisoryDatabase, type BuildOptions, type BuildProgress, type BuildReport, type FeedOutcome, type FeedSource } from './advisory-db/build-advisory-database.ts';
export type { BuiltFeed, RefusedRecord } from './advisory-db/build-feed.ts';
export { advisoryDatabaseStatus, type AdvisoryDatabaseStatus, type FeedStatus } from './advisory-db/advisory-database-status.ts';
export { type AdvisoryDatabase, openAdvisoryDatabase, type OpenOptions } from './advisory-db/open-advisory-database.ts';
export { assessDisk } from './assessment/assess-disk.ts';
export { assessManifest } from './assessment/assess-manifest.ts';
export { assessReading, type AssessOptions } from './assessment/assess-reading.ts';
export { type Candidate, type VulnerabilityVerdict, verdictsOf } from './forecast/verdict.ts';
export { forecast, type ForecastOptions } from './forecast/forecast.ts';
export { type ForecastSide, notToldBy } from './forecast/not-told.ts';
export { type AksManifestOptions, isAksManifest, parseAksManifest } from './image-catalog/aks-manifest.ts';
export { parseSourceNames, type SourceNames } from './image-catalog/source-names.ts';
export { type InventoryMatches, matchInventory } from './matcher/match.ts';
export { factsAfterBoot, nodeMatches, type NodeMatches } from './matcher/node-matches.ts';
export { kernelReleaseOf, kernelSourceOf, packageFamilyOf } from './model/package-family.ts';
export { isThirdParty } from './model/third-party-package.ts';
export { compareByRisk, type RiskLevel, riskLevelOf, riskLevels } from './risk/risk.ts';
export { debScheme } from './version/deb/scheme.ts';
export { cvssScoreOf } from './advisory/severity-of.ts';
