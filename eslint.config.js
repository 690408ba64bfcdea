import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** File names that say nothing (docs: CONTRIBUTING.md, "Names"). */
const emptyNames = /(^|[\\/])(utils?|helpers?|common|misc|types|constants)\.[cm]?[jt]sx?$/;

const houseRules = {
  rules: {
    'no-empty-names': {
      meta: { type: 'problem', schema: [], messages: { name: 'This file name says nothing; name the file after its one main thing.' } },
      create: (context) => ({
        Program(node) {
          if (emptyNames.test(context.filename)) context.report({ node, messageId: 'name' });
        },
      }),
    },
  },
};

const ambient = [
  { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
  { selector: 'ExportAllDeclaration', message: 'Name each export.' },
  { selector: 'TSNonNullAssertionExpression', message: 'Handle the undefined instead of asserting it away.' },
  { selector: "TSAsExpression:not([typeAnnotation.type='TSTypeReference'][typeAnnotation.typeName.name='const'])", message: 'Parse at the edge instead of asserting a type.' },
];
const clock = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Time comes in as an argument.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes in as an argument.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Randomness comes in as an argument.' },
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'The environment is read in config.ts and main.ts only.' },
];
const byteReads = [
  { selector: "CallExpression[callee.property.name=/^(read|get)(U?Int|BigU?Int|Float|Double)(8|16|32|64|LE|BE)+$/]", message: 'On-disk numbers are read by ByteReader, which checks the bounds.' },
];

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', 'packed/', 'tests/.output/', '.nodeward/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { house: houseRules },
    rules: {
      'house/no-empty-names': 'error',
      'no-restricted-syntax': ['error', ...ambient, ...clock],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/require-await': 'off',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['packages/engine/src/**/*.ts'],
    ignores: ['packages/engine/src/base/byte-reader.ts', '**/*.test.ts', '**/*.contract.ts'],
    rules: { 'no-restricted-syntax': ['error', ...ambient, ...clock, ...byteReads] },
  },
  {
    files: ['**/main.ts', '**/config.ts', '**/compose.ts', '**/bench/**', '**/scripts/**', '**/*.test.ts', 'tests/**', '**/*-process.ts', '**/*-worker.ts', '**/*-for-tests.ts', 'packages/providers/testing/**'],
    rules: { 'no-restricted-syntax': ['error', ...ambient] },
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', 'tests/**'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  { files: ['**/*.config.ts', '**/*.config.js', 'apps/portal/vite.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['apps/cli/bin/*.js', '**/*.mjs', '**/*.js'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
