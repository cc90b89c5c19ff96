import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { homes, layers, packages } from './build/layers.mjs';

/** For a layer: anything outside its row of the table, refused with the home it should have. */
function layerRule(layer) {
  const own = [layer, ...layers[layer]].join('|');
  const external = packages[layer]
    .map((name) => (name === 'node:' ? 'node:' : `${name}(?:/|$)`))
    .join('|');
  return {
    files: [`src/${layer}/**/*.{ts,svelte}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?:\\.\\./)+(?!(?:${own})/)(?:${Object.keys(layers).join('|')})/`,
              message: homes[layer],
            },
            {
              regex: external === '' ? '^[^.]' : `^(?!\\.|(?:${external}))`,
              message: `${homes[layer]} (packages allowed here: ${packages[layer].join(', ') || 'none'})`,
            },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['out/', 'dist/', '.cache/', 'node_modules/', 'test/**/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    // Lines of code: tables of cases make test files longer.
    files: ['src/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['src/core/**/*.ts', 'src/datasets/**/*.ts', 'src/training/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['exp', 'log', 'cos', 'sin', 'pow', 'tanh', 'log2', 'log10', 'log1p', 'expm1'].map(
          (property) => ({
            object: 'Math',
            property,
            message: 'its last bit differs between engines: use core/elementary.ts',
          }),
        ),
        { object: 'Math', property: 'random', message: 'draw from core/random.ts' },
        { object: 'Date', property: 'now', message: 'time is an argument' },
      ],
    },
  },
  {
    // Coefficients as published; the nearest float64 is what is meant.
    files: ['src/core/elementary.ts'],
    rules: { 'no-loss-of-precision': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // Asserting on a value that a test has just made is the test's own failure message.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  ...Object.keys(layers).map(layerRule),
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        extraFileExtensions: ['.svelte'],
      },
      globals: globals.browser,
    },
    // Large things are held raw and replaced whole; the compiler tracks the field that holds them.
    // Types are checked by svelte-check; this rule takes the names in a function's type for variables.
    rules: { 'svelte/prefer-svelte-reactivity': 'off', 'no-unused-vars': 'off' },
  },
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: globals.node } },
);
