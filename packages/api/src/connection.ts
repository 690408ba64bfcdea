import * as z from 'zod';
import { count, identifier, instant } from './vocabulary.ts';

export const connectionKind = z.enum(['aks', 'images', 'kubernetes', 'sample']);
export type ConnectionKind = z.infer<typeof connectionKind>;

/** How the server proves who it is. Ambient identities need no secret; `stored` names one that lies encrypted in the database. */
export const connectionIdentity = z.enum(['none', 'kubeconfig-file', 'in-cluster', 'azure-default', 'stored']);
export type ConnectionIdentity = z.infer<typeof connectionIdentity>;

export const connection = z.object({
  id: identifier,
  kind: connectionKind,
  name: z.string(),
  /** Folder of disk images, kubeconfig and context, or subscriptions; never a secret. Absent for the sample fleet. */
  location: z.string().optional(),
  identity: connectionIdentity,
  /** `configuration`: named when the server started, and changed there; `stored`: added while it ran. */
  origin: z.enum(['configuration', 'stored']),
  state: z.enum(['ok', 'failed', 'discovering', 'paused']),
  /** One line, with file and line number where a file is wrong; beside `ok` what could not be read this time, and is kept as it was known. */
  failure: z.object({ code: z.string(), detail: z.string() }).optional(),
  canUpgrade: z.boolean(),
  clusters: count,
  nodePools: count,
  nodes: count,
  lastDiscoveredAt: instant.nullable(),
  advisoryDatabase: z.object({
    purpose: z.enum(['production', 'sample']),
    state: z.enum(['ok', 'failed']),
    /** SHA-256 of the manifest; null where it cannot be read. */
    revision: z.string().nullable(),
    /** A stable code where `failed`: absent, damaged, foreign, … */
    failure: z.string().optional(),
    feeds: z.array(
      z.object({
        name: z.string(),
        records: count,
        rows: count,
        newest: z.string().nullable(),
        /** The last time that its source answered, with new data or with "unchanged"; null where that is not known. */
        checkedAt: instant.nullable().default(null),
        ecosystems: z.array(z.string()),
        sha256: z.string(),
      }),
    ),
  }),
});
export type Connection = z.infer<typeof connection>;

const path = z.string().trim().min(1).max(4096);

export const kubernetesSettings = z.object({
  /** A file on the server's machine; absent: `inCluster`, or a stored kubeconfig. */
  kubeconfig: path.optional(),
  inCluster: z.boolean().default(false),
  /** Default: the file's current context. */
  context: z.string().min(1).max(500).optional(),
  /** A node label that names the pool, before the well-known ones. */
  poolLabel: z.string().min(1).max(317).optional(),
  /** Source package of each binary package, for published lists that name binaries only. */
  sourceNames: path.optional(),
});
export type KubernetesSettings = z.infer<typeof kubernetesSettings>;

export const aksSettings = z.object({
  /** Empty: every subscription that the identity sees. */
  subscriptions: z.array(z.uuid()).max(1000).default([]),
  tenantId: z.uuid().optional(),
  clientId: z.uuid().optional(),
  /** Where snapshots may be made: `/subscriptions/…/resourceGroups/…`. Absent: no disk is read. */
  scannerResourceGroup: z.string().regex(/^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[-\w.()]+$/i).optional(),
  /** Managed OS disks are read through snapshots. */
  readDisks: z.boolean().default(false),
  /** Disks made from community gallery images are read where a node's cannot be. */
  readReferenceImages: z.boolean().default(false),
  sourceNames: path.optional(),
});
export type AksSettings = z.infer<typeof aksSettings>;

export const imagesSettings = z.object({ folder: path });

const name = z.string().trim().min(1).max(200).optional().meta({ description: 'Default: what the environment calls itself' });

export const connectionRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('aks'), name, settings: aksSettings, secret: z.object({ clientSecret: z.string().min(1).max(4096) }).optional().meta({ description: 'Encrypted at rest; the ambient identity needs none' }) }),
  z.object({ kind: z.literal('images'), name, settings: imagesSettings }),
  z.object({ kind: z.literal('kubernetes'), name, settings: kubernetesSettings, secret: z.object({ kubeconfig: z.string().min(1).max(1_048_576) }).optional().meta({ description: 'Encrypted at rest; a path needs none' }) }),
]);
export type ConnectionRequest = z.infer<typeof connectionRequest>;

const stored = { named: z.string().nullable().meta({ description: 'Null: what the environment calls itself' }), storesSecret: z.boolean() };

/** What a stored connection was made with, without its secret. */
export const connectionSettings = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('aks'), ...stored, settings: aksSettings }),
  z.object({ kind: z.literal('images'), ...stored, settings: imagesSettings }),
  z.object({ kind: z.literal('kubernetes'), ...stored, settings: kubernetesSettings }),
]);
export type ConnectionSettings = z.infer<typeof connectionSettings>;

/** As `connectionRequest`; everything that is left out is reset, but the secret: left out, the stored one stays; null, it is forgotten. */
export const connectionSettingsChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('aks'), name, settings: aksSettings, secret: z.object({ clientSecret: z.string().min(1).max(4096) }).nullable().optional() }),
  z.object({ kind: z.literal('images'), name, settings: imagesSettings }),
  z.object({ kind: z.literal('kubernetes'), name, settings: kubernetesSettings, secret: z.object({ kubeconfig: z.string().min(1).max(1_048_576) }).nullable().optional() }),
]);
export type ConnectionSettingsChange = z.infer<typeof connectionSettingsChange>;

export const connectionChange = z.object({ name: z.string().trim().min(1).max(200).optional(), paused: z.boolean().optional() });

export const rightPurpose = z.enum(['find-clusters', 'find-pools', 'find-versions', 'find-machines', 'find-nodes', 'follow-nodes', 'read-disk', 'make-snapshot', 'remove-snapshot', 'make-image-disk', 'remove-image-disk']);
export type RightPurpose = z.infer<typeof rightPurpose>;

const right = z.object({ right: z.string(), purpose: rightPurpose, optional: z.boolean() });

/** What somebody must grant before a connection of this kind works, as files to apply. */
export const connectionRights = z.object({
  kind: connectionKind,
  rights: z.array(right),
  files: z.array(z.object({ name: z.string(), language: z.enum(['yaml', 'json']), text: z.string(), applyWith: z.string() })),
});
export type ConnectionRights = z.infer<typeof connectionRights>;

/** Of one test of a connection; `reachable: false` has the reason in `failure`. */
export const connectionTest = z.object({
  reachable: z.boolean(),
  failure: z.object({ code: z.string(), detail: z.string() }).optional(),
  rights: z.array(right.extend({ state: z.enum(['granted', 'missing', 'unknown']), detail: z.string().optional() })),
  clusters: count,
  nodes: count,
});
export type ConnectionTest = z.infer<typeof connectionTest>;

/** Where advisories and node-image lists come from, and how that went. */
export const advisorySource = z.object({
  name: z.enum(['ubuntu', 'azure-linux-3', 'azure-linux-2', 'go', 'kubernetes', 'kev', 'epss', 'node-images']),
  /** Of the publisher or of the mirror, without credentials. */
  url: z.string(),
  mirrored: z.boolean(),
  state: z.enum(['ok', 'failed', 'never', 'updating']),
  /** The last time that the source answered, with new data or with "unchanged". */
  checkedAt: instant.nullable(),
  /** The last time that its data changed here. */
  changedAt: instant.nullable(),
  /** The newest date in the data itself. */
  newest: z.string().nullable(),
  records: count.nullable(),
  /** Of the last attempt; the data before it stays in use. */
  failure: z.object({ code: z.string(), detail: z.string(), at: instant }).optional(),
});
export type AdvisorySource = z.infer<typeof advisorySource>;

export const advisorySourceList = z.object({
  sources: z.array(advisorySource),
  revision: z.string().nullable(),
  /** Hours between two updates by the server itself; null: only on request. */
  everyHours: z.number().positive().nullable(),
  nextUpdateAt: instant.nullable(),
  updating: z.boolean(),
});
export type AdvisorySourceList = z.infer<typeof advisorySourceList>;
