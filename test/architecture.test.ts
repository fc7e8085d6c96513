/**
 * The architecture, as data: which room may import which, who owns which dependency, what the pure rooms keep away from.
 * A new edge is a design change: it goes into this table and into the README in the same commit.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { cycles, filesBelow, type ImportGraph, importGraph, importsOnlyTypes } from './architecture/graph.ts'
import { everything, forbiddenEdges, type RoomTable, roomOf, strayPackages } from './architecture/rules.ts'

const productFolders = ['src', 'modem', 'bench']
const allFolders = [...productFolders, 'test', 'scripts']

const log = { to: 'src/log.ts', typesOnly: true } as const

const rooms: RoomTable = {
  'modem/pdu': [],
  'modem/mms': ['modem/pdu'],
  'modem/mms/http': ['modem/mms', { to: 'modem/serial/surroundings.ts', typesOnly: true }],
  'modem/mms/bearer': ['modem/mms/http/ip.ts', 'modem/at', 'modem/serial/surroundings.ts'],
  'modem/mms/embedded': ['modem/mms', 'modem/mms/bearer', 'modem/at'],
  'modem/mms/client.ts': [
    'modem/mms',
    'modem/mms/http',
    'modem/mms/bearer/bearer.ts',
    { to: 'modem/serial/surroundings.ts', typesOnly: true },
  ],
  'modem/serial': [],
  // The pipe's interface and the clock; never what is behind them (see "keeps the AT engine away from ports").
  'modem/at': ['modem/serial/pipe.ts', 'modem/serial/surroundings.ts'],
  'modem/sim': ['modem/at', 'modem/mms', 'modem/pdu', 'modem/serial'],
  modem: ['modem/at', 'modem/pdu', 'modem/serial', 'modem/sim'],
  'src/domain': [],
  'src/log.ts': [],
  'src/version.ts': [],
  'src/config.ts': ['src/config', 'src/domain', { to: 'src/signal/server.ts', typesOnly: true }],
  'src/config': ['src/domain', { to: 'src/signal/server.ts', typesOnly: true }],
  'src/sdnotify.ts': [log],
  'src/store': ['src/domain', log],
  'src/media': ['src/domain', 'modem/mms', log],
  'src/signal': [
    'src/store/database.ts',
    'src/store/prepared.ts',
    { to: 'src/store/tables/signal.ts', typesOnly: true },
    'src/domain/errors.ts',
    'src/domain/told.ts',
    { to: 'src/domain/media.ts', typesOnly: true },
    'src/domain/rounds.ts',
    log,
  ],
  'src/transports': ['src/domain', 'modem', 'modem/pdu', 'modem/mms', { to: 'modem/at/result.ts' }, 'src/signal', log],
  'src/routing': ['src/domain', 'src/store', log],
  'src/http': ['src/domain', 'src/routing', 'src/store', log],
  'src/inbox': [
    'src/domain',
    { to: 'src/http/views.ts', typesOnly: true },
    { to: 'src/http/message-views.ts', typesOnly: true },
    { to: 'src/http/conversation-views.ts', typesOnly: true },
    { to: 'src/http/settings-view.ts', typesOnly: true },
    { to: 'src/http/driver-views.ts', typesOnly: true },
    { from: 'src/inbox/compose', to: 'modem/pdu' },
  ],
  'src/backup': ['src/domain', 'src/store', 'src/signal/restored.ts', log],
  'src/doctor': [
    'src/domain',
    { to: 'src/config.ts', typesOnly: true },
    'src/config/certificate.ts',
    { from: 'src/doctor/schema.ts', to: 'src/store/database.ts' },
    { from: 'src/doctor/schema.ts', to: 'src/store/keyfile.ts' },
  ],
  'src/cli': [
    'src/config.ts',
    'src/config',
    'src/service.ts',
    'src/log.ts',
    'src/version.ts',
    'src/domain',
    'src/backup',
    'src/doctor',
    'src/sandbox',
    { from: 'src/cli/pdu.ts', to: 'modem/pdu' },
    { from: 'src/cli/mms.ts', to: 'modem/mms' },
    { from: 'src/cli/carriers.ts', to: 'modem/mms' },
  ],
  'src/service.ts': [everything],
  'src/service': [everything],
  'src/sandbox': [everything],
  bench: [everything],
  test: [everything],
  scripts: [],
}

/** Rooms of the table that the README has no row for. */
const undescribed = ['src/log.ts', 'src/version.ts', 'src/config.ts', 'src/sdnotify.ts', 'bench', 'test', 'scripts']

/** Dependency → the files and folders that may import it. Tests and benchmarks are free. */
const owners: Readonly<Record<string, readonly string[]>> = {
  serialport: ['modem/serial/transport.ts'],
  '@serialport/parser-readline': ['modem/sim'],
  'node-pdu': ['modem/pdu'],
  '@signalapp/libsignal-client': ['src/signal', 'src/sandbox'],
  '@signalapp/mock-server': ['src/sandbox'],
  protobufjs: ['src/signal', 'src/sandbox'],
  bullmq: ['src/routing/outbox.ts'],
  ioredis: ['src/routing'],
  '@signalapp/sqlcipher': ['src/store/database.ts'],
  kysely: ['src/store', 'src/signal'],
  express: ['src/http'],
  busboy: ['src/http/multipart.ts'],
  zod: ['src/config', 'src/http'],
  yaml: ['src/config'],
  pino: ['src/log.ts'],
  'prom-client': ['src/service/metrics.ts'],
  commander: ['src/cli'],
  '@clack/prompts': ['src/cli/prompts.ts'],
  sharp: ['src/media/picture-worker.ts'],
  uqr: ['src/domain/qr.ts'],
  'libphonenumber-js': ['src/domain', 'src/routing', 'src/transports'],
  preact: ['src/inbox'],
  '@preact/signals': ['src/inbox'],
  'wouter-preact': ['src/inbox'],
  'lucide-preact': ['src/inbox/ui/icons.ts'],
  virtua: ['src/inbox/ui/virtual-list.tsx'],
  vite: ['src/inbox/vite.config.ts'],
  vitest: ['vitest.config.ts'],
}

/** Dependencies of which exactly one file knows. */
const singleFileDependencies = [
  'serialport',
  'node-pdu',
  'bullmq',
  '@signalapp/sqlcipher',
  'pino',
  'prom-client',
  'yaml',
  'uqr',
  'sharp',
  'busboy',
  'lucide-preact',
  '@clack/prompts',
  'virtua',
  'vite',
]

/** No clock, no I/O, no randomness of their own: not even Node's modules. */
const pureRooms = [
  'src/domain',
  'modem/pdu',
  // The codec; what talks to a network are rooms of their own.
  'modem/mms',
  'modem/mms/http/ip.ts',
  'modem/mms/http/url.ts',
  'modem/mms/http/headers.ts',
  'modem/mms/http/answer.ts',
  'modem/mms/bearer/holding.ts',
  'modem/mms/bearer/route-table.ts',
  'modem/at/lexer.ts',
  'modem/at/command.ts',
  'modem/at/result.ts',
]

let graph: ImportGraph

beforeAll(async () => {
  graph = await importGraph(allFolders)
})

describe('the house', () => {
  it('sees every source file', () => {
    const onDisk = filesBelow(allFolders, ['.ts', '.tsx', '.mjs']).filter((file) => !file.endsWith('.d.ts'))
    expect(onDisk.length).toBeGreaterThan(50)
    expect([...graph.files].filter((file) => /\.(tsx?|mjs)$/.test(file)).sort()).toEqual(
      expect.arrayContaining([...onDisk].sort()),
    )
    expect(graph.edges.length).toBeGreaterThan(graph.files.length)
  })

  it('has a room for every file and a file for every room', () => {
    expect(graph.files.filter((file) => roomOf(rooms, file) === undefined)).toEqual([])
    expect(Object.keys(rooms).filter((room) => !graph.files.some((file) => roomOf(rooms, file) === room))).toEqual([])
  })

  it('imports only along the table', () => {
    expect(forbiddenEdges(rooms, graph.edges)).toEqual([])
  })

  it('imports nothing that is not there', () => {
    expect(graph.edges.filter(({ kind }) => kind === 'missing')).toEqual([])
  })

  it('has no import cycles, of types neither', () => {
    expect(cycles(graph)).toEqual([])
  })

  it('has no barrels', () => {
    const reExport = /^export\s+(type\s+)?(\*|\{[^}]*\})[^'"\n]*from\s+['"]\./m
    const barrels = filesBelow(productFolders, ['.ts', '.tsx']).filter(
      (file) => /(^|\/)index\.ts$/.test(file) || reExport.test(readFileSync(file, 'utf8')),
    )
    expect(barrels).toEqual([])
  })

  it('lets each dependency be known by its owners only', () => {
    const product = graph.edges.filter(({ from }) => from.startsWith('src/') || from.startsWith('modem/'))
    expect(strayPackages(owners, product)).toEqual([])
    for (const dependency of singleFileDependencies) {
      const files = new Set(product.filter(({ to }) => to === dependency).map(({ from }) => from))
      expect([dependency, files.size]).toEqual([dependency, 1])
    }
  })

  it('keeps the set-up scripts free of dependencies', () => {
    const edges = graph.edges.filter(({ from }) => from.startsWith('scripts/'))
    expect(edges.length).toBeGreaterThan(0)
    expect(edges.filter(({ kind }) => kind === 'package')).toEqual([])
  })

  it('keeps the AT engine away from ports', () => {
    const reached = new Set(graph.files.filter((file) => file.startsWith('modem/at/')))
    for (const file of reached) {
      for (const { from, to, kind } of graph.edges) if (from === file && kind === 'ours') reached.add(to)
    }
    const outside = graph.edges.filter(({ from, kind }) => reached.has(from) && (kind === 'package' || kind === 'node'))
    expect(outside).toEqual([])
  })

  it('keeps the pure rooms pure', () => {
    const edges = graph.edges.filter(({ from }) =>
      pureRooms.some((room) => from === room || roomOf(rooms, from) === room),
    )
    expect(edges.filter(({ kind }) => kind === 'node')).toEqual([])
  })
})

describe('the README', () => {
  it('shows the same table', () => {
    const architecture = readFileSync('README.md', 'utf8').split('\n## Architecture\n')[1] ?? ''
    const shown = new Map(
      [...architecture.matchAll(/^\| `([\w/.*]+)` \|[^|]*\|([^|]*)\|$/gm)].map(([, room, cell]) => [
        String(room).replace('/*.ts', ''),
        cell?.includes('everything')
          ? [everything]
          : (cell?.match(/`([^`]+)`/g) ?? []).map((name) => name.slice(1, -1)).sort(),
      ]),
    )
    const described = Object.keys(rooms).filter((room) => !undescribed.includes(room))
    expect([...shown.keys()].sort()).toEqual([...described].sort())
    for (const room of described) {
      const allowed = (rooms[room] ?? []).filter((entry) => entry !== log)
      const named = allowed.map((entry) => (typeof entry === 'string' ? entry : entry.to))
      expect([room, shown.get(room)]).toEqual([room, [...new Set(named)].sort()])
    }
  })
})

describe('the judge', () => {
  const table: RoomTable = {
    a: ['b', { to: 'c/open.ts', typesOnly: true }],
    'a/inner': [],
    b: [{ from: 'b/door.ts', to: 'a' }],
    c: [],
  }
  const edge = (from: string, to: string, typesOnly = false) => ({ from, to, kind: 'ours' as const, typesOnly })

  it('allows what the table allows', () => {
    const edges = [
      edge('a/x.ts', 'b/y.ts'),
      edge('a/x.ts', 'a/z.ts'),
      edge('a/x.ts', 'c/open.ts', true),
      edge('b/door.ts', 'a/x.ts'),
    ]
    expect(forbiddenEdges(table, edges)).toEqual([])
  })

  it('forbids everything else', () => {
    const edges = [
      edge('a/x.ts', 'c/open.ts'),
      edge('a/x.ts', 'c/shut.ts', true),
      edge('b/y.ts', 'a/x.ts'),
      edge('a/x.ts', 'a/inner/x.ts'),
      edge('c/x.ts', 'b/y.ts'),
      edge('a/x.ts', 'nowhere/x.ts'),
    ]
    expect(forbiddenEdges(table, edges)).toHaveLength(edges.length)
  })

  it('finds a circle and the way into it', () => {
    const edges = [edge('1', '2'), edge('2', '3'), edge('3', '2', true), edge('3', '4')]
    expect(cycles({ files: ['1', '2', '3', '4'], edges }).map((circle) => [...circle].sort())).toEqual([['2', '3']])
    expect(cycles({ files: ['1', '2'], edges: [edge('1', '2')] })).toEqual([])
  })

  it('finds a package outside its owner, and one without an owner', () => {
    const edges = [
      { from: 'a/x.ts', to: 'owned', kind: 'package' as const, typesOnly: false },
      { from: 'b/x.ts', to: 'owned', kind: 'package' as const, typesOnly: true },
      { from: 'a/x.ts', to: 'unheard-of', kind: 'package' as const, typesOnly: false },
    ]
    expect(strayPackages({ owned: ['a'] }, edges)).toEqual(['b/x.ts → owned', 'a/x.ts → unheard-of'])
  })

  it('tells types from values', () => {
    expect(importsOnlyTypes("import type { A } from './a.ts'\n", './a.ts')).toBe(true)
    expect(importsOnlyTypes("import type {\n  A,\n} from './a.ts'\n", './a.ts')).toBe(true)
    expect(importsOnlyTypes("import { type A } from './a.ts'\n", './a.ts')).toBe(false)
    expect(importsOnlyTypes("import './a.ts'\n", './a.ts')).toBe(false)
    expect(importsOnlyTypes("import type { A } from './a.ts'\nawait import('./a.ts')\n", './a.ts')).toBe(false)
  })
})
