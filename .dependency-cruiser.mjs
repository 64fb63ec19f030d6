// Who may import whom, as docs/architecture.md draws it: arrows go down, roles meet at ports, the ground floor stands alone.
const ground = ['protocol', 'config', 'cluster']

/** Package → other packages (or single entry points of them) that it may import. */
const mayImport = {
  protocol: [],
  config: [],
  cluster: [],
  'media-engine': [],
  edge: [],
  xmpp: ['protocol', 'cluster'],
  bridge: ['protocol', 'cluster', 'media-engine'],
  focus: ['protocol', 'cluster', 'xmpp', 'bridge/src/port.ts'],
  client: ['protocol'],
}

const rulesOfPackages = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.length > 0 ? allowed.map((place) => place.split('/')[0]).join('-') : 'itself'}`,
  severity: 'error',
  comment: ground.includes(name) ? 'The ground floor imports no other package.' : 'See the table in this file.',
  from: { path: `^packages/${name}/` },
  to: {
    path: '^(packages|apps|tools)/',
    pathNot: [
      `^packages/${name}/`,
      ...allowed.map((place) => `^packages/${place}${place.endsWith('.ts') ? '$' : '/'}`),
    ],
  },
}))

export default {
  forbidden: [
    ...rulesOfPackages,
    {
      name: 'web-imports-only-client',
      severity: 'error',
      from: { path: '^apps/web/' },
      to: { path: '^(packages|apps|tools)/', pathNot: ['^apps/web/', '^packages/client/'] },
    },
    {
      name: 'nobody-imports-apps',
      severity: 'error',
      from: { pathNot: '^apps/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Cycles of types alone are cycles in the mind too, but they cost nothing at run time.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      comment: 'From outside, a package is its entry points.',
      from: { path: '^(?:packages|apps|tools)/([^/]+)/' },
      to: { path: '^packages/([^/]+)/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/(?:index|port|load)\\.ts$'] },
    },
    {
      name: 'no-relative-imports-across-packages',
      severity: 'error',
      from: { path: '^((?:packages|apps|tools)/[^/]+)/' },
      to: { path: '^(?:packages|apps|tools)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { pathNot: '(?:\\.test\\.tsx?$|/test/|/bench/)' },
      to: { path: '(?:\\.test\\.tsx?$|/test/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:node_modules|dist|build|native)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
