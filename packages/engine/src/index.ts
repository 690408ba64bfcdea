export { newestKernelRelease } from './matcher/newest-kernel.ts';
export { readDisk } from './assessment/disk-reader.ts';
export type { ReadDiskOptions } from './assessment/read-disk.ts';
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
export { type Component, componentFamilies, type ComponentFamily, type ComponentFile, componentStates, type ComponentState, type ComponentVersionSource, componentVersionSources, type GoModule } from './model/component.ts';
export { coverageWithNodeObject, withNodeObject } from './model/node-object.ts';
export type { Threat } from './model/threat.ts';
export { createInventory, type Inventory, type Package } from './model/inventory.ts';
export {
  isLive,
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
export type { BuiltFeed, RefusedRecord } from './advisory-db/built-feed.ts';
export { advisoryDatabaseStatus, type AdvisoryDatabaseStatus, type FeedStatus } from './advisory-db/advisory-database-status.ts';
export { advisoryRevision } from './advisory-db/manifest.ts';
export { type AdvisoryDatabase, openAdvisoryDatabase, type OpenOptions } from './advisory-db/open-advisory-database.ts';
export { assessDisk } from './assessment/assess-disk.ts';
export { assessManifest } from './assessment/assess-manifest.ts';
export { assessReading, type AssessOptions, joinCoverage } from './assessment/assess-reading.ts';
export { withRunningKernel } from './assessment/with-running-kernel.ts';
export { type Candidate, type Confidence, type VulnerabilityVerdict, verdictsOf } from './forecast/verdict.ts';
export { forecast, type ForecastOptions } from './forecast/forecast.ts';
export { type HistoricImage, imageHistories, type ImageHistories, type ImageHistory } from './forecast/image-history.ts';
export { type ForecastSide, notToldBy } from './forecast/not-told.ts';
export { type AksManifestOptions, isAksManifest, parseAksManifest } from './image-catalog/aks-manifest.ts';
export { nodeImageDirectory, type NodeImageDirectory, type NodeImageLabel, nodeImageSkus, parseNodeImageLabel, type SecurityPatchSystem } from './image-catalog/node-image-label.ts';
export { resolveSources } from './image-catalog/resolve-sources.ts';
export { joinSourceNames, type NamedSource, parseSourceNames, sourceNamesKeyOf, sourceNamesOf, type SourceNames } from './image-catalog/source-names.ts';
export { type InventoryMatches, matchInventory } from './matcher/match.ts';
export { explain } from './matcher/explain.ts';
export { type ExplanationEntry, type ExplanationReason, explanationReasons } from './matcher/explanation.ts';
export { factsAfterBoot, nodeMatches, type NodeMatches } from './matcher/node-matches.ts';
export { type ReportedKernel, withReportedKernel } from './matcher/reported-kernel.ts';
export { kernelReleaseOf, kernelSourceOf, packageFamilyOf } from './model/package-family.ts';
export { isThirdParty } from './model/third-party-package.ts';
export { compareByRisk, type Ranked, type RiskLevel, riskLevelOf, riskLevels } from './risk/risk.ts';
export { type RiskPart, riskScore, type RiskScore, type RiskSignals } from './risk/risk-score.ts';
export { planRefusalCodes, type PlanRefusal, planUpgrade, type UpgradePlan, type UpgradePlanRequest, type UpgradeStep } from './upgrade-plan/plan-upgrade.ts';
export type { CommandTool, PrintedCommand } from './upgrade-plan/printed-command.ts';
export { type CommandManager, printedCommands } from './upgrade-plan/printed-commands.ts';
export { componentBaseVersion } from './version/component-base-version.ts';
export { debScheme } from './version/deb/scheme.ts';
export { type SemVersion, semverScheme } from './version/semver/scheme.ts';
export { cvssScoreOf } from './advisory/severity-of.ts';
