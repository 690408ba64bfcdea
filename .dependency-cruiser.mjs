/** Who may import whom (design: ARCHITECTURE.md, "The street"). One table for workspaces, one for the engine's folders. */
const workspaces = {
  'packages/engine': [],
  'packages/providers': ['packages/engine'],
  'packages/api': [],
  'apps/server': ['packages/engine', 'packages/providers', 'packages/api'],
  'apps/portal': ['packages/api'],
  'apps/cli': ['packages/engine', 'packages/api', 'packages/providers', 'apps/server'],
};

const engine = {
  base: [],
  model: ['base'],
  source: ['base'],
  'disk-format': ['base', 'source'],
  partition: ['base', 'source'],
  volume: ['base', 'source'],
  filesystem: ['base', 'source'],
  cataloger: ['base', 'model', 'filesystem'],
  version: ['base'],
  advisory: ['base', 'model'],
  'advisory-db': ['base', 'model', 'advisory', 'version'],
  'image-catalog': ['base', 'model', 'version'],
  matcher: ['base', 'model', 'version'],
  risk: ['base', 'model'],
  forecast: ['base', 'model'],
  'upgrade-plan': ['base', 'model'],
};
const engineFolders = Object.keys(engine);

/** Folders whose subfolders are plug-ins: a plug-in does not know its siblings. */
const plugInFolders = [
  'packages/engine/src/filesystem',
  'packages/engine/src/cataloger',
  'packages/engine/src/version',
  'packages/engine/src/advisory',
  'packages/providers/src',
];

/** Folders of packages/providers that are no environments: what every environment stands on. */
const providerGround = ['advisory-source', 'network', 'node-image-list', 'range-source'];

const testFile = '\\.(test|contract)\\.ts$';
const escape = (text) => text.replaceAll('/', '\\/');
const anyOf = (list) => `^(${list.map(escape).join('|')})/`;

const workspaceRules = Object.entries(workspaces).map(([workspace, allowed]) => ({
  name: `workspace: ${workspace}`,
  comment: 'A workspace imports only what the table allows.',
  severity: 'error',
  from: { path: `^${escape(workspace)}/` },
  to: { path: '^(packages|apps)/', pathNot: anyOf([workspace, ...allowed]) },
}));

const engineRules = engineFolders.map((folder) => ({
  name: `engine: ${folder}`,
  comment: 'The street runs one way.',
  severity: 'error',
  from: { path: `^packages/engine/src/${folder}/`, pathNot: testFile },
  to: { path: '^packages/engine/src/', pathNot: anyOf([folder, ...engine[folder]].map((name) => `packages/engine/src/${name}`)) },
}));

const plugInRules = plugInFolders.map((folder) => ({
  name: `plug-in: ${folder}`,
  comment: 'Plug-ins do not know their siblings; only registry.ts knows the plug-ins.',
  severity: 'error',
  from: { path: `^${escape(folder)}/([^/]+)/`, pathNot: testFile },
  to: {
    path: `^${escape(folder)}/[^/]+/`,
    pathNot: [`^${escape(folder)}/$1/`, ...(folder === 'packages/providers/src' ? [`^${escape(folder)}/(${providerGround.join('|')})/`] : [])],
  },
}));

export default {
  forbidden: [
    { name: 'no-cycles', comment: 'Types included.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared',
      comment: "Every package is declared in its own workspace's package.json.",
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: ['\\.(test|contract)\\.ts$', '/bench/', '^apps/portal/tests/', 'vite\\.config\\.ts$'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    ...workspaceRules,
    ...engineRules,
    ...plugInRules,
    {
      name: 'cloud SDKs only in providers',
      severity: 'error',
      from: { pathNot: '^packages/providers/' },
      to: { path: '(^|node_modules/)(@azure|@aws-sdk|@google-cloud|google-auth-library|@kubernetes)(/|$)' },
    },
    {
      name: 'engine has no network',
      severity: 'error',
      from: { path: '^packages/engine/src/', pathNot: testFile },
      to: { path: '^(node:)?(net|http|https|http2|tls|dgram|dns)$', dependencyTypes: ['core'] },
    },
    {
      name: 'engine opens files in source and advisory-db only',
      severity: 'error',
      from: { path: '^packages/engine/src/', pathNot: [testFile, '^packages/engine/src/(source|advisory-db)/', '^packages/engine/src/[^/]+\\.ts$'] },
      to: { path: '^(node:)?fs(/promises)?$', dependencyTypes: ['core'] },
    },
    {
      name: 'serve only through its package name, lazily',
      comment: 'Nothing of the CLI but what runs, enters or connects the server, or moves its database, knows it.',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: '^apps/cli/src/(commands/(serve|link|database-move|connect)|server-session)' },
      to: { path: '^apps/server/' },
    },
    {
      name: 'no deep import into another workspace',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/src/', pathNot: ['^$1/$2/', '/src/index\\.ts$', '^apps/server/src/link\\.ts$', '^packages/engine/src/assess\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/fixtures/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
    builtInModules: { add: ['node:sqlite'] },
  },
};
